// Counts the records of each topic, on a thread of the library's own, and remembers in a file how far it has come: the
// next run goes on there, with no record counted twice or never.
//
//   count_by_topic FILE [HOST:PORT]
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "consumer/client/client.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: count_by_topic FILE [HOST:PORT]\n";
    return 2;
  }
  auto client = sluice::client::Client::Create({.address = argc > 2 ? argv[2] : "127.0.0.1:7070"});
  if (!client.ok()) {
    std::cerr << client.status().message() << '\n';
    return 2;
  }

  sluice::client::SubscribeOptions options = {.give_up_after = absl::Seconds(10)};
  std::string cursor;
  if (std::getline(std::ifstream(argv[1]), cursor)) options.start = sluice::client::Start::After(cursor);

  std::map<std::string, size_t> counts;
  auto listener = (*client)->Listen(options, [&](const sluice::client::Event& event) {
    if (const auto* batch = event.batch()) counts[std::string(batch->topic())] += batch->records().size();
    cursor = event.cursor();
    return true;  // go on
  });
  absl::Status status = listener->Wait();  // until it has caught up
  if (!status.ok()) {
    std::cerr << status.message() << '\n';
    return 1;
  }
  for (const auto& [topic, count] : counts) std::cout << topic << ' ' << count << '\n';
  std::ofstream(argv[1]) << cursor << '\n';
  return 0;
}
