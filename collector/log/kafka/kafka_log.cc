#include "collector/log/kafka/kafka_log.h"

#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "collector/log/kafka/catalog.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/cluster.h"
#include "collector/log/kafka/connection_errors.h"
#include "collector/log/kafka/file_table.h"
#include "collector/log/kafka/group_claims.h"
#include "collector/log/kafka/group_states.h"
#include "collector/log/kafka/head.h"
#include "collector/log/kafka/history.h"
#include "collector/log/kafka/metrics.h"
#include "collector/log/kafka/names.h"
#include "collector/log/kafka/positions.h"
#include "collector/log/kafka/reader.h"
#include "collector/log/kafka/refresher.h"
#include "collector/log/kafka/topic_maker.h"
#include "collector/log/kafka/watermarks.h"
#include "collector/log/kafka/writer.h"
#include "collector/log/listeners.h"

namespace sluice::collector {
namespace {

// Many positions are counted from at a time; they need not ask the brokers each.
constexpr absl::Duration kCountAge = absl::Milliseconds(500);

}  // namespace

using kafka::Cluster;
using kafka::TopicPartition;

// In the order in which they need each other.
struct KafkaLog::Parts {
  Parts(const KafkaOptions& o, prometheus::Registry* registry, const Clock* c)
      : options(o), clock(c), names(o.topic_prefix), metrics(registry), errors(&metrics), catalog(&names), history(o) {}

  const KafkaOptions options;
  const Clock* const clock;
  const kafka::TopicNames names;
  kafka::Metrics metrics;
  kafka::ConnectionErrors errors;
  std::string log_id;
  std::unique_ptr<Cluster> cluster;
  kafka::FileTable files;
  kafka::Catalog catalog;
  Listeners listeners;
  kafka::HistoryPool history;
  std::unique_ptr<kafka::Watermarks> watermarks;
  std::unique_ptr<kafka::TopicMaker> topics;
  std::unique_ptr<kafka::Writer> writer;
  std::unique_ptr<kafka::Head> head;
  std::unique_ptr<kafka::Refresher> refresher;
  std::unique_ptr<kafka::GroupStates> group_states;
  std::unique_ptr<kafka::KafkaGroupClaims> group_claims;
};

absl::Status CheckKafkaOptions(const KafkaOptions& options) { return kafka::CheckOptions(options); }

KafkaLog::KafkaLog() = default;

absl::StatusOr<std::unique_ptr<KafkaLog>> KafkaLog::Open(const KafkaOptions& options, prometheus::Registry* registry) {
  const Clock* const clock = SystemClock();
  auto parts = std::make_unique<Parts>(options, registry, clock);
  absl::StatusOr<std::unique_ptr<Cluster>> cluster = Cluster::Connect(options, &parts->errors);
  if (!cluster.ok()) {
    const std::string why = parts->errors.last();
    return why.empty() ? cluster.status() : Annotate(cluster.status(), why);
  }
  parts->cluster = *std::move(cluster);
  // Cursors hold for every collector of the same cluster and prefix, and for nobody else.
  parts->log_id = absl::StrFormat("%016x", Xxh3(StrCat(parts->cluster->id(), "/", options.topic_prefix)));
  SLUICE_ASSIGN_OR_RETURN(
      parts->watermarks, kafka::Watermarks::Open(options, {parts->cluster.get(), &parts->files, &parts->names, clock}));
  parts->topics = std::make_unique<kafka::TopicMaker>(
      options,
      kafka::TopicMaker::Parts{parts->cluster.get(), &parts->catalog, parts->watermarks.get(), &parts->names, clock});
  SLUICE_ASSIGN_OR_RETURN(
      parts->writer,
      kafka::Writer::Open(options, {&parts->catalog, &parts->files, parts->watermarks.get(), parts->topics.get(),
                                    &parts->names, &parts->metrics, &parts->errors, clock}));
  SLUICE_ASSIGN_OR_RETURN(parts->head,
                          kafka::Head::Make(options, &parts->names, &parts->listeners, &parts->metrics, clock));
  parts->refresher = std::make_unique<kafka::Refresher>(
      options, kafka::Refresher::Parts{parts->cluster.get(), &parts->catalog, parts->head.get(), parts->writer.get(),
                                       &parts->errors, clock});
  SLUICE_RETURN_IF_ERROR(parts->refresher->Start());
  parts->group_states = std::make_unique<kafka::GroupStates>(options, parts->cluster.get(), &parts->names);
  parts->group_claims = std::make_unique<kafka::KafkaGroupClaims>(options, parts->cluster.get(), &parts->names,
                                                                  parts->group_states.get());
  auto log = std::unique_ptr<KafkaLog>(new KafkaLog());
  log->parts_ = std::move(parts);
  return log;
}

KafkaLog::~KafkaLog() { Stop(); }

void KafkaLog::Append(std::vector<PendingBatch> batches, AppendDone done) {
  parts_->writer->Append(std::move(batches), std::move(done));
}

absl::StatusOr<std::vector<v1::FileWatermark>> KafkaLog::Watermarks(std::string_view agent) {
  SLUICE_RETURN_IF_ERROR(parts_->watermarks->Refresh());
  parts_->files.Settle(agent);
  parts_->writer->AdmitAgent(std::string(agent));
  return parts_->files.Of(agent);
}

absl::Duration KafkaLog::TakeoverDelay() {
  return parts_->watermarks->OthersMayDeliver() ? parts_->options.takeover_delay : absl::ZeroDuration();
}

std::vector<std::string> KafkaLog::Agents() { return parts_->files.Agents(); }

std::vector<TopicInfo> KafkaLog::Topics() {
  std::vector<TopicInfo> infos;
  for (const kafka::Catalog::Topic& topic : parts_->catalog.Topics()) {
    const kafka::Catalog::Size size = parts_->catalog.SizeOf(topic.name);
    TopicInfo& info = infos.emplace_back();
    info.name = topic.name;
    info.records = size.messages;
    info.records_appended = size.appended;
  }
  return infos;
}

std::unique_ptr<LogReader> KafkaLog::NewReader(Position start, std::function<bool(std::string_view)> topic_matches) {
  return std::make_unique<kafka::Reader>(
      kafka::Reader::Parts{parts_->cluster.get(), &parts_->catalog, parts_->head.get(), &parts_->history,
                           parts_->refresher.get(), &parts_->names, parts_->clock},
      std::move(start), std::move(topic_matches));
}

Position KafkaLog::End() {
  parts_->refresher->RefreshNow();
  auto offsets = std::make_shared<kafka::Offsets>();
  for (const auto& [partition, end] : parts_->catalog.KnownEnds()) {
    if (const auto topic = parts_->names.FromKafka(partition.topic)) offsets->Set(*topic, partition.partition, end);
  }
  return kafka::MakePosition(std::move(offsets));
}

Position KafkaLog::AtAppendTime(int64_t unix_nano) {
  const Position end = End();
  const auto found = parts_->cluster->OffsetsAt(parts_->catalog.Partitions(), (unix_nano + 999'999) / 1'000'000,
                                                parts_->options.start_timeout);
  // Rather too early than too late.
  if (!found.ok()) return Begin();
  if (kafka::OffsetsOf(end) == nullptr) return end;
  auto offsets = std::make_shared<kafka::Offsets>(*kafka::OffsetsOf(end));
  for (const auto& [partition, offset] : *found) {
    if (const auto topic = parts_->names.FromKafka(partition.topic)) offsets->Set(*topic, partition.partition, offset);
  }
  return kafka::MakePosition(std::move(offsets));
}

std::string KafkaLog::FormatCursor(Position position) const {
  return kafka::FormatCursorText(parts_->log_id, position);
}

absl::StatusOr<Position> KafkaLog::ParseCursor(std::string_view cursor) const {
  return kafka::ParseCursorText(parts_->log_id, cursor);
}

absl::StatusOr<std::optional<uint64_t>> KafkaLog::CountRecords(
    const Position& position, const std::function<bool(std::string_view)>& topic_matches) {
  parts_->refresher->RefreshOffsets(kCountAge);
  const kafka::Offsets* const offsets = kafka::OffsetsOf(position);
  uint64_t records = 0;
  for (const kafka::Catalog::Topic& topic : parts_->catalog.Topics()) {
    if (!topic_matches(topic.name)) continue;
    records += parts_->catalog.CountBehind(
        topic.name, [&](int32_t partition) { return offsets == nullptr ? -1 : offsets->Of(topic.name, partition); });
  }
  return records;
}

GroupStore* KafkaLog::group_store() { return parts_->group_states.get(); }

GroupClaims* KafkaLog::group_claims() { return parts_->group_claims.get(); }

uint64_t KafkaLog::AddListener(std::function<void(const std::vector<StoredBatch>&)> on_append) {
  return parts_->listeners.Add(std::move(on_append));
}

void KafkaLog::RemoveListener(uint64_t id) { parts_->listeners.Remove(id); }

absl::Status KafkaLog::Health() { return parts_->refresher->Health(); }

void KafkaLog::Stop() {
  if (parts_ == nullptr) return;
  parts_->writer->Stop();
  parts_->watermarks->Stop(/*all_answered=*/parts_->writer->ended_clean());
  parts_->refresher->Stop();
  parts_->head->Stop();
}

}  // namespace sluice::collector
