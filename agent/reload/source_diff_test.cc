#include "agent/reload/source_diff.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::shared_ptr<const Source> Make(const std::string& name, const std::function<void(SourceOptions*)>& edit = nullptr) {
  SourceOptions options;
  options.name = name;
  options.root = "/" + name;
  if (edit) edit(&options);
  absl::StatusOr<std::shared_ptr<const Source>> source = Source::Create(std::move(options), "agent");
  EXPECT_TRUE(source.ok()) << source.status();
  return *source;
}

TEST(SourceDiffTest, EqualSourcesStayTheObjectsThatRun) {
  SourceList running = {Make("a"), Make("b")};
  SourceDiff diff = DiffSources(running, {Make("a"), Make("b")});
  EXPECT_TRUE(diff.empty());
  EXPECT_EQ(diff.sources, running);
  EXPECT_THAT(diff.kept, UnorderedElementsAre(running[0].get(), running[1].get()));
  EXPECT_THAT(diff.fresh, IsEmpty());
}

TEST(SourceDiffTest, TellsAddedRemovedAndChanged) {
  SourceList running = {Make("gone"), Make("same"), Make("other")};
  SourceList wanted = {Make("new"), Make("same"), Make("other", [](auto* o) { o->labels["a"] = "b"; })};
  SourceDiff diff = DiffSources(running, wanted);
  EXPECT_THAT(diff.added, ElementsAre("new"));
  EXPECT_THAT(diff.removed, ElementsAre("gone"));
  EXPECT_THAT(diff.changed, ElementsAre("other"));
  EXPECT_THAT(diff.sources, ElementsAre(wanted[0], running[1], wanted[2]));
  EXPECT_THAT(diff.kept, UnorderedElementsAre(running[1].get()));
  EXPECT_THAT(diff.fresh, UnorderedElementsAre(wanted[0].get())) << "other labels find no other files";
}

TEST(SourceDiffTest, EveryOptionCounts) {
  const std::vector<std::function<void(SourceOptions*)>> edits = {
      [](auto* o) { o->topic = "t"; },
      [](auto* o) { o->start_at = StartAt::kEnd; },
      [](auto* o) { o->parser.kind = ParserKind::kPlain; },
      [](auto* o) { o->parser.fields = FieldSelection::All(); },
      [](auto* o) { o->parser.severity_from_status = true; },
      [](auto* o) { o->parser.time_zone = "Europe/Berlin"; },
      [](auto* o) { o->parser = {.kind = ParserKind::kRegex, .regex = "(?P<level>x)"}; },
      [](auto* o) { o->watch = WatchMode::kPoll; },
      [](auto* o) { o->poll_interval = absl::Milliseconds(20); },
      [](auto* o) { o->framing.encoding = Encoding::kLatin1; },
      [](auto* o) { o->framing.container = Container::kCri; },
      [](auto* o) { o->framing.multiline = MultilineOptions{.indented = true}; },
      [](auto* o) { o->process.filter.keep = {{.regex = "x"}}; },
      [](auto* o) { o->process.filter.drop = {{.severity = v1::SEVERITY_WARN}}; },
      [](auto* o) { o->process.filter.sample_rate = 2; },
      [](auto* o) { o->process.filter.sample_below = v1::SEVERITY_WARN; },
      [](auto* o) { o->process.redact = {{.presets = kTokens}}; },
      [](auto* o) { o->limits.lines_per_second = 5; },
      [](auto* o) { o->internal = true; },
      [](auto* o) { o->labels["x"] = "y"; },
      [](auto* o) { o->limits.bytes_per_second = 5; },
  };
  for (const auto& edit : edits) {
    EXPECT_THAT(DiffSources({Make("a")}, {Make("a", edit)}).changed, ElementsAre("a"));
  }
  for (const auto& edit : std::vector<std::function<void(SourceOptions*)>>{[](auto* o) { o->root = "/other"; },
                                                                           [](auto* o) { o->include = {"*.log"}; },
                                                                           [](auto* o) { o->exclude = {}; }}) {
    SourceList wanted = {Make("a", edit)};
    SourceDiff diff = DiffSources({Make("a")}, wanted);
    EXPECT_THAT(diff.changed, ElementsAre("a"));
    EXPECT_THAT(diff.fresh, UnorderedElementsAre(wanted[0].get()));
  }
}

TEST(SourceDiffTest, AnotherOrderIsAChange) {
  SourceList running = {Make("a"), Make("b")};
  SourceDiff diff = DiffSources(running, {Make("b"), Make("a")});
  EXPECT_FALSE(diff.empty());
  EXPECT_TRUE(diff.reordered);
  EXPECT_THAT(diff.sources, ElementsAre(running[1], running[0]));
}

TEST(SourceDiffTest, NamesThatComeTwiceArePairedInOrder) {
  SourceList running = {Make("log"), Make("log", [](auto* o) { o->root = "/b"; })};
  SourceDiff diff = DiffSources(running, {Make("log"), Make("log", [](auto* o) { o->root = "/b"; })});
  EXPECT_TRUE(diff.empty());
  EXPECT_THAT(DiffSources(running, {Make("log")}).removed, ElementsAre("log"));
}

}  // namespace
}  // namespace sluice::agent
