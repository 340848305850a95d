#include "consumer/monitor/rules/json_body.h"

#include <simdjson.h>

#include <cstring>
#include <string>

namespace sluice::monitor {
namespace {

namespace ondemand = simdjson::ondemand;

// As deep as the agent goes.
constexpr int kDepthMax = 10;

std::string_view WithoutSpaceBehind(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

}  // namespace

class JsonBody::Impl {
 public:
  void Set(std::string_view line) {
    line_ = line;
    state_ = State::kNotRead;
  }

  std::optional<std::string_view> Find(std::string_view name) {
    if (state_ == State::kNotRead) {
      state_ = Read() ? State::kRead : State::kNone;
    } else if (state_ == State::kRead) {
      document_.rewind();
    }
    ondemand::object object;
    found_ = false;
    if (state_ == State::kNone || document_.get_object().get(object) != simdjson::SUCCESS) return std::nullopt;
    if (!FindIn(object, name, /*depth=*/1)) {
      state_ = State::kNone;  // broken, as the first one who comes by sees
      return std::nullopt;
    }
    return found_ ? std::optional<std::string_view>(value_) : std::nullopt;
  }

 private:
  enum class State { kNotRead, kNone, kRead };

  // The reader looks a few bytes beyond the text: it gets a copy.
  bool Read() {
    if (!line_.starts_with('{')) return false;
    const size_t room = line_.size() + simdjson::SIMDJSON_PADDING;
    if (buffer_.size() < room) buffer_.resize(2 * room);
    std::memcpy(buffer_.data(), line_.data(), line_.size());
    return parser_.iterate(buffer_.data(), line_.size(), buffer_.size()).get(document_) == simdjson::SUCCESS;
  }

  // False if the object is broken. Of a name that comes twice the last value counts, as everywhere.
  bool FindIn(ondemand::object object, std::string_view name, int depth) {
    for (auto member : object) {
      std::string_view key;
      ondemand::value value;
      if (member.unescaped_key().get(key) != simdjson::SUCCESS) return false;
      if (!name.starts_with(key)) continue;
      if (member.value().get(value) != simdjson::SUCCESS) return false;
      if (key.size() == name.size()) {
        if (!Take(value)) return false;
      } else if (name[key.size()] == '.' && depth < kDepthMax && TypeOf(value) == ondemand::json_type::object) {
        ondemand::object nested;
        if (value.get_object().get(nested) != simdjson::SUCCESS) return false;
        if (!FindIn(nested, name.substr(key.size() + 1), depth + 1)) return false;
      }
    }
    return true;
  }

  static std::optional<ondemand::json_type> TypeOf(ondemand::value& value) {
    ondemand::json_type type;
    return value.type().get(type) == simdjson::SUCCESS ? std::optional(type) : std::nullopt;
  }

  bool Take(ondemand::value& value) {
    const std::optional<ondemand::json_type> type = TypeOf(value);
    if (!type) return false;
    std::string_view text;
    switch (*type) {
      case ondemand::json_type::string:
        if (value.get_string().get(text) != simdjson::SUCCESS) return false;
        break;
      case ondemand::json_type::null:
        return value.is_null();
      case ondemand::json_type::array:
      case ondemand::json_type::object: {
        if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS) return false;
        compact_.resize(text.size());
        size_t size = 0;
        if (simdjson::minify(text.data(), text.size(), compact_.data(), size) != simdjson::SUCCESS) return false;
        text = std::string_view(compact_).substr(0, size);
        break;
      }
      default:
        text = WithoutSpaceBehind(value.raw_json_token());
    }
    found_ = true;
    value_ = text;
    return true;
  }

  std::string_view line_;
  State state_ = State::kNone;
  std::string buffer_;
  std::string compact_;
  ondemand::parser parser_;
  ondemand::document document_;
  bool found_ = false;
  std::string_view value_;
};

JsonBody::JsonBody() : impl_(std::make_unique<Impl>()) {}
JsonBody::~JsonBody() = default;

void JsonBody::Set(std::string_view line) { impl_->Set(line); }
std::optional<std::string_view> JsonBody::Find(std::string_view name) { return impl_->Find(name); }

}  // namespace sluice::monitor
