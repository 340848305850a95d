#include "collector/log/kafka/assembler.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "collector/log/kafka/names.h"
#include "collector/log/record_view.h"
#include "google/protobuf/util/json_util.h"

namespace sluice::collector::kafka {
namespace {

// Who wrote what no collector wrote.
constexpr char kForeignAgent[] = "kafka";

int64_t TimeOf(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t type;
  const int64_t milliseconds = rd_kafka_message_timestamp(&message, &type);
  return type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? 0 : 1'000'000 * milliseconds;
}

// The message as nobody's: its value a line.
MessageView AsForeign(MessageView message, int64_t offset, int64_t time_unix_nano) {
  MessageView foreign;
  foreign.value = message.value;
  foreign.offset = static_cast<uint64_t>(offset);
  foreign.end = foreign.offset + 1;
  foreign.time_unix_nano = static_cast<uint64_t>(std::max<int64_t>(time_unix_nano, 0));
  return foreign;
}

}  // namespace

void Assembler::Add(const rd_kafka_message_t& message) {
  MessageView view = ReadMessage(message);
  const int64_t time = TimeOf(message);
  // A value that is the record need not be made before it is known where it goes.
  const bool made = !view.ours || view.format != KafkaValueFormat::kProtobuf;
  record_.clear();
  // Alone, a record that is not as it has to be would spoil its whole batch.
  if (made && !AppendRecord(view, &record_)) {
    view = AsForeign(view, message.offset, time);
    AppendRecord(view, &record_);
  }
  if (count_ > 0 && !Continues(view, message.offset)) Flush();
  if (count_ == 0) Begin(view, message.offset, time);
  if (made) {
    records_ += record_;
  } else {
    AppendRecord(view, &records_);
  }
  ++count_;
  end_offset_ = view.end;
  placed_.end = message.offset + 1;
  placed_.batch.append_unix_nano = std::max(placed_.batch.append_unix_nano, time);
}

bool Assembler::Continues(const MessageView& message, int64_t offset) const {
  return offset == placed_.end && message.ours == ours_ && message.offset >= end_offset_ &&
         records_.size() < kBatchBytes && count_ < kBatchRecords && message.key == key_ && message.agent == agent_ &&
         message.host == host_ && message.path == path_ && message.source == source_ && message.labels == labels_;
}

void Assembler::Begin(const MessageView& message, int64_t offset, int64_t time_unix_nano) {
  ours_ = message.ours;
  key_ = message.key;
  agent_ = message.agent;
  host_ = message.host;
  path_ = message.path;
  source_ = message.source;
  labels_ = message.labels;
  first_offset_ = message.offset;
  records_.reserve(usual_bytes_);
  placed_ = PlacedBatch();
  placed_.first = offset;
  placed_.batch.append_unix_nano = time_unix_nano;
  placed_.batch.sequence = static_cast<uint64_t>(offset);
}

v1::LogBatch Assembler::Shared() const {
  v1::LogBatch shared;
  // The key names the agent, too; the header may be left out.
  const std::optional<FileOfAgent> file = ours_ ? ParseFileName(key_) : std::nullopt;
  if (!labels_.empty()) {
    const std::string json = StrCat("{\"labels\":", labels_, "}");
    (void)google::protobuf::util::JsonStringToMessage(json, &shared);
  }
  shared.set_topic(topic_);
  shared.set_first_offset(first_offset_);
  shared.set_end_offset(end_offset_);
  if (file.has_value() && (agent_.empty() || file->agent == agent_)) {
    shared.set_agent(std::string(file->agent));
    shared.set_host(host_);
    shared.set_path(path_);
    shared.set_source(source_);
    shared.mutable_file()->set_device(file->file.device);
    shared.mutable_file()->set_inode(file->file.inode);
    shared.mutable_file()->set_birth_time_unix_nano(file->file.birth_time_unix_nano);
    shared.mutable_file()->set_generation(file->file.generation);
  } else {
    shared.set_agent(kForeignAgent);
    shared.set_path(StrCat(topic_, "[", partition_, "]"));
    shared.mutable_file()->set_inode(static_cast<uint64_t>(partition_) + 1);
  }
  return shared;
}

bool Assembler::Finish(v1::LogBatch shared, std::string_view records, PlacedBatch* placed) {
  const absl::StatusOr<RecordTotals> totals = ValidateRecords(records, shared.first_offset(), shared.end_offset());
  if (!totals.ok()) return false;
  v1::BatchSummary* const summary = shared.mutable_summary();
  summary->set_count(totals->count);
  summary->set_severities(totals->severities);
  summary->set_min_time_unix_nano(totals->min_time_unix_nano);
  summary->set_max_time_unix_nano(totals->max_time_unix_nano);
  std::string bytes;
  bytes.reserve(shared.ByteSizeLong() + records.size());
  shared.AppendToString(&bytes);
  bytes += records;
  placed->batch.bytes = SharedBytes::FromString(std::move(bytes));
  absl::StatusOr<BatchView> view = BatchView::Parse(placed->batch.bytes.view());
  if (!view.ok() || !ValidateSharedFields(*view).ok()) return false;
  placed->batch.view = *view;
  return true;
}

void Assembler::Flush() {
  if (count_ == 0) return;
  count_ = 0;
  usual_bytes_ = records_.size();
  if (Finish(Shared(), records_, &placed_)) {
    done_.push_back(std::move(placed_));
  } else {
    FlushAsForeign();
  }
  records_.clear();
}

// Somebody else wrote our headers: each message by itself, as it stands.
void Assembler::FlushAsForeign() {
  RecordCursor cursor(records_);
  RecordView record;
  for (int64_t offset = placed_.first; offset < placed_.end; ++offset) {
    MessageView foreign;
    foreign.offset = static_cast<uint64_t>(offset);
    if (cursor.Next(&record)) foreign.value = record.raw_body.empty() ? record.body : record.raw_body;
    std::string one;
    AppendRecord(foreign, &one);
    v1::LogBatch shared;
    shared.set_topic(topic_);
    shared.set_agent(kForeignAgent);
    shared.set_path(StrCat(topic_, "[", partition_, "]"));
    shared.mutable_file()->set_inode(static_cast<uint64_t>(partition_) + 1);
    shared.set_first_offset(foreign.offset);
    shared.set_end_offset(foreign.offset + 1);
    PlacedBatch placed;
    placed.first = offset;
    placed.end = offset + 1;
    placed.batch.sequence = static_cast<uint64_t>(offset);
    placed.batch.append_unix_nano = placed_.batch.append_unix_nano;
    if (Finish(std::move(shared), one, &placed)) done_.push_back(std::move(placed));
  }
}

std::vector<PlacedBatch> Assembler::Take() {
  Flush();
  // There is one of these for each partition that is read.
  records_ = std::string();
  record_ = std::string();
  return std::exchange(done_, {});
}

}  // namespace sluice::collector::kafka
