#include "agent/testing/fake_collector.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

FakeCollector::FileKey KeyOf(const v1::FileIdentity& file) {
  return {file.inode(), file.birth_time_unix_nano(), file.device(), file.generation()};
}

const std::string& ExactLine(const v1::LogRecord& record) {
  return record.raw_body().empty() ? record.body() : record.raw_body();
}

}  // namespace

void FakeCollector::Connect() {
  connected_ = true;
  sequence_ = 0;
  held_.clear();
  LinkEvent event;
  event.kind = LinkEvent::Kind::kConnected;
  for (const auto& [key, watermark] : watermarks_) {
    if (!silent_) event.watermarks.push_back(watermark);
  }
  events_.push_back(std::move(event));
}

void FakeCollector::Disconnect() {
  if (!connected_) return;
  connected_ = false;
  waiting_.clear();
  LinkEvent event;
  event.kind = LinkEvent::Kind::kDisconnected;
  events_.push_back(std::move(event));
}

uint64_t FakeCollector::Send(SharedBytes message) {
  v1::PushRequest request;
  EXPECT_TRUE(request.ParseFromArray(message.view().data(), static_cast<int>(message.size())));
  request.set_sequence(++sequence_);
  ++messages_;
  waiting_.push_back(std::move(request));
  return sequence_;
}

void FakeCollector::Process(size_t count, bool acknowledge) {
  v1::Ack ack;
  for (; count > 0 && !waiting_.empty(); --count) {
    v1::PushRequest request = std::move(waiting_.front());
    waiting_.pop_front();
    ack.set_sequence(request.sequence());
    for (int i = 0; i < request.batches_size(); ++i) {
      const v1::LogBatch& batch = request.batches(i);
      FileKey key = KeyOf(batch.file());
      auto held = held_.find(key);
      if (held != held_.end() && batch.first_offset() == held->second) held_.erase(held), held = held_.end();
      if (batch.topic() == refused_topic_ || held != held_.end()) {
        held_.try_emplace(key, batch.first_offset());
        v1::Rejection* rejection = ack.add_rejections();
        rejection->set_sequence(request.sequence());
        rejection->set_batch(static_cast<uint32_t>(i));
        rejection->set_code(refused_code_);
        rejection->set_reason("refused by the test");
        rejection->set_first_offset(batch.first_offset());
        continue;
      }
      Store(batch);
    }
  }
  if (!acknowledge || ack.sequence() == 0) return;
  LinkEvent event;
  event.kind = LinkEvent::Kind::kAcked;
  event.ack = std::move(ack);
  events_.push_back(std::move(event));
}

void FakeCollector::Store(const v1::LogBatch& batch) {
  FileKey key = KeyOf(batch.file());
  v1::FileWatermark& watermark = watermarks_[key];
  if (batch.end_offset() <= watermark.end_offset()) {
    ++duplicates_;
    return;
  }
  for (const v1::LogRecord& record : batch.records()) {
    if (record.offset() < watermark.end_offset()) continue;
    StoredLine line{batch.topic(), batch.path(), record.offset(), ExactLine(record), record};
    std::vector<StoredLine>& before = files_[key];
    if (!before.empty() && before.back().record.part() == v1::LINE_PART_UNTERMINATED &&
        record.offset() == before.back().offset + before.back().bytes.size()) {
      const std::string whole = before.back().begun + before.back().bytes;
      line.begun = whole.substr(whole.rfind('\n') + 1);
    }
    before.push_back(line);
    all_.push_back(std::move(line));
  }
  *watermark.mutable_file() = batch.file();
  watermark.set_end_offset(batch.end_offset());
  watermark.set_path(batch.path());
  *watermark.mutable_head() = batch.head();
  *watermark.mutable_frontier() = batch.frontier();
}

std::vector<std::string> FakeCollector::LinesOf(const std::string& topic) const {
  std::vector<std::string> lines;
  for (const StoredLine& line : all_) {
    if (line.topic == topic) lines.push_back(line.bytes);
  }
  return lines;
}

void FakeCollector::Take(std::vector<LinkEvent>* events) {
  for (LinkEvent& event : events_) events->push_back(std::move(event));
  events_.clear();
}

}  // namespace sluice::agent
