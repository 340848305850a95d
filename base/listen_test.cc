#include "base/listen.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice {
namespace {

// A socket that listens at a port that the system chose.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    listens_ = bind(socket_, any, size) == 0 && listen(socket_, 1) == 0 && getsockname(socket_, any, &size) == 0;
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { Close(); }

  bool listens() const { return listens_; }
  HostPort address() const { return {.host = "127.0.0.1", .port = port_}; }
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

 private:
  int socket_;
  uint16_t port_ = 0;
  bool listens_ = false;
};

TEST(ListenTest, APortIsTakenWhileSomebodyListens) {
  Listener listener;
  ASSERT_TRUE(listener.listens());
  EXPECT_EQ(*BindError(listener.address()), EADDRINUSE);
  listener.Close();
  EXPECT_EQ(*BindError(listener.address()), 0);
}

TEST(ListenTest, AnAddressOfAnotherMachineAndAHostThatIsNone) {
  EXPECT_EQ(*BindError({.host = "192.0.2.1", .port = 1}), EADDRNOTAVAIL);
  const absl::Status status = BindError({.host = "256.0.0.1.invalid", .port = 1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("cannot resolve the host ("));
}

TEST(ListenTest, AwaitsAPortThatIsAboutToBeFree) {
  Listener listener;
  ASSERT_TRUE(listener.listens());
  std::thread predecessor([&] {
    absl::SleepFor(absl::Milliseconds(100));
    listener.Close();
  });
  AwaitPort(listener.address());
  EXPECT_EQ(*BindError(listener.address()), 0);
  predecessor.join();
}

TEST(ListenTest, DoesNotAwaitOneForLong) {
  Listener listener;
  ASSERT_TRUE(listener.listens());
  const absl::Time begin = absl::Now();
  AwaitPort(listener.address());
  EXPECT_GE(absl::Now() - begin, absl::Seconds(2));
  EXPECT_EQ(*BindError(listener.address()), EADDRINUSE);
}

}  // namespace
}  // namespace sluice
