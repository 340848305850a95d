#include "collector/log/testing_log.h"

#include <optional>
#include <utility>

#include "base/mutex.h"
#include "base/strings.h"
#include "collector/log/record_view.h"
#include "gtest/gtest.h"

namespace sluice::collector::testing {

std::vector<AppendResult> AppendAll(EventLog& log, std::vector<PendingBatch> batches) {
  Mutex mutex;
  CondVar answered;
  std::optional<std::vector<AppendResult>> results;
  log.Append(std::move(batches), [&](std::vector<AppendResult> r) {
    MutexLock lock(&mutex);
    results = std::move(r);
    answered.Signal();
  });
  MutexLock lock(&mutex);
  while (!results.has_value()) answered.Wait(&mutex);
  return *std::move(results);
}

AppendResult AppendOne(EventLog& log, const BatchSpec& spec) { return AppendAll(log, {Pend(spec)}).front(); }

std::vector<StoredBatch> ReadAll(LogReader& reader, Omission* omission, size_t max_bytes) {
  std::vector<StoredBatch> batches;
  for (;;) {
    const size_t before = batches.size();
    Omission told;
    const absl::Status status = reader.Read(max_bytes, &batches, &told);
    EXPECT_TRUE(status.ok()) << status;
    if (omission != nullptr) *omission = told;
    if (!status.ok() || told.reason != Omission::Reason::kNone || batches.size() == before) return batches;
  }
}

std::vector<StoredBatch> ReadFrom(EventLog& log, Position start) { return ReadAll(*log.NewReader(start, AllTopics)); }

std::vector<std::string> Names(const std::vector<StoredBatch>& batches) {
  std::vector<std::string> names;
  for (const StoredBatch& batch : batches) {
    RecordCursor cursor(batch.view.bytes.substr(batch.view.records_begin));
    RecordView record;
    while (cursor.Next(&record)) names.push_back(StrCat(batch.view.topic, ":", record.offset));
  }
  return names;
}

std::vector<std::string> BatchNames(const std::vector<StoredBatch>& batches) {
  std::vector<std::string> names;
  for (const StoredBatch& batch : batches) names.push_back(StrCat(batch.view.topic, ":", batch.view.first_offset));
  return names;
}

}  // namespace sluice::collector::testing
