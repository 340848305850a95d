// What a subscription delivers: batches of records, looked at where they lie in the message as it came, without a copy
// of any line.
//
//   for (const RecordView& record : batch.records()) {
//     std::cout << batch.topic() << ": " << record.line() << '\n';
//   }
//
// All classes are views of memory that belongs to somebody else: those of a Subscription's event are valid until its
// Next is called again. What must live longer is copied with ToProto() or std::string(…). Reading is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/wire.h"
#include "sluice/v1/log.pb.h"

namespace sluice::client {

// The entries of a map<string, string>, in the order of the wire. A key that comes twice (nobody should send that)
// comes twice here, too; its last value counts.
class StringMapView {
 public:
  struct Entry {
    std::string_view key;
    std::string_view value;
  };

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Entry;
    using difference_type = std::ptrdiff_t;
    using pointer = const Entry*;
    using reference = const Entry&;

    Iterator() = default;
    const Entry& operator*() const { return entry_; }
    const Entry* operator->() const { return &entry_; }
    Iterator& operator++() {
      Advance();
      return *this;
    }
    void operator++(int) { Advance(); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.entry_begin_ == b.entry_begin_; }

   private:
    friend class StringMapView;
    Iterator(std::string_view message, uint32_t field) : rest_(message), field_(field) { Advance(); }
    void Advance();

    std::string_view rest_;  // of the message, behind the present entry
    uint32_t field_ = 0;
    const char* entry_begin_ = nullptr;  // null: the end
    Entry entry_;
  };

  StringMapView() = default;
  // The map field with this number of `message`, which is well-formed.
  StringMapView(std::string_view message, uint32_t field) : message_(message), field_(field) {}

  Iterator begin() const { return Iterator(message_, field_); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return begin() == end(); }

 private:
  std::string_view message_;
  uint32_t field_ = 0;
};

// A record: a line of a log file. The fields are those of sluice.v1.LogRecord.
class RecordView {
 public:
  // When it happened.
  absl::Time time() const;
  // The same, in nanoseconds since the Unix epoch.
  uint64_t time_unix_nano() const { return time_unix_nano_; }
  v1::Severity severity() const { return severity_; }
  // The severity as the line spells it; empty if it names none.
  std::string_view severity_text() const { return severity_text_; }
  // The line's exact bytes, without its newline. A CR before that is part of them.
  std::string_view line() const { return raw_body_.empty() ? body_ : raw_body_; }
  // The line as UTF-8: where it is none, U+FFFD stands, and raw_body() has the exact bytes.
  std::string_view body() const { return body_; }
  std::string_view raw_body() const { return raw_body_; }
  // What a parser found.
  StringMapView attributes() const { return StringMapView(bytes_, v1::LogRecord::kAttributesFieldNumber); }
  // Where in the file the line begins; bytes.
  uint64_t offset() const { return offset_; }
  // Which part of a line this is; LINE_PART_UNSPECIFIED for a whole line.
  v1::LinePart part() const { return part_; }

  v1::LogRecord ToProto() const;

  // Reads a LogRecord. False if it is malformed: bad framing, or text that is no UTF-8.
  static bool ParseChecked(std::string_view bytes, RecordView* record);

 private:
  friend class RecordRange;
  // Without kCheck: for a record that was checked before.
  template <bool kCheck>
  static bool ParseFields(std::string_view bytes, RecordView* record);

  std::string_view bytes_;
  std::string_view body_;
  std::string_view raw_body_;
  std::string_view severity_text_;
  uint64_t time_unix_nano_ = 0;
  uint64_t offset_ = 0;
  v1::Severity severity_ = v1::SEVERITY_UNSPECIFIED;
  v1::LinePart part_ = v1::LINE_PART_UNSPECIFIED;
};

// The records of a batch, in the order of the file; for a range-based for.
class RecordRange {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = RecordView;
    using difference_type = std::ptrdiff_t;
    using pointer = const RecordView*;
    using reference = const RecordView&;

    Iterator() = default;
    const RecordView& operator*() const { return record_; }
    const RecordView* operator->() const { return &record_; }
    Iterator& operator++() {
      Advance();
      return *this;
    }
    void operator++(int) { Advance(); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.left_ == b.left_; }

   private:
    friend class RecordRange;
    Iterator(std::string_view fields, uint64_t min_time, uint64_t min_offset, size_t count)
        : rest_(fields), min_time_(min_time), min_offset_(min_offset), left_(count + 1) {
      Advance();
    }
    void Advance();

    std::string_view rest_;  // fields of the batch that are still to be read
    uint64_t min_time_ = 0;
    uint64_t min_offset_ = 0;
    size_t left_ = 0;  // records from this one on; 0: the end
    RecordView record_;
  };

  Iterator begin() const { return Iterator(fields_, min_time_, min_offset_, count_); }
  Iterator end() const { return Iterator(); }
  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }

 private:
  friend class Batch;
  std::string_view fields_;  // of the batch, from the first record on
  uint64_t min_time_ = 0;    // records before it are left out
  uint64_t min_offset_ = 0;  // and those that begin before it
  size_t count_ = 0;
};

// Consecutive records of one file, and what they share. The fields are those of sluice.v1.LogBatch; with a filter it
// holds those that passed.
class Batch {
 public:
  Batch() = default;

  // Reads a LogBatch from outside and checks all of it, so that reading records cannot fail: DataLoss says at which
  // byte it is malformed. The batch is a view of `bytes`. Records before `min_time_unix_nano` are left out.
  static absl::StatusOr<Batch> Parse(std::string_view bytes, uint64_t min_time_unix_nano = 0);

  std::string_view topic() const { return topic_; }
  // The id of the agent that read the file, and the name of its host.
  std::string_view agent() const { return agent_; }
  std::string_view host() const { return host_; }
  // Of the file, when it was read.
  std::string_view path() const { return path_; }
  // The agent's configured source, and its labels.
  std::string_view source() const { return source_; }
  StringMapView labels() const { return StringMapView(bytes_, v1::LogBatch::kLabelsFieldNumber); }
  // The file's identity, which a new path does not change.
  v1::FileIdentity file() const;
  // The bytes of the file that the batch covers: [first_offset, end_offset).
  uint64_t first_offset() const { return first_offset_; }
  uint64_t end_offset() const { return end_offset_; }

  const RecordRange& records() const { return records_; }

  // The file's identity as it came.
  std::string_view file_bytes() const { return file_; }
  // Leaves out the records that begin before `offset` in the file.
  void LeaveOutBefore(uint64_t offset);

  v1::LogBatch ToProto() const;

 private:
  friend struct Response;
  // Takes a field that is no record; false if it is malformed.
  bool TakeSharedField(const wire::Field& field);

  std::string_view bytes_;
  std::string_view topic_;
  std::string_view agent_;
  std::string_view host_;
  std::string_view path_;
  std::string_view source_;
  std::string_view file_;  // FileIdentity, still encoded
  uint64_t first_offset_ = 0;
  uint64_t end_offset_ = 0;
  size_t left_out_ = 0;  // by time or offset
  RecordRange records_;
};

}  // namespace sluice::client
