// Consumer groups, as subscriptions know them.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "collector/subscribe/filter.h"
#include "collector/subscribe/subscription.h"
#include "sluice/v1/log_service.pb.h"

namespace sluice::collector {

// Thread-safe.
class Groups {
 public:
  virtual ~Groups() = default;

  // A new member of `request.group`; it leaves when the source is destroyed. `wake` is called on the executor when
  // there may be more to read. May read the disk. The source must not outlive the groups.
  virtual absl::StatusOr<std::unique_ptr<MessageSource>> Join(const v1::SubscribeRequest& request,
                                                              std::shared_ptr<const Filter> filter, std::string peer,
                                                              std::function<void()> wake) = 0;
  // `done` is called once, on any thread: OK when it is durable.
  virtual void Acknowledge(const v1::AcknowledgeRequest& request, std::function<void(const absl::Status&)> done) = 0;
  // May read the disk.
  virtual v1::ListGroupsResponse List() = 0;
};

}  // namespace sluice::collector
