// What happens in the shop: the events that its services log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "consumer/generate/random.h"

namespace sluice::generate {

enum class Level { kDebug, kInfo, kWarn, kError };
inline constexpr size_t kLevels = 4;

// What a field's value looks like.
enum class Value {
  kOrder,     // A-1029384
  kCustomer,  // 48211
  kCart,      // 9f3c21ab
  kSku,       // ESP-2041
  kProduct,   // a name, with spaces
  kCity,      // a name, not always ASCII
  kMoney,     // 129.90
  kMillis,    // 12.4
  kCount,     // 3
  kBytes,     // 18233
  kPercent,   // 87
  kAttempt,   // 2
  kStatus,    // 503
  kIp,        // 203.0.113.7
  kHost,      // db-3.internal
  kRefusal,   // card_declined
  kFault,     // connection_reset
  kCarrier,   // a parcel service
  kQuery,     // what somebody looked for
};

struct Field {
  std::string_view name;
  Value value;
};

struct Event {
  Level level;
  std::string_view service;
  std::string_view message;
  std::vector<Field> fields;
  uint32_t weight;  // how often, compared with the others
};

const std::vector<Event>& ShopEvents();
// Each once, in order of appearance.
const std::vector<std::string_view>& ShopServices();

// "debug", "info", "warn", "error".
std::string_view LevelName(Level level);

// True if the value is written bare in JSON.
bool IsNumber(Value value);
// True if it may hold spaces.
bool IsPhrase(Value value);
void AppendValue(Value value, Random* random, std::string* out);

// Draws events by their weights.
class EventPicker {
 public:
  EventPicker();
  // A place in ShopEvents().
  size_t Pick(Random* random) const { return table_[random->Below(table_.size())]; }

 private:
  std::vector<uint16_t> table_;  // each event `weight` times
};

}  // namespace sluice::generate
