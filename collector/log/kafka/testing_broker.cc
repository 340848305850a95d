#include "collector/log/kafka/testing_broker.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::collector::testing {
namespace {

// The first of five ports in a row that nobody uses.
int FreePorts() {
  for (int base = 20'000 + static_cast<int>(getpid() % 4'000) * 5;; base += 5) {
    bool free = true;
    for (int port = base; free && port < base + 5; ++port) {
      const int fd = socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<uint16_t>(port));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      free = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
      close(fd);
    }
    if (free) return base;
  }
}

std::string Run(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), size);
  EXPECT_EQ(pclose(pipe), 0) << command << "\n" << output;
  return output;
}

}  // namespace

Broker& Broker::Shared() {
  static Broker broker;
  return broker;
}

Broker::Broker() : directory_(::testing::TempDir() + StrCat("kafka-", getpid())), port_(FreePorts()) { Start(); }

Broker::~Broker() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void Broker::Start() { Run(StrCat("tools/kafka.sh start ", port_, " ", directory_, " </dev/null")); }
void Broker::Stop() { Run(StrCat("tools/kafka.sh stop ", directory_)); }

std::string Broker::address() const { return StrCat("127.0.0.1:", port_); }

std::string Broker::Admin(const std::string& tool_and_arguments) const {
  return Run(StrCat("tools/kafka.sh admin ", tool_and_arguments, " --bootstrap-server ", address()));
}

KafkaOptions Broker::NewLog() const {
  static std::atomic<int> next{0};
  KafkaOptions options;
  options.brokers = {address()};
  options.topic_prefix = StrCat("log", ++next, "-");
  options.properties["linger.ms"] = "1";
  return options;
}

}  // namespace sluice::collector::testing
