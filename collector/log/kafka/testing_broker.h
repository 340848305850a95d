// A real Kafka broker for a test target: started once, ended with the process.
#pragma once

#include <memory>
#include <string>

#include "collector/log/kafka/options.h"

namespace sluice::collector::testing {

class Broker {
 public:
  // The one that the target's tests share.
  static Broker& Shared();
  ~Broker();

  std::string address() const;
  // For a log of its own: nobody else uses its topics.
  KafkaOptions NewLog() const;
  // Runs one of Kafka's tools against it; what it printed.
  std::string Admin(const std::string& tool_and_arguments) const;
  void Stop();
  void Start();

 private:
  Broker();
  std::string directory_;
  int port_ = 0;
};

}  // namespace sluice::collector::testing
