#include "base/http_client.h"

#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "base/strings.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "httplib.h"

namespace sluice {
namespace {

// A real server; `/hang` answers when it is stopped.
class HttpClientTest : public testing::Test {
 protected:
  HttpClientTest() {
    server_.Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.status = 201;
      response.set_header("Retry-After", "7");
      response.set_content(request.get_header_value("X-Name") + ":" + request.body, "text/plain");
    });
    server_.Post("/fail", [](const httplib::Request&, httplib::Response& response) { response.status = 503; });
    server_.Post("/large", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(std::string(1 << 20, 'x'), "text/plain");
    });
    server_.Post("/hang", [this](const httplib::Request&, httplib::Response&) {
      asked_.Notify();
      end_.WaitForNotification();
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~HttpClientTest() override {
    end_.Notify();
    server_.stop();
    thread_.join();
  }
  std::string Url(const std::string& path) const { return StrCat("http://127.0.0.1:", port_, path); }

  httplib::Server server_;
  int port_;
  absl::Notification asked_;
  absl::Notification end_;
  std::thread thread_;
};

TEST_F(HttpClientTest, PostsAndGivesTheAnswer) {
  absl::StatusOr<HttpResponse> response =
      HttpPost({.url = Url("/echo"), .body = "{}", .headers = {{"X-Name", "a b"}}}, nullptr);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body, "a b:{}");
  EXPECT_EQ(response->retry_after, "7");
  EXPECT_EQ(HttpPost({.url = Url("/fail"), .body = ""}, nullptr)->status, 503);
  EXPECT_EQ(HttpPost({.url = Url("/none"), .body = ""}, nullptr)->status, 404);
}

TEST_F(HttpClientTest, KeepsTheBeginningOfALargeBody) {
  EXPECT_EQ(HttpPost({.url = Url("/large"), .body = ""}, nullptr)->body.size(), size_t{64} << 10);
}

TEST_F(HttpClientTest, EndsInTime) {
  const absl::Status status =
      HttpPost({.url = Url("/hang"), .body = "x", .headers = {}, .timeout = absl::Milliseconds(50)}, nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(HttpPost({.url = "http://127.0.0.1:1/", .body = ""}, nullptr).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HttpClientTest, IsCancelled) {
  Cancellation cancellation;
  std::thread other([&] {
    asked_.WaitForNotification();
    cancellation.Cancel();
  });
  EXPECT_EQ(HttpPost({.url = Url("/hang"), .body = "x", .headers = {}, .timeout = absl::Hours(1)}, &cancellation)
                .status()
                .code(),
            absl::StatusCode::kCancelled);
  other.join();
}

TEST(HttpUrlTest, IsChecked) {
  for (const char* url : {"http://a.example/x?y", "https://a.example:8443", "http://[::1]:80/"}) {
    EXPECT_TRUE(CheckHttpUrl(url).ok()) << url;
  }
  for (const char* url : {"", "a.example", "ftp://a.example/", "http://", "http://a b/", "file:///etc/passwd"}) {
    EXPECT_FALSE(CheckHttpUrl(url).ok()) << url;
  }
}

}  // namespace
}  // namespace sluice
