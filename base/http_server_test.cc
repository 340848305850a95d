#include "base/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/strings.h"

namespace sluice {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection of which the test decides every byte.
class RawClient {
 public:
  // `receive_bytes`: what it takes without being read; 0: as the system likes.
  explicit RawClient(uint16_t port, int receive_bytes = 0) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_bytes > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void Send(std::string_view bytes) {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), bytes.size());
  }
  // All until the server closes the connection.
  std::string ReadAll() {
    std::string all;
    char buffer[4096];
    for (ssize_t size; (size = recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<size_t>(size));
    }
    return all;
  }

 private:
  const int socket_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  std::unique_ptr<HttpServer> Start() {
    absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start({
        .address = {.host = "127.0.0.1", .port = 0},
        .registry = &registry_,
        .ready = [this] { return ready_; },
    });
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  prometheus::Registry registry_;
  absl::Status ready_;
};

TEST_F(HttpServerTest, ServesMetricsAsPrometheusReadsThem) {
  auto& family = prometheus::BuildCounter().Name("sluice_test_total").Help("Counts.").Register(registry_);
  family.Add({{"topic", "a"}}).Increment(3);
  const auto server = Start();
  const httplib::Result page = httplib::Client("127.0.0.1", server->port()).Get("/metrics");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/plain; version=0.0.4");
  EXPECT_EQ(page->body,
            "# HELP sluice_test_total Counts.\n# TYPE sluice_test_total counter\nsluice_test_total{topic=\"a\"} 3\n");
}

TEST_F(HttpServerTest, TellsHealthAndReadiness) {
  const auto server = Start();
  httplib::Client client("127.0.0.1", server->port());
  EXPECT_EQ(client.Get("/healthz")->body, "ok\n");
  EXPECT_EQ(client.Get("/readyz")->body, "ok\n");
  ready_ = absl::ResourceExhaustedError("disk full: 12 MiB free");
  const httplib::Result page = client.Get("/readyz");
  EXPECT_EQ(page->status, 503);
  EXPECT_EQ(page->body, "disk full: 12 MiB free\n");
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, SaysWhatThereIsInsteadOfAnUnknownPage) {
  const auto server = Start();
  const httplib::Result page = httplib::Client("127.0.0.1", server->port()).Get("/metric");
  EXPECT_EQ(page->status, 404);
  EXPECT_EQ(page->body, "no page \"/metric\"; there are /metrics, /healthz and /readyz\n");
}

TEST_F(HttpServerTest, AnswersGetAndHeadOnly) {
  const auto server = Start();
  httplib::Client client("127.0.0.1", server->port());
  const httplib::Result head = client.Head("/healthz");
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
  const httplib::Result post = client.Post("/metrics", "body", "text/plain");
  EXPECT_EQ(post->status, 405);
  EXPECT_EQ(post->get_header_value("Allow"), "GET, HEAD");
  EXPECT_EQ(post->body, "POST is not allowed here; use GET\n");
}

TEST_F(HttpServerTest, SurvivesWhatIsNoHttp) {
  const auto server = Start();
  const std::string hostile[] = {
      "\r\n\r\n",
      std::string(10, '\0'),
      "GET\r\n\r\n",
      "GET /metrics\r\n\r\n",
      "\x16\x03\x01\x02",
      StrCat("GET /", std::string(20'000, 'a'), " HTTP/1.1\r\n\r\n"),
      StrCat("GET /healthz HTTP/1.1\r\nX: ", std::string(20'000, 'a'), "\r\n\r\n"),
      "POST /healthz HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "GET /metrics HTTP/1.1\r\nRange: bytes=5-1,-0,99999999999999999999-\r\n\r\n",
      "GET /%00%ff%zz/../../etc/passwd HTTP/1.1\r\n\r\n",
  };
  for (const std::string& bytes : hostile) {
    RawClient client(server->port());
    client.Send(bytes);
  }
  EXPECT_EQ(httplib::Client("127.0.0.1", server->port()).Get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, WhoIsSlowWithAHeaderOrNeverSendsOneKeepsNobodyFromAnAnswer) {
  const auto server = Start();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(std::make_unique<RawClient>(server->port()));
    if (i % 3 == 1) slow.back()->Send("G");
    if (i % 3 == 2) slow.back()->Send("GET /healthz HTTP/1.1\r\nX-Slow: ");
  }
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 20; ++i) {
    for (size_t at = 2; at < slow.size(); at += 3) slow[at]->Send("x");  // drop by drop
    EXPECT_EQ(httplib::Client("127.0.0.1", server->port()).Get("/healthz")->status, 200);
  }
  EXPECT_LT(absl::Now() - begin, absl::Seconds(4)) << "it waited until the slow ones were closed";
  // One that is slow, and not too slow, is answered.
  slow.back()->Send("\r\n\r\n");
  EXPECT_THAT(slow.back()->ReadAll(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(slow.front()->ReadAll(), "");  // when its time is over
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

TEST_F(HttpServerTest, OfTooManyThatWaitTheOldestIsClosed) {
  const auto server = Start();
  std::vector<std::unique_ptr<RawClient>> slow;
  slow.reserve(600);
  for (int i = 0; i < 600; ++i) slow.push_back(std::make_unique<RawClient>(server->port()));
  const absl::Time begin = absl::Now();
  EXPECT_EQ(slow.front()->ReadAll(), "");
  EXPECT_LT(absl::Now() - begin, absl::Seconds(4)) << "its time was over, not its place taken";
  slow.back()->Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(slow.back()->ReadAll(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(HttpServerTest, AnAnswerThatIsNotTakenEnds) {
  auto& family = prometheus::BuildCounter().Name("sluice_test_total").Help("Counts.").Register(registry_);
  for (int i = 0; i < 30'000; ++i) family.Add({{"number", StrCat(i, std::string(500, 'x'))}});
  const auto server = Start();
  std::vector<std::unique_ptr<RawClient>> deaf;
  for (int i = 0; i < 2; ++i) {  // one for each thread
    deaf.push_back(std::make_unique<RawClient>(server->port(), /*receive_bytes=*/4096));
    deaf.back()->Send("GET /metrics HTTP/1.1\r\n\r\n");
  }
  httplib::Client client("127.0.0.1", server->port());
  client.set_read_timeout(60);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST_F(HttpServerTest, ClosesTheConnectionAfterEachAnswer) {
  const auto server = Start();
  RawClient client(server->port());
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Connection: close\r\n")));
}

TEST_F(HttpServerTest, AnswersManyAtOnce) {
  const auto server = Start();
  std::atomic<int> answered = 0;
  std::vector<std::thread> clients;
  clients.reserve(8);
  for (int t = 0; t < 8; ++t) {
    clients.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const httplib::Result page = httplib::Client("127.0.0.1", server->port()).Get("/metrics");
        if (page && page->status == 200) ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 160);
}

TEST_F(HttpServerTest, APortInUseIsAnErrorThatSaysWhatToDo) {
  const auto server = Start();
  const absl::Status status =
      HttpServer::Start(
          {.address = {.host = "127.0.0.1", .port = server->port()}, .registry = nullptr, .ready = nullptr})
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), StrCat("127.0.0.1:", server->port(),
                                     ": port in use (Address already in use): stop the other program or choose another "
                                     "address with --http-address"));
}

TEST_F(HttpServerTest, AnAddressOfAnotherMachineIsAnError) {
  const absl::Status status =
      HttpServer::Start({.address = {.host = "192.0.2.1", .port = 1}, .registry = nullptr, .ready = nullptr}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(),
            "192.0.2.1:1: cannot listen (Cannot assign requested address): choose another address with --http-address");
}

TEST_F(HttpServerTest, ThePortIsFreeAgainAfterStop) {
  auto server = Start();
  const uint16_t port = server->port();
  ASSERT_EQ(httplib::Client("127.0.0.1", port).Get("/healthz")->status, 200);
  server->Stop();
  server->Stop();  // does nothing
  EXPECT_FALSE(httplib::Client("127.0.0.1", port).Get("/healthz"));
  const auto again =
      HttpServer::Start({.address = {.host = "127.0.0.1", .port = port}, .registry = nullptr, .ready = nullptr});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->port(), port);
  EXPECT_EQ(httplib::Client("127.0.0.1", port).Get("/readyz")->status, 200);
  EXPECT_EQ(httplib::Client("127.0.0.1", port).Get("/metrics")->body, "");
}

// A server that gives back what is posted to /echo.
class HttpPostTest : public HttpServerTest {
 protected:
  static constexpr size_t kBytesMax = 1000;

  void StartEcho(std::function<void()> before = [] {}) {
    server_ =
        *HttpServer::Start({.address = {.host = "127.0.0.1", .port = 0},
                            .registry = &registry_,
                            .ready = nullptr,
                            .posts = {{.path = "/echo",
                                       .body_bytes_max = kBytesMax,
                                       .handle =
                                           [before](const HttpRequest& request) {
                                             before();
                                             return HttpResponse{.status = 202,
                                                                 .content_type = "text/plain",
                                                                 .body = request.content_type + ":" + request.body,
                                                                 .headers = {{"X-Test", "1"}}};
                                           }}},
                            .posts_max = 2});
  }
  httplib::Result Post(const std::string& body, const httplib::Headers& headers = {}) {
    return httplib::Client("127.0.0.1", server_->port()).Post("/echo", headers, body, "application/json");
  }

  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpPostTest, GivesTheBodyToTheHandler) {
  StartEcho();
  const httplib::Result page = Post("{}");
  EXPECT_EQ(page->status, 202);
  EXPECT_EQ(page->body, "application/json:{}");
  EXPECT_EQ(page->get_header_value("X-Test"), "1");
  EXPECT_THAT(httplib::Client("127.0.0.1", server_->port()).Get("/x")->body,
              HasSubstr("/metrics, /healthz, /readyz and /echo"));
}

TEST_F(HttpPostTest, OtherMethodsAreNotAllowed) {
  StartEcho();
  const httplib::Result page = httplib::Client("127.0.0.1", server_->port()).Get("/echo");
  EXPECT_EQ(page->status, 405);
  EXPECT_EQ(page->get_header_value("Allow"), "POST");
  EXPECT_EQ(page->body, "{\"error\":\"GET is not allowed here; use POST\"}\n");
}

TEST_F(HttpPostTest, ABodyMayBeCompressedAndIsBoundedAfterwards) {
  StartEcho();
  httplib::Client client("127.0.0.1", server_->port());
  client.set_compress(true);
  EXPECT_EQ(client.Post("/echo", std::string(kBytesMax, 'x'), "a")->status, 202);
  EXPECT_EQ(client.Post("/echo", std::string(kBytesMax + 1, 'x'), "a")->status, 413);
  EXPECT_EQ(client.Post("/echo", std::string(10'000'000, 'x'), "a")->status, 413);
  EXPECT_EQ(Post("{}", {{"Content-Encoding", "gzip"}})->status, 400);
  const httplib::Result page = Post("{}", {{"Content-Encoding", "zstd"}});
  EXPECT_EQ(page->status, 415);
  EXPECT_THAT(page->body, HasSubstr("use gzip, or none"));
}

TEST_F(HttpPostTest, ABodyThatIsTooLargeIsRefused) {
  StartEcho();
  EXPECT_EQ(Post(std::string(kBytesMax, 'x'))->status, 202);
  EXPECT_EQ(Post(std::string(kBytesMax + 1, 'x'))->status, 413);
  EXPECT_EQ(Post(std::string(1 << 20, 'x'))->status, 413);
  // In chunks, with no length said before.
  RawClient client(server_->port());
  client.Send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Send(StrCat("7d0\r\n", std::string(2000, 'x'), "\r\n0\r\n\r\n"));
  EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 413"));
}

TEST_F(HttpPostTest, SlowSendersKeepNobodyFromMetrics) {
  StartEcho();
  std::vector<std::unique_ptr<RawClient>> slow;
  int status = 0;
  while (status != 503) {  // until so many have their threads as may
    slow.push_back(std::make_unique<RawClient>(server_->port()));
    slow.back()->Send("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nx");
    status = Post("x")->status;
  }
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(httplib::Client("127.0.0.1", server_->port()).Get("/metrics")->status, 200);
  }
  EXPECT_EQ(Post("x")->get_header_value("Retry-After"), "1");
  slow[0]->Send("123456789");
  EXPECT_THAT(slow[0]->ReadAll(), StartsWith("HTTP/1.1 202"));
}

TEST_F(HttpServerTest, StartsAndStopsAgainAndAgain) {
  for (int i = 0; i < 50; ++i) Start()->Stop();
}

}  // namespace
}  // namespace sluice
