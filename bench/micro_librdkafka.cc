// What librdkafka itself costs: ways of giving it messages, side by side, without anything of Sluice.
//
//   ./dev kafka start
//   bazel run //bench:micro_librdkafka -- --topic T [--headers 8] [--reuse] [--ahead] [--linger 20] [--partitions 3]
//
// Messages of 240 bytes to a topic that is there (`./dev kafka` makes none: use kafka-topics or a collector). --ahead:
// all that fits in a queue of 50,000 is given at once; else one request's messages at a time for each partition.
// --reuse: the headers of delivered messages are taken back and used again. CPU is this process's: librdkafka, not the
// broker.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "bench/phase.h"
#include "librdkafka/rdkafka.h"

namespace sluice {
namespace {

struct Settings {
  std::string brokers = "127.0.0.1:9092";
  std::string topic;
  size_t messages = 1'000'000;
  size_t headers = 0;
  size_t request = 2'000;
  size_t queue = 50'000;
  int partitions = 1;
  std::string linger = "20";
  bool reuse = false;
  bool ahead = false;
};

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kHeaders = {
    {{"offset", "123456789"},
     {"sluice", "p229"},
     {"severity", "INFO"},
     {"path", "/var/log/shop/access.log"},
     {"host", "web-1.example.com"},
     {"agent", "web-1"},
     {"labels", R"({"service":"shop"})"},
     {"source", "app"}}};

class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings), client_(MakeClient(settings)), queue_(rd_kafka_queue_get_main(client_)) {
    topic_ = rd_kafka_topic_new(client_, settings.topic.c_str(), nullptr);
    const rd_kafka_metadata_t* metadata;
    if (rd_kafka_metadata(client_, 0, topic_, &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_metadata_destroy(metadata);
    }
    under_way_.resize(static_cast<size_t>(settings.partitions));
  }

  void Run() {
    const Phase phase;
    while (delivered_ < settings_.messages) {
      for (int partition = Next(); partition >= 0; partition = Next()) Give(partition);
      Take();
    }
    phase.Print("produce, acknowledged", delivered_);
  }

 private:
  static rd_kafka_t* MakeClient(const Settings& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    const std::string request = std::to_string(settings.request);
    const std::pair<const char*, const char*> properties[] = {{"bootstrap.servers", settings.brokers.c_str()},
                                                              {"enable.idempotence", "true"},
                                                              {"linger.ms", settings.linger.c_str()},
                                                              {"batch.num.messages", request.c_str()},
                                                              {"batch.size", "2000000"},
                                                              {"queue.buffering.max.messages", "2000000"}};
    char reason[512];
    for (const auto& [name, value] : properties) {
      if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) Fail(reason);
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
    if (client == nullptr) Fail(reason);
    return client;
  }
  [[noreturn]] static void Fail(const char* reason) {
    std::fprintf(stderr, "%s\n", reason);
    std::exit(1);
  }

  // The partition that is to get messages now; -1 if none is.
  int Next() {
    if (given_ >= settings_.messages) return -1;
    if (settings_.ahead && given_ - delivered_ + settings_.request > settings_.queue) return -1;
    const auto least = std::min_element(under_way_.begin(), under_way_.end());
    if (!settings_.ahead && *least > 0) return -1;
    return static_cast<int>(least - under_way_.begin());
  }

  void Give(int partition) {
    rd_kafka_vu_t arguments[8];
    constexpr rd_kafka_vtype_t kTypes[] = {RD_KAFKA_VTYPE_RKT,    RD_KAFKA_VTYPE_PARTITION, RD_KAFKA_VTYPE_MSGFLAGS,
                                           RD_KAFKA_VTYPE_KEY,    RD_KAFKA_VTYPE_VALUE,     RD_KAFKA_VTYPE_TIMESTAMP,
                                           RD_KAFKA_VTYPE_OPAQUE, RD_KAFKA_VTYPE_HEADERS};
    for (size_t i = 0; i < std::size(kTypes); ++i) arguments[i].vtype = kTypes[i];
    arguments[0].u.rkt = topic_;
    arguments[1].u.i32 = partition;
    arguments[2].u.i = 0;
    arguments[3].u.mem = {key_.data(), key_.size()};
    arguments[4].u.mem = {value_.data(), value_.size()};
    arguments[5].u.i64 = 1'700'000'000'000;
    arguments[6].u.ptr = nullptr;
    for (size_t i = 0; i < settings_.request; ++i) {
      if (settings_.headers > 0) arguments[7].u.headers = NewHeaders();
      rd_kafka_error_t* const error = rd_kafka_produceva(client_, arguments, settings_.headers > 0 ? 8 : 7);
      if (error != nullptr) Fail(rd_kafka_error_string(error));
    }
    given_ += settings_.request;
    under_way_[static_cast<size_t>(partition)] += settings_.request;
  }

  rd_kafka_headers_t* NewHeaders() {
    if (!spare_.empty()) {
      rd_kafka_headers_t* const headers = spare_.back();
      spare_.pop_back();
      return headers;
    }
    rd_kafka_headers_t* const headers = rd_kafka_headers_new(settings_.headers);
    for (size_t i = 0; i < settings_.headers; ++i) {
      const auto& [name, value] = kHeaders[i];
      rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                          static_cast<ssize_t>(value.size()));
    }
    return headers;
  }

  void Take() {
    rd_kafka_event_t* const event = rd_kafka_queue_poll(queue_, 100);
    if (event == nullptr) return;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) Fail(rd_kafka_err2str(message->err));
      ++delivered_;
      --under_way_[static_cast<size_t>(message->partition)];
      rd_kafka_headers_t* headers;
      if (settings_.reuse && rd_kafka_message_detach_headers(const_cast<rd_kafka_message_t*>(message), &headers) ==
                                 RD_KAFKA_RESP_ERR_NO_ERROR) {
        spare_.push_back(headers);
      }
    }
    rd_kafka_event_destroy(event);
  }

  const Settings settings_;
  rd_kafka_t* const client_;
  rd_kafka_queue_t* const queue_;
  rd_kafka_topic_t* topic_ = nullptr;
  std::string key_ = "web-1/2049:123456:1700000000000000000:0";
  std::string value_ = std::string(240, 'x');
  std::vector<size_t> under_way_;
  std::vector<rd_kafka_headers_t*> spare_;
  size_t given_ = 0;
  size_t delivered_ = 0;
};

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  sluice::Settings settings;
  CLI::App app("What librdkafka itself costs");
  app.add_option("--brokers", settings.brokers, "of the cluster");
  app.add_option("--topic", settings.topic, "that is there")->required();
  app.add_option("--messages", settings.messages, "how many");
  app.add_option("--headers", settings.headers, "of each message")->check(CLI::Range(0, 8));
  app.add_option("--request", settings.request, "messages of a request");
  app.add_option("--queue", settings.queue, "with --ahead: messages under way");
  app.add_option("--partitions", settings.partitions, "that get messages");
  app.add_option("--linger", settings.linger, "linger.ms");
  app.add_flag("--reuse", settings.reuse, "headers of delivered messages for the next ones");
  app.add_flag("--ahead", settings.ahead, "give it all that the queue takes");
  CLI11_PARSE(app, argc, argv);
  sluice::Bench(settings).Run();
  // What is left is the client's, which nobody waits for.
  std::fflush(stdout);
  std::_Exit(0);
}
