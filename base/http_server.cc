#include "base/http_server.h"

#include <httplib.h>
#include <netdb.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr size_t kThreads = 2;
constexpr size_t kWaitingMax = 16;     // connections that no thread has time for yet
constexpr time_t kTimeoutSeconds = 5;  // of a request's reading and of its writing
constexpr size_t kRequestBytesMax = 64 << 10;

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4";

// Two threads, and a queue that makes the accepting thread wait when it is full: then connections wait in the kernel.
class BoundedThreads final : public httplib::TaskQueue {
 public:
  // `on_start` is called when the server accepts connections, or Stop would be lost.
  explicit BoundedThreads(const std::function<void()>& on_start) {
    for (size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
    on_start();
  }

  void enqueue(std::function<void()> task) override {
    MutexLock lock(&mutex_);
    while (tasks_.size() >= kWaitingMax) room_.Wait(&mutex_);
    tasks_.push_back(std::move(task));
    work_.Signal();
  }

  // Finishes what was accepted.
  void shutdown() override {
    {
      MutexLock lock(&mutex_);
      stopping_ = true;
      work_.SignalAll();
    }
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Run() {
    while (true) {
      std::function<void()> task;
      {
        MutexLock lock(&mutex_);
        while (tasks_.empty() && !stopping_) work_.Wait(&mutex_);
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
        room_.Signal();
      }
      task();
    }
  }

  Mutex mutex_;
  CondVar work_;
  CondVar room_;
  std::deque<std::function<void()>> tasks_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// Why nothing can listen there, since httplib does not say: asks the system once more.
absl::Status WhyNoListening(const HostPort& address) {
  const std::string where = address.ToString();
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int resolved = getaddrinfo(address.host.c_str(), StrCat(address.port).c_str(), &hints, &found);
  if (resolved != 0) {
    return Unavailable(where, ": cannot resolve the host (", gai_strerror(resolved),
                       "): choose another address with --http-address");
  }
  int error = EADDRINUSE;  // it was, if binding succeeds now
  const int probe = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  if (probe < 0 || bind(probe, found->ai_addr, found->ai_addrlen) != 0) error = errno;
  if (probe >= 0) close(probe);
  freeaddrinfo(found);
  const std::string reason = std::strerror(error);
  if (error == EADDRINUSE) {
    return Unavailable(where, ": port in use (", reason,
                       "): stop the other program or choose another address with --http-address");
  }
  return Unavailable(where, ": cannot listen (", reason, "): choose another address with --http-address");
}

// No SO_REUSEPORT, which httplib would set: with it two programs share a port and nobody notices.
void SetSocketOptions(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace

class HttpServer::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {}
  ~Impl() { Stop(); }

  absl::Status Start();
  void Stop();
  uint16_t port() const { return port_; }

 private:
  void Answer(const httplib::Request& request, httplib::Response* response) const;
  void AnswerMetrics(httplib::Response* response) const;
  void AnswerReady(httplib::Response* response) const;

  const Options options_;
  httplib::Server server_;
  uint16_t port_ = 0;
  absl::Notification accepting_;
  Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

absl::Status HttpServer::Impl::Start() {
  server_.new_task_queue = [this] { return new BoundedThreads([this] { accepting_.Notify(); }); };
  server_.set_socket_options(SetSocketOptions);
  // A connection that stays open would keep one of the two threads; a scrape every few seconds does not need it.
  server_.set_keep_alive_max_count(1);
  server_.set_keep_alive_timeout(kTimeoutSeconds);
  server_.set_read_timeout(kTimeoutSeconds);
  server_.set_write_timeout(kTimeoutSeconds);
  server_.set_payload_max_length(kRequestBytesMax);
  server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    Answer(request, &response);
    return httplib::Server::HandlerResponse::Handled;
  });
  const HostPort& address = options_.address;
  if (address.port == 0) {
    const int port = server_.bind_to_any_port(address.host);
    if (port < 0) return WhyNoListening(address);
    port_ = static_cast<uint16_t>(port);
  } else {
    if (!server_.bind_to_port(address.host, address.port)) return WhyNoListening(address);
    port_ = address.port;
  }
  std::thread thread([this] { server_.listen_after_bind(); });
  accepting_.WaitForNotification();
  MutexLock lock(&mutex_);
  thread_ = std::move(thread);
  return absl::OkStatus();
}

void HttpServer::Impl::Stop() {
  std::thread thread;
  {
    MutexLock lock(&mutex_);
    thread = std::move(thread_);
  }
  if (!thread.joinable()) return;
  server_.stop();
  thread.join();
}

void HttpServer::Impl::Answer(const httplib::Request& request, httplib::Response* response) const {
  const bool known = request.path == "/metrics" || request.path == "/healthz" || request.path == "/readyz";
  if (!known) {
    response->status = 404;
    response->set_content(StrCat("no page ", Quoted(request.path), "; there are /metrics, /healthz and /readyz\n"),
                          kText);
  } else if (request.method != "GET" && request.method != "HEAD") {
    response->status = 405;
    response->set_header("Allow", "GET, HEAD");
    response->set_content(StrCat(request.method, " is not allowed here; use GET\n"), kText);
  } else if (request.path == "/metrics") {
    AnswerMetrics(response);
  } else if (request.path == "/healthz") {
    response->status = 200;
    response->set_content("ok\n", kText);
  } else {
    AnswerReady(response);
  }
}

void HttpServer::Impl::AnswerMetrics(httplib::Response* response) const {
  std::ostringstream out;
  if (options_.registry != nullptr) prometheus::TextSerializer().Serialize(out, options_.registry->Collect());
  response->status = 200;
  response->set_content(out.str(), kPrometheusText);
}

void HttpServer::Impl::AnswerReady(httplib::Response* response) const {
  const absl::Status status = options_.ready ? options_.ready() : absl::OkStatus();
  response->status = status.ok() ? 200 : 503;
  response->set_content(status.ok() ? "ok\n" : StrCat(status.message(), "\n"), kText);
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(Options options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  SLUICE_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::Stop() { impl_->Stop(); }

}  // namespace sluice
