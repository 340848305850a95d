#include "base/http_server.h"

#include <httplib.h>
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
#include "base/http_anteroom.h"
#include "base/http_stream.h"
#include "base/listen.h"
#include "base/mutex.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr size_t kThreads = 2;                               // besides those for POST
constexpr size_t kWaitingMax = 16;                           // connections that no thread has time for yet
constexpr int kBacklog = 128;                                // connections in the kernel
constexpr absl::Duration kTimeout = absl::Seconds(5);        // for a request's header, and of a pause in what follows
constexpr absl::Duration kWriteTimeout = absl::Seconds(10);  // for all of an answer
constexpr size_t kRequestBytesMax = 64 << 10;                // without POST
constexpr absl::Duration kBodyTimeout = absl::Seconds(30);
// So much of a body that is too large is read all the same, for whoever still sends does not read an answer.
constexpr size_t kDiscardedBytesMax = 64 << 20;

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr char kPrometheusText[] = "text/plain; version=0.0.4";

// Threads that serve connections, and a queue that makes whoever adds to it wait when it is full.
class Servers {
 public:
  Servers(size_t threads, std::function<void(int socket)> serve) : serve_(std::move(serve)) {
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  }

  void Add(int socket) {
    MutexLock lock(&mutex_);
    while (sockets_.size() >= kWaitingMax) room_.Wait(&mutex_);
    sockets_.push_back(socket);
    work_.Signal();
  }

  // Finishes what was added.
  void Stop() {
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
      int socket;
      {
        MutexLock lock(&mutex_);
        while (sockets_.empty() && !stopping_) work_.Wait(&mutex_);
        if (sockets_.empty()) return;
        socket = sockets_.front();
        sockets_.pop_front();
        room_.Signal();
      }
      serve_(socket);
    }
  }

  const std::function<void(int socket)> serve_;
  Mutex mutex_;
  CondVar work_;
  CondVar room_;
  std::deque<int> sockets_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// httplib's server, but that connections wait for their header in an anteroom, and are read and written within a time.
class TimedServer final : public httplib::Server {
 public:
  // `threads` serve; `is_post`: whether a request has a body that is awaited. Serving begins with listening.
  void Prepare(size_t threads, std::function<bool(const httplib::Request&)> is_post) {
    is_post_ = std::move(is_post);
    new_task_queue = [this, threads] { return new Accepted(this, threads); };
  }
  // Of connections that are not accepted yet, httplib lets five wait: with a sixth the client tries again a second
  // later.
  void LetMoreWait() { ::listen(svr_sock_, kBacklog); }
  // Returns when connections are accepted; before, stop() would be lost.
  void WaitUntilAccepting() { accepting_.WaitForNotification(); }

 private:
  // httplib hands over each connection as a task, which is done at once on the thread that accepts: it calls
  // process_and_close_socket.
  class Accepted final : public httplib::TaskQueue {
   public:
    Accepted(TimedServer* server, size_t threads) : server_(server) {
      server->servers_ = std::make_unique<Servers>(threads, [server](int socket) { server->Serve(socket); });
      server->anteroom_ = std::make_unique<HttpAnteroom>(HttpAnteroom::Options{.patience = kTimeout},
                                                         [server](int socket) { server->servers_->Add(socket); });
      server->accepting_.Notify();
    }
    void enqueue(std::function<void()> task) override { task(); }
    void shutdown() override {
      server_->anteroom_->Stop();
      server_->servers_->Stop();
    }

   private:
    TimedServer* const server_;
  };

  bool process_and_close_socket(socket_t socket) override {
    anteroom_->Admit(socket);
    return true;
  }

  void Serve(int socket) {
    HttpStream stream(socket, kTimeout, kWriteTimeout, kTimeout);
    bool closed = false;
    process_request(stream, /*close_connection=*/true, closed, [&](const httplib::Request& request) {
      if (is_post_(request)) stream.AllowReading(kBodyTimeout + kTimeout);
    });
    ::shutdown(socket, SHUT_RDWR);
    close(socket);
  }

  std::function<bool(const httplib::Request&)> is_post_;
  absl::Notification accepting_;
  std::unique_ptr<Servers> servers_;
  std::unique_ptr<HttpAnteroom> anteroom_;
};

// Why nothing can listen there, since httplib does not say: asks the system once more.
absl::Status WhyNoListening(const HostPort& address) {
  const std::string where = address.ToString();
  const absl::StatusOr<int> error = BindError(address);
  if (!error.ok()) {
    return Unavailable(where, ": ", error.status().message(), ": choose another address with --http-address");
  }
  const int cause = *error != 0 ? *error : EADDRINUSE;  // it was, if binding succeeds now
  const std::string reason = std::strerror(cause);
  if (cause == EADDRINUSE) {
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
  TimedServer server_;
  uint16_t port_ = 0;
  std::atomic<size_t> posts_ = 0;  // under way
  Mutex mutex_;
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

absl::Status HttpServer::Impl::Start() {
  const size_t threads = kThreads + (options_.posts.empty() ? 0 : options_.posts_max);
  server_.Prepare(threads, [this](const httplib::Request& request) {
    return request.method == "POST" && FindPost(options_.posts, request.path) != nullptr;
  });
  server_.set_socket_options(SetSocketOptions);
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
    if (options_.await_port) AwaitPort(address);
    if (!server_.bind_to_port(address.host, address.port)) return WhyNoListening(address);
    port_ = address.port;
  }
  server_.LetMoreWait();
  std::thread thread([this] { server_.listen_after_bind(); });
  server_.WaitUntilAccepting();
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
