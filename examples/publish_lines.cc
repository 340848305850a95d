// Publishes the lines of its input, each one once: killed and started again with the same input, it goes on where it
// was.
//
//   publish_lines TOPIC ID [COLLECTOR] < FILE
#include <iostream>
#include <string>

#include "consumer/client/client.h"

int main(int argc, char** argv) {
  if (argc < 3) return std::cerr << "usage: publish_lines TOPIC ID [COLLECTOR] < FILE\n", 2;
  auto client = sluice::client::Client::Create({.address = argc > 3 ? argv[3] : "127.0.0.1:7070"});
  if (!client.ok()) return std::cerr << client.status() << '\n', 2;
  auto publisher = (*client)->NewPublisher({.id = argv[2], .source = "publish_lines"});
  if (!publisher.ok()) return std::cerr << publisher.status() << '\n', 2;

  uint64_t number = 0;
  absl::Status status;
  for (std::string line; status.ok() && std::getline(std::cin, line); ++number) {
    sluice::v1::LogRecord record;
    record.set_body(line);
    // The number is the record's identity; what the collector holds is left out. Waits while too much is under way.
    status = (*publisher)->PublishAt(argv[1], number, std::move(record));
  }
  if (status.ok()) status = (*publisher)->Close(absl::Now() + absl::Seconds(60));  // until all of it is durable
  if (!status.ok()) return std::cerr << status << '\n', 1;
  std::cout << number << " lines, " << (*publisher)->acknowledged() - (*publisher)->left_out() << " of them now\n";
}
