// From write(2) to a subscriber's hands: appends lines to a watched file at an even rate, each with the time of its
// write, and subscribes to them. Prints one JSON object, times in microseconds.
//
//   latency --file /logs/app/x.log --topic app --collector 127.0.0.1:7070 --rate 10000 --seconds 10
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "base/clock.h"
#include "consumer/client/client.h"

namespace sluice {
namespace {

constexpr std::string_view kStampKey = R"("written":)";
constexpr size_t kLineBytes = 229;

struct Flags {
  std::string collector = "127.0.0.1:7070";
  std::string file;
  std::string topic;
  int rate = 10000;
  int seconds = 10;
};

std::string MakeLine(int64_t written) {
  std::string line = R"({"level":"info",)" + std::string(kStampKey) + std::to_string(written) + R"(,"msg":")";
  line.append(kLineBytes - 3 - line.size(), 'x');
  return line + "\"}\n";
}

// Nanoseconds at which the line was written; 0 if it is none of ours.
int64_t WrittenAt(std::string_view line) {
  size_t at = line.find(kStampKey);
  if (at == std::string_view::npos) return 0;
  int64_t written = 0;
  std::from_chars(line.data() + at + kStampKey.size(), line.data() + line.size(), written);
  return written;
}

// Each line by a write of its own, at its own time.
bool WriteLines(const Flags& flags, int count) {
  prctl(PR_SET_TIMERSLACK, 1);
  int fd = open(flags.file.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
  if (fd < 0) return false;
  const auto begin = std::chrono::steady_clock::now();
  const std::chrono::nanoseconds interval(1'000'000'000 / flags.rate);
  for (int n = 0; n < count; ++n) {
    std::this_thread::sleep_until(begin + n * interval);
    std::string line = MakeLine(SystemClock()->MonotonicNanos());
    if (write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return false;
  }
  return close(fd) == 0;
}

void Print(std::vector<int64_t> nanos, int written) {
  std::sort(nanos.begin(), nanos.end());
  auto micros = [&nanos](double quantile) {
    return nanos.empty() ? 0.0 : static_cast<double>(nanos[static_cast<size_t>(quantile * (nanos.size() - 1))]) / 1e3;
  };
  std::printf(R"({"written":%d,"received":%zu,"p50":%.0f,"p90":%.0f,"p99":%.0f,"p999":%.0f,"max":%.0f})"
              "\n",
              written, nanos.size(), micros(0.5), micros(0.9), micros(0.99), micros(0.999), micros(1));
}

int Run(const Flags& flags) {
  auto client = client::Client::Create({.address = flags.collector});
  if (!client.ok()) {
    std::fprintf(stderr, "%s\n", client.status().ToString().c_str());
    return 1;
  }
  const int warm_up = flags.rate;  // a second
  const int count = flags.rate * flags.seconds + warm_up;
  std::vector<int64_t> nanos;
  nanos.reserve(count);
  auto listener = (*client)->Listen({.topics = {flags.topic},
                                     .start = client::Start::Beginning(),
                                     .follow = true,
                                     .limit = static_cast<uint64_t>(count),
                                     .deadline = absl::Now() + absl::Seconds(flags.seconds + 30)},
                                    [&nanos](const client::Event& event) {
                                      if (event.batch() == nullptr) return true;
                                      const int64_t now = SystemClock()->MonotonicNanos();
                                      for (const client::RecordView& record : event.batch()->records())
                                        nanos.push_back(now - WrittenAt(record.line()));
                                      return true;
                                    });
  if (!WriteLines(flags, count)) {
    std::perror(flags.file.c_str());
    return 1;
  }
  absl::Status status = listener->Wait();
  nanos.erase(nanos.begin(), nanos.begin() + std::min<size_t>(nanos.size(), warm_up));
  Print(std::move(nanos), count - warm_up);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) {
  sluice::Flags flags;
  CLI::App app("Latency from append to subscriber");
  app.add_option("--collector", flags.collector);
  app.add_option("--file", flags.file)->required();
  app.add_option("--topic", flags.topic)->required();
  app.add_option("--rate", flags.rate, "Lines a second");
  app.add_option("--seconds", flags.seconds);
  CLI11_PARSE(app, argc, argv);
  return sluice::Run(flags);
}
