// Prints every error of every topic as it comes, until it is interrupted.
//
//   print_errors [HOST:PORT [LIMIT]]
#include <cstdlib>
#include <iostream>

#include "consumer/client/client.h"

int main(int argc, char** argv) {
  auto client = sluice::client::Client::Create({.address = argc > 1 ? argv[1] : "127.0.0.1:7070"});
  if (!client.ok()) {
    std::cerr << client.status().message() << '\n';
    return 2;
  }
  auto errors = (*client)->Subscribe({.min_severity = sluice::v1::SEVERITY_ERROR,
                                      .follow = true,
                                      .limit = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 0});
  for (const auto& event : *errors) {
    if (const auto* omitted = event.omitted()) std::cerr << omitted->records() << " records were left out\n";
    const auto* batch = event.batch();
    if (batch == nullptr) continue;
    for (const auto& record : batch->records()) {
      std::cout << record.time() << ' ' << batch->host() << ' ' << batch->topic() << ": " << record.body() << '\n';
    }
    std::cout << std::flush;
  }
  // The connection may have come and gone: that is no end. This is.
  std::cerr << errors->status() << '\n';
  return errors->status().ok() ? 0 : 1;
}
