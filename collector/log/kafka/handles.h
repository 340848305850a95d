// librdkafka's objects, owned.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/status.h"
#include "librdkafka/rdkafka.h"

namespace sluice::collector::kafka {

template <auto kDestroy>
struct Destroyer {
  template <typename T>
  void operator()(T* object) const {
    kDestroy(object);
  }
};

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroyer<&rd_kafka_conf_destroy>>;
using Client = std::unique_ptr<rd_kafka_t, Destroyer<&rd_kafka_destroy>>;
using Topic = std::unique_ptr<rd_kafka_topic_t, Destroyer<&rd_kafka_topic_destroy>>;
using TopicConf = std::unique_ptr<rd_kafka_topic_conf_t, Destroyer<&rd_kafka_topic_conf_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroyer<&rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Destroyer<&rd_kafka_event_destroy>>;
using Error = std::unique_ptr<rd_kafka_error_t, Destroyer<&rd_kafka_error_destroy>>;
using Headers = std::unique_ptr<rd_kafka_headers_t, Destroyer<&rd_kafka_headers_destroy>>;
using Message = std::unique_ptr<rd_kafka_message_t, Destroyer<&rd_kafka_message_destroy>>;
using Partitions = std::unique_ptr<rd_kafka_topic_partition_list_t, Destroyer<&rd_kafka_topic_partition_list_destroy>>;

// A client's topics by name, each made once. It must not outlive the client. Not thread-safe.
class Topics {
 public:
  explicit Topics(rd_kafka_t* client) : client_(client) {}
  // Null if there can be no such topic: rd_kafka_last_error() says why.
  rd_kafka_topic_t* Of(const std::string& name) {
    auto entry = topics_.find(name);
    if (entry == topics_.end()) {
      Topic topic(rd_kafka_topic_new(client_, name.c_str(), nullptr));
      if (topic == nullptr) return nullptr;
      entry = topics_.emplace(name, std::move(topic)).first;
    }
    return entry->second.get();
  }

 private:
  rd_kafka_t* const client_;
  std::map<std::string, Topic> topics_;
};

inline std::string_view NameOf(rd_kafka_resp_err_t error) { return rd_kafka_err2name(error); }

// Unavailable with librdkafka's words; OK for no error.
inline absl::Status FromKafka(rd_kafka_resp_err_t error, std::string_view context) {
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  return Unavailable(context, ": ", std::string_view(rd_kafka_err2str(error)), " (", NameOf(error), ")");
}

}  // namespace sluice::collector::kafka
