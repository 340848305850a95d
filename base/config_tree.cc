#include "base/config_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text.h"

namespace sluice::config_internal {
namespace {

Position ToPosition(const YAML::Mark& mark, int file = 0) {
  return mark.is_null() ? Position{} : Position{.file = file, .line = mark.line + 1, .column = mark.column + 1};
}

constexpr std::string_view kTab = "a tab in the indentation; YAML takes only spaces there";

// Ends the parser from inside of an event; caught in ParseYaml.
struct Stop {};

// Builds the tree from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view name, int file) : name_(name), file_(file) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) Fail(ToPosition(mark), "a second document begins here; expected one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Place(NewNode(Node::Kind::kNull, mark, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    Open(NewNode(Node::Kind::kList, mark, anchor));
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    Open(NewNode(Node::Kind::kMapping, mark, anchor));
  }
  void OnMapEnd() override { open_.pop_back(); }

  Tree TakeTree() { return std::move(tree_); }
  const absl::Status& error() const { return error_; }

 private:
  // A list or mapping whose end has not come.
  struct Level {
    Node* node;
    Entry* waiting = nullptr;  // of a mapping: the key whose value comes next
  };

  Node* NewNode(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void Open(Node* node);
  // Puts `node` where the document is now: as root, item, key or value.
  void Place(const Node* node);
  void PlaceKey(const Node* node);
  [[noreturn]] void Fail(Position position, std::string_view problem);

  const std::string_view name_;
  const int file_;
  Tree tree_;
  std::vector<Level> open_;
  std::map<YAML::anchor_t, const Node*> anchors_;
  int documents_ = 0;
  Position last_;
  absl::Status error_;
};

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) Fail(ToPosition(mark), "alias without its anchor");
  last_ = ToPosition(mark, file_);
  Place(found->second);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  Node* const node = NewNode(Node::Kind::kScalar, mark, anchor);
  node->text = value;
  Place(node);
}

Node* Builder::NewNode(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  last_ = ToPosition(mark, file_);
  if (tree_.nodes.size() >= kYamlNodesMax) {
    Fail(last_, StrCat("more than ", kYamlNodesMax, " values; no configuration needs so many"));
  }
  Node* const node = &tree_.nodes.emplace_back();
  node->kind = kind;
  node->position = last_;
  if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
  return node;
}

void Builder::Open(Node* node) {
  if (open_.size() >= static_cast<size_t>(kYamlDepthMax)) {
    Fail(node->position, StrCat("more than ", kYamlDepthMax, " levels of nesting"));
  }
  Place(node);
  open_.push_back({.node = node});
}

void Builder::Place(const Node* node) {
  if (open_.empty()) {
    tree_.root = node;
    return;
  }
  Level& level = open_.back();
  if (level.node->kind == Node::Kind::kList) {
    level.node->items.push_back({.position = last_, .value = node});
  } else if (level.waiting != nullptr) {
    level.waiting->value = node;
    level.waiting = nullptr;
  } else {
    PlaceKey(node);
  }
}

void Builder::PlaceKey(const Node* node) {
  if (node->kind != Node::Kind::kScalar && node->kind != Node::Kind::kNull) {
    Fail(node->position, "a list or mapping as a key; expected a word and ':'");
  }
  const auto [entry, is_new] = open_.back().node->entries.try_emplace(node->text, Entry{.position = last_});
  if (!is_new) {
    Fail(last_, StrCat("key ", Quoted(node->text), " is there twice, first in line ", entry->second.position.line));
  }
  open_.back().waiting = &entry->second;
}

void Builder::Fail(Position position, std::string_view problem) {
  error_ = InvalidArgument(name_, ":", position.line, ": ", problem);
  throw Stop();
}

// What yaml-cpp would misread or choke on.
absl::Status CheckText(std::string_view yaml, std::string_view name) {
  if (yaml.size() > kYamlBytesMax) {
    return InvalidArgument(name, ": ", yaml.size(), " bytes; at most ", kYamlBytesMax, " are allowed");
  }
  int line = 1;
  while (!yaml.empty()) {
    const Utf8Char c = DecodeUtf8(yaml);
    if (!c.valid) {
      return InvalidArgument(name, ":", line, ": not UTF-8 text: found the byte 0x",
                             absl::Hex(static_cast<uint8_t>(yaml[0]), absl::kZeroPad2));
    }
    if (c.code_point == 0) return InvalidArgument(name, ":", line, ": no text: found a NUL byte");
    if (c.code_point == '\n') ++line;
    yaml.remove_prefix(c.size);
  }
  return absl::OkStatus();
}

// What yaml-cpp's words mean, and what people did who get them.
struct Explanation {
  std::string_view yaml_cpp;
  std::string_view explanation;
};

const Explanation kExplanations[] = {
    {YAML::ErrorMsg::UNKNOWN_ANCHOR, "no such anchor; put a text that begins with '*' in quotes, such as \"**/*.log\""},
    {YAML::ErrorMsg::CHAR_IN_ALIAS, "no alias; put a text that begins with '*' in quotes, such as \"**/*.log\""},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "unexpected character; put a text that begins with it in quotes"},
    {YAML::ErrorMsg::MAP_VALUE, "unexpected ':'; is it indented like its neighbours, does the line before end in ':'?"},
    {YAML::ErrorMsg::MAP_KEY, "unexpected key; is it indented like its neighbours?"},
    {YAML::ErrorMsg::BLOCK_ENTRY, "unexpected '-'; is it indented like its neighbours?"},
    {YAML::ErrorMsg::END_OF_MAP, "expected the next \"key: value\"; is it indented like its neighbours?"},
    {YAML::ErrorMsg::END_OF_SEQ, "expected the next \"- item\"; is it indented like its neighbours?"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a '{' that no '}' closes"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a '[' that no ']' closes"},
    {YAML::ErrorMsg::DOC_IN_SCALAR, "a quote that opens a text and is not closed"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote that opens a text and is not closed"},
    {YAML::ErrorMsg::TAB_IN_INDENTATION, kTab},
};

std::string_view Explain(std::string_view yaml_cpp) {
  for (const Explanation& e : kExplanations) {
    if (e.yaml_cpp == yaml_cpp) return e.explanation;
  }
  return yaml_cpp;
}

// yaml-cpp's words may cite the file.
absl::Status NotYaml(std::string_view where, std::string_view problem) {
  std::string visible;
  AppendVisible(problem, /*strip_cr=*/false, &visible);
  return InvalidArgument(where, ": not valid YAML: ", visible);
}

// True if a tab stands before the first other character of the line: yaml-cpp complains about what follows it.
bool HasTabInIndentation(std::string_view yaml, int line) {
  for (; line > 1 && !yaml.empty(); --line) yaml.remove_prefix(std::min(yaml.find('\n'), yaml.size() - 1) + 1);
  return yaml.substr(0, yaml.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

absl::Status SyntaxError(const YAML::ParserException& e, std::string_view yaml, std::string_view name) {
  const Position at = ToPosition(e.mark);
  const std::string_view problem = HasTabInIndentation(yaml, at.line) ? kTab : Explain(e.msg);
  return NotYaml(StrCat(name, ":", at.line, ":", at.column), problem);
}

}  // namespace

absl::StatusOr<Tree> ParseYaml(std::string_view yaml, std::string_view name, int file) {
  SLUICE_RETURN_IF_ERROR(CheckText(yaml, name));
  Builder builder(name, file);
  try {
    // The mark of the document's end shows a quote that is not closed, which yaml-cpp takes for closed by the file's.
    std::istringstream in(StrCat(yaml, yaml.ends_with('\n') ? "" : "\n", "...\n"));
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop&) {
    return builder.error();
  } catch (const YAML::ParserException& e) {
    return SyntaxError(e, yaml, name);
  } catch (const std::exception& e) {
    return NotYaml(name, e.what());
  }
  Tree tree = builder.TakeTree();
  if (tree.root != nullptr && tree.root->kind == Node::Kind::kNull) tree.root = nullptr;
  if (tree.root != nullptr && tree.root->kind != Node::Kind::kMapping) {
    return InvalidArgument(name, ":", tree.root->position.line, ": found no mapping; expected lines of \"key: value\"");
  }
  return tree;
}

}  // namespace sluice::config_internal
