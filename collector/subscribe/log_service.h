// LogService over gRPC: Subscribe's streams come in here, everything else about them happens in Subscriber.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "collector/subscribe/subscriber.h"
#include "collector/support/stream_set.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace sluice::collector {

// Thread-safe.
class LogService final
    : public v1::LogService::WithRawCallbackMethod_Subscribe<v1::LogService::WithCallbackMethod_ListTopics<
          v1::LogService::WithCallbackMethod_ListAgents<v1::LogService::WithCallbackMethod_Acknowledge<
              v1::LogService::WithCallbackMethod_ListGroups<v1::LogService::Service>>>>> {
 public:
  struct Options {
    SubscribeContext context;
    size_t subscribers_max = 4'096;
    // The agents that are or were connected since the start; those that only the log knows are added.
    std::function<std::vector<v1::Agent>(bool files)> connected_agents;
  };
  // What `options` points to outlives the service, and the service its gRPC server.
  explicit LogService(Options options);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* call,
                                                        const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* ListTopics(grpc::CallbackServerContext* call, const v1::ListTopicsRequest* request,
                                       v1::ListTopicsResponse* response) override;
  grpc::ServerUnaryReactor* ListAgents(grpc::CallbackServerContext* call, const v1::ListAgentsRequest* request,
                                       v1::ListAgentsResponse* response) override;

  grpc::ServerUnaryReactor* Acknowledge(grpc::CallbackServerContext* call, const v1::AcknowledgeRequest* request,
                                        v1::AcknowledgeResponse* response) override;
  grpc::ServerUnaryReactor* ListGroups(grpc::CallbackServerContext* call, const v1::ListGroupsRequest* request,
                                       v1::ListGroupsResponse* response) override;

  // Refuses new subscriptions and ends the open ones with Unavailable: their clients go on from their cursors. False if
  // some have not ended within `timeout`, because their client does not read.
  bool Stop(absl::Duration timeout);

 private:
  class Reactor;

  const Options options_;
  StreamSet<Subscriber> subscribers_;
};

}  // namespace sluice::collector
