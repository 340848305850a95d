// A real HTTP server in the test's process, that answers as it is told: at once, with an error, or not at all.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "httplib.h"

namespace sluice::monitor {

struct ReceivedRequest {
  std::string path;
  std::string body;
  httplib::Headers headers;
  std::string Header(const std::string& name) const;
};

// Thread-safe.
class TestingHttpServer {
 public:
  // An answer that never comes, as long as the server lives.
  static constexpr int kHang = 0;

  TestingHttpServer();
  ~TestingHttpServer();

  std::string Url(const std::string& path) const;
  // What the next requests are answered, one after the other; 200 behind these.
  void Answer(std::vector<int> statuses);
  // Waits until there were so many requests.
  std::vector<ReceivedRequest> WaitFor(size_t count);

 private:
  void Handle(const httplib::Request& request, httplib::Response& response);

  httplib::Server server_;
  int port_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<int> answers_ ABSL_GUARDED_BY(mutex_);
  std::vector<ReceivedRequest> received_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace sluice::monitor
