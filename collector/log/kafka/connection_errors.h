// What librdkafka tells of connections, remembered for whoever has to explain why nothing moves.
#pragma once

#include <string>
#include <string_view>

#include "base/mutex.h"
#include "collector/log/kafka/client.h"
#include "collector/log/kafka/metrics.h"

namespace sluice::collector::kafka {

// Thread-safe.
class ConnectionErrors final : public ErrorSink {
 public:
  explicit ConnectionErrors(Metrics* metrics) : metrics_(metrics) {}

  void OnError(rd_kafka_resp_err_t code, std::string_view reason) override;
  // The most telling of the last ones; empty if there was none since the last Clear.
  std::string last() const;
  void Clear();

 private:
  Metrics* const metrics_;
  mutable Mutex mutex_;
  std::string last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace sluice::collector::kafka
