// One producer of librdkafka: batches in, reports out.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/outgoing.h"
#include "collector/log/kafka/record_sender.h"

namespace sluice::collector::kafka {

// Send is called by one thread; reports come on a thread of its own.
class Producer {
 public:
  // A message's fate: its opaque, error, offset.
  struct Report {
    Outgoing* outgoing;
    rd_kafka_resp_err_t error;
    int64_t offset;
  };
  using OnReports = std::function<void(const std::vector<Report>&)>;
  // `alone`: each message in a request of its own, to find the one that the brokers refuse.
  static absl::StatusOr<std::unique_ptr<Producer>> Make(const KafkaOptions& options, ErrorSink* errors, bool alone,
                                                        OnReports on_reports);
  ~Producer();

  // Reads the part's records from its `from_offset` on: sets its messages and bytes.
  void Prepare(Outgoing* outgoing) { sender_.Prepare(format_.value, outgoing); }
  // Produces what was prepared; `prepared` by the same call order. `sent` of its messages will be reported: all of them
  // if there is no error.
  rd_kafka_resp_err_t Send(int64_t now_unix_nano, Outgoing* outgoing, uint32_t* sent);
  // Gives up what was not sent yet and, `in_flight`, what was sent and not answered: all of it is reported.
  void Purge(bool in_flight);
  // Calls on_reports with nothing, soon.
  void Wake();
  // Why it can produce no more; OK while it can.
  absl::Status Fatal() const;

 private:
  Producer(Client client, HeaderWriter::Format format, ErrorSink* errors, OnReports on_reports);
  void Run();
  rd_kafka_topic_t* TopicOf(const std::string& name);

  const Client client_;
  const HeaderWriter::Format format_;
  ErrorSink* const errors_;
  const OnReports on_reports_;
  Queue queue_;
  std::map<std::string, Topic> topics_;
  RecordSender sender_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace sluice::collector::kafka
