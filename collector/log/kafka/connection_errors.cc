#include "collector/log/kafka/connection_errors.h"

#include "base/log.h"

namespace sluice::collector::kafka {

void ConnectionErrors::OnError(rd_kafka_resp_err_t code, std::string_view reason) {
  metrics_->CountError(rd_kafka_err2name(code));
  log::Debug("kafka", "connection", {{"error", rd_kafka_err2name(code)}, {"reason", reason}});
  // That all are down follows from what happened to each, and says less.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  MutexLock lock(&mutex_);
  // What exactly is wrong with a certificate came before, in our words; theirs only say that something is.
  constexpr std::string_view kOurs = "certificate verify failed";
  const bool vague = reason.find("broker certificate could not be verified") != std::string_view::npos ||
                     (reason.find(kOurs) != std::string_view::npos && !reason.starts_with(kOurs));
  if (vague && last_.starts_with(kOurs)) return;
  last_ = std::string(reason);
}

std::string ConnectionErrors::last() const {
  MutexLock lock(&mutex_);
  return last_;
}

void ConnectionErrors::Clear() {
  MutexLock lock(&mutex_);
  last_.clear();
}

}  // namespace sluice::collector::kafka
