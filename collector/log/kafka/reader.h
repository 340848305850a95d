// LogReader over partitions: at the head from memory that all readers share, behind it from the partitions themselves.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "collector/log/event_log.h"
#include "collector/log/kafka/assembler.h"
#include "collector/log/kafka/catalog.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/head.h"
#include "collector/log/kafka/history.h"
#include "collector/log/kafka/positions.h"
#include "collector/log/kafka/refresher.h"

namespace sluice::collector::kafka {

class Reader final : public LogReader {
 public:
  struct Parts {
    Cluster* cluster = nullptr;
    Catalog* catalog = nullptr;
    Head* head = nullptr;
    HistoryPool* history = nullptr;
    Refresher* refresher = nullptr;
    const TopicNames* names = nullptr;
    const Clock* clock = nullptr;
  };
  Reader(Parts parts, Position start, std::function<bool(std::string_view)> topic_matches);
  ~Reader() override;

  absl::Status Read(size_t max_bytes, std::vector<StoredBatch>* out, Omission* omission) override;
  Position position() const override;
  Position PositionAfter(size_t batch, uint32_t records) const override;
  uint32_t passed_records() const override { return 0; }

 private:
  struct Part {
    std::string topic;  // without the prefix
    int64_t position = -1;
    // From history.
    bool reading = false;
    int64_t fetched = -1;  // what is before it was taken from the consumer
    std::deque<PlacedBatch> backlog;
    std::unique_ptr<Assembler> assembler;
    // From the head.
    bool watching = false;
  };
  // A batch that the last Read gave.
  struct Given {
    TopicPartition partition;
    int64_t before;  // where the partition was
    int64_t first;
    int64_t end;
    uint32_t records;
  };

  // Topics and partitions that are new, or gone.
  void Learn();
  void ReadHead(size_t max_bytes, std::vector<StoredBatch>* out, size_t* bytes);
  void ReadBacklog(size_t max_bytes, std::vector<StoredBatch>* out, size_t* bytes);
  void Give(const TopicPartition& partition, Part* part, const PlacedBatch& placed, std::vector<StoredBatch>* out);
  // True if the head can be asked about the partition from now on.
  bool JoinHead(const TopicPartition& partition, Part* part);
  void LeaveHead(const TopicPartition& partition, Part* part);
  // Partitions that have to be read from the brokers.
  bool NeedsHistory() const;
  absl::Status ReadHistory(Omission* omission);
  absl::Status StartHistory(Consumer* consumer);
  void TakeMessages(Consumer* consumer, Omission* omission);
  absl::Status OutOfRange(Consumer* consumer, const TopicPartition& partition, Part* part, Omission* omission);
  void StopHistory();
  // Somebody was told that more is delivered than the head has read: waits for it. True if it came.
  bool WaitForDelivered();

  const Parts parts_;
  const Position start_;
  const int64_t made_nano_;
  const std::function<bool(std::string_view)> topic_matches_;
  std::map<std::string, bool, std::less<>> matches_;
  // What the start says of topics and partitions that are not known here (yet, or to this reader).
  Offsets carried_;
  bool looked_ = false;  // whether the brokers have more than is known
  uint64_t version_ = 0;
  bool learnt_ = false;
  bool waiting_ = false;  // the head knows of it
  std::map<TopicPartition, Part> partitions_;
  std::vector<Given> given_;
  std::shared_ptr<HistoryPool::Lease> lease_;
};

}  // namespace sluice::collector::kafka
