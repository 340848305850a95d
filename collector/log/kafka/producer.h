// One producer of librdkafka: batches in, reports out.
//
// librdkafka 2.0 has one request under way for each partition of an idempotent producer, and while messages wait behind
// it for longer than linger.ms its thread does not sleep, but asks itself all the time whether it may send. So it is
// given one request's messages at a time for each partition, and the next ones ahead of time only where an answer comes
// well before that. What is behind them waits here, as batches.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/outgoing.h"
#include "collector/log/kafka/record_sender.h"

namespace sluice::collector::kafka {

// Thread-safe. A thread of its own gives librdkafka the messages and takes its reports: what is allocated for a message
// is freed where the next one needs the like.
class Producer {
 public:
  // What became of messages that follow each other in their partition.
  struct Report {
    Outgoing* outgoing;
    rd_kafka_resp_err_t error;
    uint32_t messages;
    int64_t first;  // offsets
    int64_t last;
  };
  using OnReports = std::function<void(const std::vector<Report>&)>;
  // `alone`: each message in a request of its own, to find the one that the brokers refuse.
  static absl::StatusOr<std::unique_ptr<Producer>> Make(const KafkaOptions& options, const Clock* clock,
                                                        ErrorSink* errors, bool alone, OnReports on_reports);
  ~Producer();

  // Behind what was sent before to the same partition. Each of its messages will be reported. After the first error
  // nothing more is given to librdkafka: call Purge.
  void Send(Outgoing* outgoing);
  // Gives up what was not sent yet and, `in_flight`, what was sent and not answered: all of it is reported.
  void Purge(bool in_flight);
  // Calls on_reports with nothing, soon.
  void Wake();
  // Why it can produce no more, and librdkafka's code for it; OK while it can.
  absl::Status Fatal(rd_kafka_resp_err_t* code) const;

 private:
  // Messages for one request.
  struct Burst {
    size_t messages;
    int64_t since_nano;
    // As many as a request takes: librdkafka sends them at once. Or as large as a request: it would wait for more.
    bool counted;
    bool large;
  };
  // Of a partition.
  struct Lane {
    std::deque<Outgoing*> waiting;
    size_t waiting_messages = 0;
    std::deque<Burst> under_way;  // that librdkafka has
    bool prompt = false;          // the last one was answered soon
    bool ready = false;           // stands in ready_
  };
  // What a request takes, and how long librdkafka waits for it to become full: as the client is configured.
  struct Limits {
    size_t messages;
    size_t bytes;
    int64_t linger_nano;
  };

  Producer(Client client, HeaderWriter::Format format, Limits limits, const Clock* clock, ErrorSink* errors,
           OnReports on_reports);
  static Limits LimitsOf(const rd_kafka_conf_t* conf);
  void Run();
  void TakeEvent(rd_kafka_event_t* event);
  void TakeReport(const rd_kafka_message_t& message);
  void Answered(Lane* lane, size_t messages);
  // From Send and Purge.
  void TakeIncoming();
  void Drop(Outgoing* outgoing);
  void MarkIfReady(Lane* lane);
  // Gives librdkafka one partition's next messages.
  void HandOver();
  // Makes librdkafka send what it has.
  void Push();
  // False after an error.
  bool Fill(Lane* lane, RecordSender::Room* room);

  const Client client_;
  const Limits limits_;
  const Clock* const clock_;
  ErrorSink* const errors_;
  const OnReports on_reports_;
  Queue queue_;

  Mutex mutex_;
  std::vector<Outgoing*> incoming_ ABSL_GUARDED_BY(mutex_);
  int purge_ ABSL_GUARDED_BY(mutex_) = 0;  // librdkafka's flags

  // Of the thread.
  RecordSender sender_;
  Topics topics_{client_.get()};
  std::map<TopicPartition, Lane> lanes_;
  std::deque<Lane*> ready_;
  size_t bursts_ = 0;      // under way, of all lanes
  size_t large_ = 0;       // of these
  bool failed_ = false;    // gives librdkafka nothing any more
  bool given_up_ = false;  // and keeps nothing for it
  bool push_ = false;
  std::vector<Report> reports_;
  std::vector<const rd_kafka_message_t*> messages_;  // of an event

  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
