#include "consumer/generate/shop.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace sluice::generate {
namespace {

constexpr std::array<std::string_view, 16> kProducts = {"Espresso machine Milano",
                                                        "Crème brûlée set",
                                                        "Cast iron pan 28 cm",
                                                        "Linen apron",
                                                        "Kettle 1.7 l",
                                                        "Bread knife",
                                                        "Pepper mill",
                                                        "Moka pot, 6 cups",
                                                        "Jamón stand",
                                                        "Pasta maker",
                                                        "Rolling pin",
                                                        "Ramen bowl 丼",
                                                        "Mandoline slicer",
                                                        "Salad spinner",
                                                        "Wine glasses, 4",
                                                        "Chef's knife 20 cm"};
constexpr std::array<std::string_view, 12> kCities = {"Berlin", "München", "Kraków",  "Lyon",    "Malmö", "Porto",
                                                      "Zürich", "Gdańsk",  "Sevilla", "Antwerp", "Brno",  "Tallinn"};
constexpr std::array<std::string_view, 10> kHosts = {
    "db-1.internal",    "db-2.internal",     "db-3.internal",     "cache-1.internal", "cache-2.internal",
    "queue-1.internal", "search-1.internal", "search-2.internal", "psp.example.net",  "mail.example.net"};
constexpr std::array<std::string_view, 6> kRefusals = {"card_declined", "insufficient_funds", "3ds_failed",
                                                       "expired_card",  "limit_exceeded",     "fraud_suspected"};
constexpr std::array<std::string_view, 6> kFaults = {"timeout",     "connection_reset",     "rate_limited",
                                                     "broken_pipe", "too_many_connections", "bad_gateway"};
constexpr std::array<std::string_view, 5> kCarriers = {"DHL", "UPS", "DPD", "PostNord", "GLS"};
constexpr std::array<std::string_view, 12> kQueries = {
    "espresso machine", "bread knife", "gift under 50", "café grinder", "pan 28 cm", "salad", "moka",
    "apron blue",       "kettle",      "ramen bowl",    "wine glass",   "mandolin"};
constexpr std::array<int, 6> kStatuses = {500, 502, 503, 504, 429, 404};
constexpr std::array<std::string_view, 6> kSkuPrefixes = {"ESP", "PAN", "KNF", "BWL", "APR", "GLS"};

template <size_t n>
std::string_view Choose(const std::array<std::string_view, n>& words, Random* random) {
  return words[random->Below(n)];
}

void AppendCents(uint64_t cents, std::string* out) {
  StrAppend(out, cents / 100, ".");
  *out += static_cast<char>('0' + cents / 10 % 10);
  *out += static_cast<char>('0' + cents % 10);
}

void AppendHex(uint64_t value, int digits, std::string* out) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) *out += "0123456789abcdef"[value >> shift & 15];
}

std::vector<Event> MakeEvents() {
  using enum Level;
  using enum Value;
  return {
      {kInfo, "web", "page served", {{"product", kProduct}, {"customer", kCustomer}, {"duration_ms", kMillis}}, 180},
      {kInfo, "web", "search", {{"query", kQuery}, {"hits", kCount}, {"duration_ms", kMillis}}, 110},
      {kInfo, "web", "signed in", {{"customer", kCustomer}, {"ip", kIp}, {"city", kCity}}, 40},
      {kInfo, "cart", "item added", {{"cart", kCart}, {"sku", kSku}, {"quantity", kCount}}, 110},
      {kInfo, "cart", "coupon applied", {{"cart", kCart}, {"percent", kPercent}}, 14},
      {kInfo, "checkout", "order placed", {{"order", kOrder}, {"customer", kCustomer}, {"total", kMoney}}, 60},
      {kInfo, "payment", "payment captured", {{"order", kOrder}, {"amount", kMoney}, {"duration_ms", kMillis}}, 58},
      {kInfo, "shipping", "parcel handed over", {{"order", kOrder}, {"carrier", kCarrier}, {"city", kCity}}, 40},
      {kInfo, "inventory", "stock updated", {{"sku", kSku}, {"product", kProduct}, {"left", kCount}}, 60},
      {kDebug, "web", "cache miss", {{"sku", kSku}, {"bytes", kBytes}}, 70},
      {kDebug, "cart", "cart loaded", {{"cart", kCart}, {"items", kCount}, {"duration_ms", kMillis}}, 60},
      {kDebug, "inventory", "query", {{"host", kHost}, {"rows", kCount}, {"duration_ms", kMillis}}, 60},
      {kWarn, "inventory", "stock low", {{"sku", kSku}, {"product", kProduct}, {"left", kCount}}, 26},
      {kWarn, "web", "slow response", {{"host", kHost}, {"duration_ms", kMillis}, {"customer", kCustomer}}, 24},
      {kWarn, "payment", "retrying", {{"order", kOrder}, {"attempt", kAttempt}, {"reason", kFault}}, 22},
      {kWarn, "web", "sign-in refused", {{"customer", kCustomer}, {"ip", kIp}, {"attempt", kAttempt}}, 12},
      {kError, "payment", "payment failed", {{"order", kOrder}, {"amount", kMoney}, {"reason", kRefusal}}, 18},
      {kError, "checkout", "order rejected", {{"order", kOrder}, {"customer", kCustomer}, {"reason", kRefusal}}, 8},
      {kError, "shipping", "label service failed", {{"carrier", kCarrier}, {"status", kStatus}, {"order", kOrder}}, 8},
      {kError, "inventory", "connection lost", {{"host", kHost}, {"attempt", kAttempt}, {"reason", kFault}}, 6},
  };
}

}  // namespace

const std::vector<Event>& ShopEvents() {
  static const auto* const events = new std::vector<Event>(MakeEvents());
  return *events;
}

const std::vector<std::string_view>& ShopServices() {
  static const auto* const services = [] {
    auto* all = new std::vector<std::string_view>();
    for (const Event& event : ShopEvents()) {
      if (std::find(all->begin(), all->end(), event.service) == all->end()) all->push_back(event.service);
    }
    return all;
  }();
  return *services;
}

std::string_view LevelName(Level level) {
  static constexpr std::array<std::string_view, kLevels> kNames = {"debug", "info", "warn", "error"};
  return kNames[static_cast<size_t>(level)];
}

bool IsNumber(Value value) {
  switch (value) {
    case Value::kCustomer:
    case Value::kMoney:
    case Value::kMillis:
    case Value::kCount:
    case Value::kBytes:
    case Value::kPercent:
    case Value::kAttempt:
    case Value::kStatus:
      return true;
    default:
      return false;
  }
}

bool IsPhrase(Value value) { return value == Value::kProduct || value == Value::kCity || value == Value::kQuery; }

void AppendValue(Value value, Random* random, std::string* out) {
  switch (value) {
    case Value::kOrder:
      StrAppend(out, "A-", 1'000'000 + random->Below(9'000'000));
      return;
    case Value::kCustomer:
      StrAppend(out, 10'000 + random->Below(90'000));
      return;
    case Value::kCart:
      AppendHex(random->Next(), 8, out);
      return;
    case Value::kSku:
      StrAppend(out, Choose(kSkuPrefixes, random), "-", 1'000 + random->Below(9'000));
      return;
    case Value::kProduct:
      *out += Choose(kProducts, random);
      return;
    case Value::kCity:
      *out += Choose(kCities, random);
      return;
    case Value::kMoney:
      AppendCents(random->Skewed(490, 199'900), out);
      return;
    case Value::kMillis: {
      uint64_t tenths = random->Skewed(4, 40'000);
      StrAppend(out, tenths / 10, ".", tenths % 10);
      return;
    }
    case Value::kCount:
      StrAppend(out, random->Skewed(1, 200));
      return;
    case Value::kBytes:
      StrAppend(out, random->Skewed(200, 400'000));
      return;
    case Value::kPercent:
      StrAppend(out, 5 * (1 + random->Below(10)));
      return;
    case Value::kAttempt:
      StrAppend(out, 1 + random->Below(5));
      return;
    case Value::kStatus:
      StrAppend(out, kStatuses[random->Below(kStatuses.size())]);
      return;
    case Value::kIp:  // from the ranges that documentation may use
      StrAppend(out, random->Below(2) == 0 ? "203.0.113." : "198.51.100.", 1 + random->Below(254));
      return;
    case Value::kHost:
      *out += Choose(kHosts, random);
      return;
    case Value::kRefusal:
      *out += Choose(kRefusals, random);
      return;
    case Value::kFault:
      *out += Choose(kFaults, random);
      return;
    case Value::kCarrier:
      *out += Choose(kCarriers, random);
      return;
    case Value::kQuery:
      *out += Choose(kQueries, random);
      return;
  }
}

EventPicker::EventPicker() {
  const std::vector<Event>& events = ShopEvents();
  for (size_t i = 0; i < events.size(); ++i) table_.insert(table_.end(), events[i].weight, static_cast<uint16_t>(i));
}

}  // namespace sluice::generate
