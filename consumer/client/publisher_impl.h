// The inside of a Publisher: one stream after another, on a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/backoff.h"
#include "base/mutex.h"
#include "consumer/client/channel.h"
#include "consumer/client/publish_queue.h"
#include "consumer/client/publisher.h"
#include "consumer/client/push_stream.h"

namespace sluice::client {

// What ids begin with on the wire: those that were given, and those that the library makes, which the collector
// forgets.
inline constexpr std::string_view kPublisherPrefix = "publisher:";
inline constexpr std::string_view kEphemeralPublisherPrefix = "ephemeral:";
// 128 random bits.
std::string RandomName();

// Threads as Publisher.
class Publisher::Impl final : private PushStreamListener {
 public:
  // InvalidArgument if the options are no good.
  static absl::StatusOr<std::unique_ptr<Impl>> Create(std::shared_ptr<ChannelSource> channels,
                                                      PublisherOptions options);
  Impl(std::shared_ptr<ChannelSource> channels, PublisherOptions options);
  ~Impl() override;

  absl::Status Publish(std::string_view topic, std::optional<uint64_t> sequence, v1::LogRecord record,
                       absl::Time deadline);
  absl::StatusOr<uint64_t> NextSequence(std::string_view topic, absl::Time deadline);
  absl::Status Flush(absl::Time deadline);
  absl::Status Close(absl::Time deadline);
  const std::string& id() const { return options_.id; }
  uint64_t taken() const;
  uint64_t acknowledged() const;
  uint64_t left_out() const;

 private:
  void OnResponse(v1::PushResponse response) override;
  void OnWritten() override;
  void OnEnded(const absl::Status& status) override;

  void Run();
  // From the first try to connect to the end of the stream.
  void RunStream();
  void Feed(PushStream* stream);
  void Part(PushStream* stream);
  // The welcome is complete, or the stream has ended, or it takes too long.
  void AwaitWelcome(PushStream* stream);
  // False: nothing more is tried.
  bool Retry(absl::Duration* wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Stop();
  void Tell(ConnectionState state) const;
  // Waits for a change. False when `deadline` has come.
  bool WaitUntil(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What keeps calls from going on; OK if nothing does.
  absl::Status Failure() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TooLate(std::string_view what) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<ChannelSource> channels_;
  const PublisherOptions options_;
  v1::PushRequest hello_;
  Backoff backoff_;  // of the thread

  mutable Mutex mutex_;
  CondVar changed_;
  PublishQueue queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::FileWatermark> welcome_ ABSL_GUARDED_BY(mutex_);  // so far
  size_t message_bytes_ ABSL_GUARDED_BY(mutex_) = 0;                // of the next message, at most
  bool connected_ ABSL_GUARDED_BY(mutex_) = false;                  // the welcome is complete, and the stream lives
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mutex_);
  absl::Time other_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();  // when another one was met first
  absl::Status failed_ ABSL_GUARDED_BY(mutex_);                              // for good
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace sluice::client
