// Once its buffers are there, a parser allocates nothing.
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/parser_factory.h"
#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace {
size_t allocations = 0;
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace sluice::agent {
namespace {

struct Format {
  ParserKind kind;
  std::vector<std::string> lines;
};

TEST(AllocationTest, NoParserAllocatesPerLine) {
  const std::vector<Format> formats = {
      {ParserKind::kJson,
       {R"({"time":"2026-11-20T09:15:39Z","level":"warn","http":{"a":[1, 2],"b":"\u0041"},"a":1,"a":2})", "no JSON"}},
      {ParserKind::kLogfmt, {R"(level=info ts=2026-11-20T09:15:39Z msg="a \"b\"")", "nothing"}},
      {ParserKind::kW3c,
       {"#Fields: date time sc-status", "2026-11-20 09:15:39 404",
        R"(10.0.0.1 - - [20/Nov/2026:09:15:39 +0000] "GET / HTTP/1.0" 200 1)"}},
      {ParserKind::kSyslog, {R"(<13>1 - h app 7 id [a@1 b="1\""] x)", "Nov 20 09:15:39 web-1 sshd[712]: error: x"}},
      {ParserKind::kKlog, {R"(I1120 09:15:39.123456 1 pod.go:7] "x" a="b \"c\"")"}},
      {ParserKind::kRegex, {"info rest", ""}},
  };
  ParsedLine parsed;
  for (const Format& format : formats) {
    for (const FieldSelection& fields :
         {FieldSelection::All(), FieldSelection::None(), *FieldSelection::Named({"level", "http.a", "sc-status"})}) {
      for (ParserKind kind : {format.kind, ParserKind::kAuto}) {
        ParserOptions options = {.kind = kind, .fields = fields};
        if (kind == ParserKind::kRegex) options.regex = "(?P<level>\\w+) (?P<rest>.*)";
        const std::unique_ptr<LineParser> parser = ParserFactory::Create(options)->NewParser();
        size_t before = 0;
        for (int round = 0; round < 10; ++round) {
          if (round == 2) before = allocations;
          for (const std::string& line : format.lines) {
            if (round > 0 && line.starts_with("#Fields:")) continue;  // columns are kept, and read once
            parser->Parse(line, kTestNow, &parsed);
          }
        }
        EXPECT_EQ(allocations, before) << format.lines[0];
      }
    }
  }
}

}  // namespace
}  // namespace sluice::agent
