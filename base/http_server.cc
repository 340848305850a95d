#include "base/http_server.h"

#include <httplib.h>
#include <netdb.h>
#include <prometheus/text_serializer.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr size_t kThreads = 2;                 // besides those for POST
constexpr size_t kWaitingMax = 16;             // connections that no thread has time for yet
constexpr time_t kTimeoutSeconds = 5;          // of a request's reading and of its writing
constexpr size_t kRequestBytesMax = 64 << 10;  // without POST
constexpr absl::Duration kBodyTimeout = absl::Seconds(30);
// So much of a body that is too large is read all the same, for whoever still sends does not read an answer.
constexpr size_t kDiscardedBytesMax = 64 << 20;

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4";

// Some threads, and a queue that makes the accepting thread wait when it is full: then connections wait in the kernel.
class BoundedThreads final : public httplib::TaskQueue {
 public:
  // `on_start` is called when the server accepts connections, or Stop would be lost.
  BoundedThreads(size_t threads, const std::function<void()>& on_start) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
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

const HttpPost* FindPost(const std::vector<HttpPost>& posts, std::string_view path) {
  for (const HttpPost& post : posts) {
    if (post.path == path) return &post;
  }
  return nullptr;
}

void Fill(const HttpResponse& from, httplib::Response* to) {
  to->status = from.status;
  for (const auto& [name, value] : from.headers) to->set_header(name, value);
  to->set_content(from.body, from.content_type);
}

// Why there is no body; httplib has decompressed it and noted in `response` what it does not like.
std::optional<HttpResponse> ReadBody(size_t bytes_max, const httplib::Request& request,
                                     const httplib::ContentReader& reader, const httplib::Response& response,
                                     std::string* body) {
  const std::string encoding = request.get_header_value("Content-Encoding");
  if (!encoding.empty() && encoding != "gzip" && encoding != "identity") {
    return HttpError(415, StrCat("Content-Encoding ", Quoted(encoding), " is not understood; use gzip, or none"));
  }
  const Clock* clock = SystemClock();
  const int64_t deadline = clock->MonotonicNanos() + absl::ToInt64Nanoseconds(kBodyTimeout);
  size_t bytes = 0;
  bool late = false;
  const bool complete = reader([&](const char* data, size_t size) {
    late = clock->MonotonicNanos() > deadline;
    bytes += size;
    if (bytes <= bytes_max) body->append(data, size);
    return !late && bytes <= bytes_max + kDiscardedBytesMax;
  });
  if (bytes > bytes_max || response.status == 413) {
    return HttpError(413, StrCat("the body has more than ", bytes_max, " bytes: send less at a time"));
  }
  if (late) return HttpError(408, "the body did not come in time");
  if (complete) return std::nullopt;
  return HttpError(400, encoding == "gzip" ? "the body broke off, or is no gzip" : "the body broke off");
}

}  // namespace

HttpResponse HttpError(int status, std::string_view error) {
  HttpResponse response{.status = status, .body = {}};
  response.body = "{\"error\":";
  AppendJsonString(error, &response.body);
  response.body += "}\n";
  return response;
}

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
  std::string Pages() const;
  void Post(const HttpPost& post, const httplib::Request& request, const httplib::ContentReader& reader,
            httplib::Response* response);

  const Options options_;
  httplib::Server server_;
  uint16_t port_ = 0;
  absl::Notification accepting_;
  std::atomic<size_t> posts_ = 0;  // under way
  Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

absl::Status HttpServer::Impl::Start() {
  const size_t threads = kThreads + (options_.posts.empty() ? 0 : options_.posts_max);
  server_.new_task_queue = [this, threads] { return new BoundedThreads(threads, [this] { accepting_.Notify(); }); };
  server_.set_socket_options(SetSocketOptions);
  // A connection that stays open would keep one of the two threads; a scrape every few seconds does not need it.
  server_.set_keep_alive_max_count(1);
  server_.set_keep_alive_timeout(kTimeoutSeconds);
  server_.set_read_timeout(kTimeoutSeconds);
  server_.set_write_timeout(kTimeoutSeconds);
  size_t bytes_max = kRequestBytesMax;
  for (const HttpPost& post : options_.posts) {
    bytes_max = std::max(bytes_max, post.body_bytes_max);
    server_.Post(post.path,
                 [this, &post](const httplib::Request& request, httplib::Response& response,
                               const httplib::ContentReader& reader) { Post(post, request, reader, &response); });
  }
  server_.set_payload_max_length(bytes_max);
  server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    const bool is_post = FindPost(options_.posts, request.path) != nullptr;
    if (is_post && request.method == "POST") return httplib::Server::HandlerResponse::Unhandled;
    if (is_post) {
      Fill(HttpError(405, StrCat(request.method, " is not allowed here; use POST")), &response);
      response.set_header("Allow", "POST");
    } else {
      Answer(request, &response);
    }
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
    response->set_content(StrCat("no page ", Quoted(request.path), "; there are ", Pages(), "\n"), kText);
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

std::string HttpServer::Impl::Pages() const {
  if (options_.posts.empty()) return "/metrics, /healthz and /readyz";
  std::string pages = "/metrics, /healthz, /readyz";
  for (const HttpPost& post : options_.posts) {
    StrAppend(&pages, &post == &options_.posts.back() ? " and " : ", ", post.path);
  }
  return pages;
}

// On a thread of the server's; the body is still on its way.
void HttpServer::Impl::Post(const HttpPost& post, const httplib::Request& request, const httplib::ContentReader& reader,
                            httplib::Response* response) {
  if (posts_.fetch_add(1) >= options_.posts_max) {
    HttpResponse busy = HttpError(503, "too many requests are under way; try again later");
    busy.headers.emplace_back("Retry-After", "1");
    Fill(busy, response);
  } else {
    HttpRequest parsed;
    parsed.content_type = request.get_header_value("Content-Type");
    std::optional<HttpResponse> error = ReadBody(post.body_bytes_max, request, reader, *response, &parsed.body);
    Fill(error.has_value() ? *error : post.handle(parsed), response);
  }
  posts_.fetch_sub(1);
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
