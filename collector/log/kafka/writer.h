// Append: batches become messages, in order; answers when the brokers have all of them.
//
// One thread takes batches in, the producer's gives them to librdkafka and takes its reports. A batch whose delivery
// fails, for whatever reason, ends the producer (gapless: nothing behind it in its partition was delivered). Then what
// the brokers have is read back from the partitions, and what is missing goes through a new producer, in the old order.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/event_log.h"
#include "collector/log/kafka/catalog.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/file_table.h"
#include "collector/log/kafka/metrics.h"
#include "collector/log/kafka/outgoing.h"
#include "collector/log/kafka/producer.h"
#include "collector/log/kafka/topic_maker.h"
#include "collector/log/kafka/watermarks.h"

namespace sluice::collector::kafka {

// Thread-safe.
class Writer {
 public:
  struct Parts {
    Catalog* catalog = nullptr;
    FileTable* files = nullptr;
    Watermarks* watermarks = nullptr;
    TopicMaker* topics = nullptr;
    const TopicNames* names = nullptr;
    Metrics* metrics = nullptr;
    ErrorSink* errors = nullptr;
    const Clock* clock = nullptr;
  };
  // Nothing in `parts` is owned; all of it outlives this.
  static absl::StatusOr<std::unique_ptr<Writer>> Open(const KafkaOptions& options, Parts parts);
  ~Writer();  // Stops

  void Append(std::vector<PendingBatch> batches, EventLog::AppendDone done);
  // From now on batches of this agent need no look at the cluster: its watermarks were read.
  void AdmitAgent(const std::string& agent);
  absl::Status Health();
  // After Stop: nothing is under way that the brokers have not answered.
  bool ended_clean();
  // Delivers what was taken if the brokers take it, then refuses. Idempotent.
  void Stop();

 private:
  // A batch that waits to be produced.
  struct Item {
    std::shared_ptr<AppendCall> call;
    size_t index = 0;
    PendingBatch batch;
    int failures = 0;  // see InFlight
  };
  using Answers = std::vector<std::shared_ptr<AppendCall>>;

  Writer(const KafkaOptions& options, Parts parts);
  void Run();
  // False when it is over.
  bool Take(Item* item);
  void Handle(Item item);
  // What the log must know of the batch's agent and topics; `partitions` of each of its parts' topics. An error: why it
  // is rejected.
  absl::Status Admit(const PendingBatch& batch, std::vector<int32_t>* partitions);
  // Room in the queue, and nothing to recover from. False when it is over.
  bool WaitForRoom();
  bool Idle();
  void Produce(Item item, const FileTable::Verdict& verdict, const std::vector<int32_t>& partitions);
  std::shared_ptr<InFlight> Prepare(Item item, const FileTable::Verdict& verdict,
                                    const std::vector<int32_t>& partitions);
  // Asks until there is an answer; an error is the topic's.
  absl::Status Retry(const std::string& what, const std::function<absl::Status()>& ask);

  void OnReports(const std::vector<Producer::Report>& reports);
  // Comes by many times a second. After a standstill of this process nothing holds that was learnt before it.
  void NoteAlive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(const Producer::Report& report) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Something was delivered, or refused: recoveries lead somewhere.
  void NoteProgress() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetGauges() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes what is complete, in the order of each file.
  std::vector<std::shared_ptr<InFlight>> TakeComplete() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Complete(const InFlight& batch, Answers* answers);
  // Tells how far partitions are delivered and noted.
  void Advance(const std::vector<std::shared_ptr<InFlight>>& complete);
  void Settle(const std::shared_ptr<AppendCall>& call, size_t index, AppendResult result, Answers* answers);
  void Reject(const Item& item, const absl::Status& why);
  static void Answer(const Answers& answers);

  void Recover();
  void DrainReports();
  // Counts and tells it; `error`: of the first delivery that failed with one of its own.
  void NoteRecovery(rd_kafka_resp_err_t error, const absl::Status& fatal, size_t batches);
  std::vector<std::shared_ptr<InFlight>> TakeOutstanding();
  // Why the batch must not be tried again; OK if it may.
  absl::Status Judge(InFlight* batch);
  absl::Status JudgePart(const Outgoing& outgoing);
  absl::Status RefuseTopic(const Outgoing& outgoing);
  absl::Status MakeProducer(bool alone);
  void GiveUp();
  // False if it is over by then.
  bool Pause(absl::Duration duration);
  bool Abandoned();

  const KafkaOptions options_;
  const Parts parts_;

  Mutex mutex_;
  CondVar work_;     // for the thread that produces
  CondVar changed_;  // for Stop
  std::deque<Item> queue_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  // By the file's name, in the order of producing.
  absl::flat_hash_map<std::string, std::deque<std::shared_ptr<InFlight>>> files_ ABSL_GUARDED_BY(mutex_);
  // Of which something may be complete.
  absl::flat_hash_set<std::string> touched_ ABSL_GUARDED_BY(mutex_);
  struct Placed {
    std::shared_ptr<InFlight> batch;
    const Outgoing* part;
  };
  std::map<TopicPartition, std::deque<Placed>> partitions_ ABSL_GUARDED_BY(mutex_);
  size_t messages_ ABSL_GUARDED_BY(mutex_) = 0;  // not reported
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;     // of what is outstanding
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status trouble_ ABSL_GUARDED_BY(mutex_);
  // Since something was delivered; and why nothing is, after some of them.
  int recoveries_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status standstill_ ABSL_GUARDED_BY(mutex_);
  int64_t last_acknowledged_nano_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t alive_nano_ ABSL_GUARDED_BY(mutex_);
  bool stood_still_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string, std::less<>> admitted_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the thread that produces.
  uint64_t next_number_ = 0;
  bool alone_ = false;
  size_t suspects_ = 0;  // that are to be sent alone, and were not yet
  Backoff backoff_{absl::Milliseconds(100), absl::Seconds(5)};
  Backoff recovery_backoff_{absl::Milliseconds(100), absl::Seconds(5)};
  std::unique_ptr<Producer> producer_;
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
