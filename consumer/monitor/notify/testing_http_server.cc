#include "consumer/monitor/notify/testing_http_server.h"

#include <utility>

#include "base/strings.h"

namespace sluice::monitor {

std::string ReceivedRequest::Header(const std::string& name) const {
  const auto at = headers.find(name);
  return at == headers.end() ? "" : at->second;
}

TestingHttpServer::TestingHttpServer() {
  const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
    Handle(request, response);
  };
  server_.Post(".*", handle);
  server_.Get("/started", [](const httplib::Request&, httplib::Response&) {});
  port_ = server_.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
  // A server that does not run yet does not stop, either.
  httplib::Client("127.0.0.1", port_).Get("/started");
}

TestingHttpServer::~TestingHttpServer() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.SignalAll();
  }
  server_.stop();
  thread_.join();
}

std::string TestingHttpServer::Url(const std::string& path) const { return StrCat("http://127.0.0.1:", port_, path); }

void TestingHttpServer::Answer(std::vector<int> statuses) {
  MutexLock lock(&mutex_);
  answers_ = std::move(statuses);
}

void TestingHttpServer::Handle(const httplib::Request& request, httplib::Response& response) {
  MutexLock lock(&mutex_);
  received_.push_back({.path = request.path, .body = request.body, .headers = request.headers});
  changed_.SignalAll();
  response.status = 200;
  if (answers_.empty()) return;
  response.status = answers_.front();
  answers_.erase(answers_.begin());
  if (response.status != kHang) return;
  while (!stopping_) changed_.Wait(&mutex_);
  response.status = 200;
}

std::vector<ReceivedRequest> TestingHttpServer::WaitFor(size_t count) {
  MutexLock lock(&mutex_);
  while (received_.size() < count) changed_.Wait(&mutex_);
  return received_;
}

}  // namespace sluice::monitor
