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
