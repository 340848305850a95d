// The event log in an Apache Kafka cluster: the collector keeps no data, and any number of collectors may run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/log/event_log.h"
#include "collector/log/kafka/options.h"
#include "prometheus/registry.h"

namespace sluice::collector {

// InvalidArgument with the property and librdkafka's own reason, if it cannot work whatever the brokers say.
absl::Status CheckKafkaOptions(const KafkaOptions& options);

// docs/kafka.md says what lies where. Thread-safe.
class KafkaLog final : public EventLog {
 public:
  // Waits for the brokers for a while. Unavailable names them and says what is wrong. `registry` outlives the log.
  static absl::StatusOr<std::unique_ptr<KafkaLog>> Open(const KafkaOptions& options, prometheus::Registry* registry);
  ~KafkaLog() override;

  void Append(std::vector<PendingBatch> batches, AppendDone done) override;
  absl::StatusOr<std::vector<v1::FileWatermark>> Watermarks(std::string_view agent) override;
  absl::Duration TakeoverDelay() override;
  std::vector<std::string> Agents() override;
  std::vector<TopicInfo> Topics() override;
  std::unique_ptr<LogReader> NewReader(Position start, std::function<bool(std::string_view)> topic_matches) override;
  Position Begin() override { return Position(); }
  Position End() override;
  Position AtAppendTime(int64_t unix_nano) override;
  std::string FormatCursor(Position position) const override;
  absl::StatusOr<Position> ParseCursor(std::string_view cursor) const override;
  absl::StatusOr<std::optional<uint64_t>> CountRecords(
      const Position& position, const std::function<bool(std::string_view)>& topic_matches) override;
  GroupStore* group_store() override;
  GroupClaims* group_claims() override;
  uint64_t AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) override;
  void RemoveListener(uint64_t id) override;
  absl::Status Health() override;
  void Stop() override;

 private:
  struct Parts;
  KafkaLog();

  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::collector
