// Sends logs as an OpenTelemetry Collector would, as fast as they are taken: the same request again and again, each
// answered when it is durable. Prints how many seconds it took.
//
//   otlp --collector 127.0.0.1:7070 --records 1000000 --batch 1000 --threads 4
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"

namespace sluice {
namespace {

namespace otlp = opentelemetry::proto;
using otlp::collector::logs::v1::ExportLogsServiceRequest;
using otlp::collector::logs::v1::ExportLogsServiceResponse;
using otlp::collector::logs::v1::LogsService;

struct Flags {
  std::string collector = "127.0.0.1:7070";
  std::string service = "otlp";
  int64_t records = 1'000'000;
  int batch = 1000;
  int threads = 4;
};

void AddAttribute(const std::string& key, const std::string& value,
                  google::protobuf::RepeatedPtrField<otlp::common::v1::KeyValue>* attributes) {
  otlp::common::v1::KeyValue* const attribute = attributes->Add();
  attribute->set_key(key);
  attribute->mutable_value()->set_string_value(value);
}

// Records with three attributes and a text of some 150 bytes.
ExportLogsServiceRequest MakeRequest(const Flags& flags) {
  ExportLogsServiceRequest request;
  otlp::logs::v1::ResourceLogs* const resource = request.add_resource_logs();
  AddAttribute("service.name", flags.service, resource->mutable_resource()->mutable_attributes());
  otlp::logs::v1::ScopeLogs* const scope = resource->add_scope_logs();
  for (int i = 0; i < flags.batch; ++i) {
    otlp::logs::v1::LogRecord* const record = scope->add_log_records();
    record->set_time_unix_nano(1'795'166'139'000'000'000 + static_cast<uint64_t>(i));
    record->set_severity_number(otlp::logs::v1::SEVERITY_NUMBER_INFO);
    record->mutable_body()->set_string_value("order " + std::to_string(i) + " taken " + std::string(120, 'x'));
    AddAttribute("order.id", std::to_string(i), record->mutable_attributes());
    AddAttribute("http.method", "POST", record->mutable_attributes());
    AddAttribute("region", "eu-central-1", record->mutable_attributes());
  }
  return request;
}

int Run(const Flags& flags) {
  const ExportLogsServiceRequest request = MakeRequest(flags);
  const auto channel = grpc::CreateChannel(flags.collector, grpc::InsecureChannelCredentials());
  std::atomic<int64_t> left = flags.records / flags.batch;
  std::atomic<bool> failed = false;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  threads.reserve(static_cast<size_t>(flags.threads));
  for (int i = 0; i < flags.threads; ++i) {
    threads.emplace_back([&] {
      const auto stub = LogsService::NewStub(channel);
      while (left.fetch_sub(1) > 0 && !failed) {
        grpc::ClientContext context;
        ExportLogsServiceResponse response;
        const grpc::Status status = stub->Export(&context, request, &response);
        if (status.ok() && response.partial_success().rejected_log_records() == 0) continue;
        std::fprintf(stderr, "not taken: %s\n", status.error_message().c_str());
        failed = true;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("%.3f\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  sluice::Flags flags;
  CLI::App app("Logs over OTLP, as fast as they are taken");
  app.add_option("--collector", flags.collector);
  app.add_option("--service", flags.service);
  app.add_option("--records", flags.records);
  app.add_option("--batch", flags.batch, "Records in a request");
  app.add_option("--threads", flags.threads);
  CLI11_PARSE(app, argc, argv);
  return sluice::Run(flags);
}
