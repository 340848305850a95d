// How many records a second come through the client library: a server in a process of its own sends one prebuilt batch
// of about 1 MiB again and again, as a collector that serves from memory would; the client looks at every record.
//
//   bazel run //bench:micro_client [-- MESSAGES]
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "consumer/client/client.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "sluice/v1/log_service.grpc.pb.h"

namespace {

namespace v1 = sluice::v1;

constexpr size_t kBatchBytes = 1 << 20;
constexpr size_t kLineBytes = 228;

grpc::ByteBuffer MakeMessage() {
  v1::SubscribeResponse response;
  v1::LogBatch* batch = response.mutable_batch();
  batch->set_topic("shop");
  batch->set_agent("web-1");
  batch->set_host("web-1");
  batch->set_path("/var/log/shop/shop.json");
  for (size_t bytes = 0; bytes < kBatchBytes; bytes += kLineBytes + 30) {
    v1::LogRecord* record = batch->add_records();
    record->set_time_unix_nano(1'700'000'000'000'000'000 + bytes);
    record->set_severity(v1::SEVERITY_INFO);
    record->set_severity_text("info");
    record->set_body(std::string(kLineBytes, 'x'));
    record->set_offset(bytes);
  }
  response.set_cursor("cursor-of-a-realistic-length-0001");
  grpc::Slice slice(response.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

class Sender final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  Sender(const grpc::ByteBuffer& message, size_t count) : message_(message), left_(count) { Send(); }

  void OnWriteDone(bool ok) override { ok ? Send() : Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }

 private:
  void Send() {
    if (left_-- == 0) return Finish(grpc::Status::OK);
    StartWrite(&message_);
  }

  grpc::ByteBuffer message_;
  size_t left_;
};

class Service final : public v1::LogService::WithRawCallbackMethod_Subscribe<v1::LogService::Service> {
 public:
  explicit Service(size_t messages) : messages_(messages) {}
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext*,
                                                        const grpc::ByteBuffer*) override {
    return new Sender(message_, messages_);
  }

 private:
  const grpc::ByteBuffer message_ = MakeMessage();
  const size_t messages_;
};

// Serves until its standard input, a pipe from the client, is closed.
int Serve(size_t messages, int port_pipe, int end_pipe) {
  Service service(messages);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (write(port_pipe, &port, sizeof port) != sizeof port) return 1;
  char byte;
  (void)!read(end_pipe, &byte, 1);
  server->Shutdown(absl::ToChronoTime(absl::Now()));
  return 0;
}

double CpuSeconds(int who) {
  rusage usage;
  getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int Read(int port) {
  auto client = sluice::client::Client::Create({.address = absl::StrCat("127.0.0.1:", port)});
  if (!client.ok()) return 1;
  auto subscription = (*client)->Subscribe({});
  uint64_t records = 0;
  uint64_t bytes = 0;
  uint64_t offsets = 0;
  absl::Time begin = absl::Now();
  for (const sluice::client::Event& event : *subscription) {
    if (event.batch() == nullptr) continue;
    for (const sluice::client::RecordView& record : event.batch()->records()) {
      ++records;
      bytes += record.line().size();
      offsets += record.offset();
    }
  }
  double wall = absl::ToDoubleSeconds(absl::Now() - begin);
  if (!subscription->status().ok()) {
    std::fprintf(stderr, "%s\n", subscription->status().ToString().c_str());
    return 1;
  }
  double cpu = CpuSeconds(RUSAGE_SELF);
  double million = static_cast<double>(records) / 1e6;
  std::printf("%.1f M records of %zu B (checksum %llu): %.2f s, %.2f M records/s, %.0f MB/s\n", million, kLineBytes,
              static_cast<unsigned long long>(offsets), wall, million / wall, static_cast<double>(bytes) / wall / 1e6);
  std::printf("client: %.2f s of CPU, %.3f us a record\n", cpu, cpu / million);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 2000;
  int port_pipe[2];
  int end_pipe[2];
  if (pipe(port_pipe) != 0 || pipe(end_pipe) != 0) return 1;
  const pid_t server = fork();  // before gRPC has threads
  if (server == 0) {
    close(end_pipe[1]);
    std::_Exit(Serve(messages, port_pipe[1], end_pipe[0]));
  }
  int port = 0;
  if (read(port_pipe[0], &port, sizeof port) != sizeof port) return 1;
  int code = Read(port);
  close(end_pipe[1]);
  waitpid(server, nullptr, 0);
  if (code == 0) std::printf("server: %.2f s of CPU\n", CpuSeconds(RUSAGE_CHILDREN));
  return code;
}
