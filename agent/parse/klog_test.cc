#include "agent/parse/klog.h"

#include <string>
#include <string_view>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::string Found(std::string_view text, const FieldSelection& fields = FieldSelection::All()) {
  TimeReader times;
  times.set_now(kTestNow);
  ParsedLine line;
  const std::string_view reason = ParseKlog(text, fields, &times, &line);
  return reason.empty() ? Show(line) : "! " + std::string(reason);
}

TEST(KlogTest, ReadsKlogAndGlog) {
  EXPECT_EQ(Found("I1120 09:15:39.123456   12345 main.go:42] Starting"),
            "2026-11-20T09:15:39.123456Z INFO I thread_id=12345 file=main.go line=42");
  EXPECT_EQ(Found("E20261120 09:15:39.123456  7 src/a b.cc:1] x"), "! no klog header");
  EXPECT_EQ(Found("E20261120 09:15:39.123456  7 a.cc:1]"),
            "2026-11-20T09:15:39.123456Z ERROR E thread_id=7 file=a.cc line=1");
  EXPECT_EQ(
      Found(R"(W1120 09:15:39.123456       1 pod.go:7] "Pod \"x\" started" pod="kube-system/x" err="a \"b\"" n=3)"),
      "2026-11-20T09:15:39.123456Z WARN W thread_id=1 file=pod.go line=7 pod=kube-system/x err=a \"b\" n=3");
  EXPECT_EQ(Found(R"(F1120 09:15:39.123456       1 pod.go:7] pod="x" is no structured message)"),
            "2026-11-20T09:15:39.123456Z FATAL F thread_id=1 file=pod.go line=7");
  EXPECT_EQ(Found(R"(I1120 09:15:39.123456       1 pod.go:7] "never closed)"),
            "2026-11-20T09:15:39.123456Z INFO I thread_id=1 file=pod.go line=7");
  EXPECT_EQ(Found(R"(I1120 09:15:39.123456 1 pod.go:7] "x" level="error" time="2025-01-01T00:00:00Z")",
                  *FieldSelection::Named({"level", "line"})),
            "2026-11-20T09:15:39.123456Z INFO I line=7 level=error")
      << "the header's time and severity";
  EXPECT_EQ(Found(R"(I1120 09:15:39.123456 1 pod.go:7] "x" a=1)", FieldSelection::None()),
            "2026-11-20T09:15:39.123456Z INFO I");
}

TEST(KlogTest, SaysWhatIsWrong) {
  for (std::string_view text :
       {"", "I", "text", "Log file created at: 2026/11/20 09:15:39", "X1120 09:15:39.123456 1 a.go:1] x",
        "I1320 09:15:39.123456 1 a.go:1] x", "I1120 09:15:39.123456", "I1120 09:15:39.123456 ",
        "I1120 09:15:39.123456 1", "I1120 09:15:39.123456 x a.go:1] x", "I1120 09:15:39.123456 1 a.go:1 x",
        "I1120 09:15:39.123456 1 a.go] x", "I1120 09:15:39.123456 1 :1] x", "I1120 09:15:39.123456 1 a.go:] x"}) {
    EXPECT_EQ(Found(text), "! no klog header") << text;
  }
}

}  // namespace
}  // namespace sluice::agent
