// The heart of the agent: reads what was written to the followed files, sends it while the window of unacknowledged
// bytes has room, and moves on what is acknowledged.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "agent/encode/message_encoder.h"
#include "agent/limits/read_limiter.h"
#include "agent/link/buffer_pool.h"
#include "agent/link/collector_link.h"
#include "agent/metrics/agent_metrics.h"
#include "agent/tail/file_reader.h"
#include "agent/tail/file_tracker.h"
#include "agent/tail/in_flight.h"
#include "base/clock.h"

namespace sluice::agent {

// The log file is the buffer: nothing that was read is kept. What was sent and not acknowledged when the connection
// breaks is read again. So memory is bounded by a few message buffers, whatever is on disk. One thread.
class Tailer {
 public:
  struct Options {
    uint64_t window_bytes = 16 << 20;  // sent and not acknowledged, at most (and one message)
    size_t message_bytes = 1 << 20;    // a message is sent when it has grown to this
    FileReader::Options reader;
  };
  static constexpr int64_t kNever = INT64_MAX;

  // Bytes that a message buffer must have.
  static size_t BufferBytes(const Options& options);

  // `limiter` says how much may be read, and is told what was; null: there are no limits.
  Tailer(Options options, FileTracker* tracker, CollectorLink* link, BufferPool* buffers, ReadLimiter* limiter,
         const Clock* clock, AgentMetrics* metrics);

  // Takes in what happened on the link, and sends one message if there is something to send. Monotonic time at which to
  // call again if nothing happens before: now or earlier if there is more to do.
  int64_t Work();

  // From now on nothing more is read; what is under way is waited for.
  void StopReading() { stopping_ = true; }
  // True if nothing is under way.
  bool Drained() const { return in_flight_.messages() == 0; }
  bool connected() const { return connected_; }
  // Gives back what reading took, while there is nothing to read.
  void Trim();
  // Records acknowledged since the start.
  uint64_t records_acked() const { return records_acked_; }

 private:
  // The end of a generation that was replaced while batches of it were under way.
  struct Retired {
    std::shared_ptr<const Source> source;
    v1::FileIdentity identity;
    std::string path;
    uint64_t acked;
    uint64_t sent;
  };

  void OnConnected(const std::vector<v1::FileWatermark>& watermarks);
  void OnAcked(const v1::Ack& ack);
  void OnBatchAcked(const SentBatch& batch, const v1::Rejection* rejection);
  void OnRejected(TailedFile* file, const v1::Rejection& rejection);
  void OnDisconnected();

  bool MaySend(int64_t now, int64_t* wait_until) const;
  int64_t MarkFlushable(int64_t now);
  bool FillMessage();
  bool ReadInto(TailedFile* file);
  void Count(const TailedFile& file, const ReadResult& read);
  void SendMessage(int64_t now);

  const Options options_;
  FileTracker* const tracker_;
  CollectorLink* const link_;
  BufferPool* const buffers_;
  ReadLimiter* const limiter_;
  const Clock* const clock_;
  AgentMetrics* const metrics_;

  FileReader reader_;
  MessageEncoder message_;
  std::shared_ptr<char[]> buffer_;  // that message_ writes to
  std::vector<SentBatch> batches_;  // of message_
  InFlight in_flight_;
  std::vector<Retired> retired_;
  std::vector<LinkEvent> events_;
  absl::flat_hash_map<std::string, bool> said_rejected_;  // reasons that were logged
  bool connected_ = false;
  bool stopping_ = false;
  int64_t last_send_ = 0;
  int64_t next_flush_ = kNever;  // when the first of the records of several lines that wait has waited for long enough
  uint64_t records_acked_ = 0;
};

}  // namespace sluice::agent
