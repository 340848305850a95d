// Real stack traces, with lines of logs around them: each record as it must come out.
#include "agent/frame/stack_traces.h"

#include <string>
#include <string_view>
#include <vector>

#include "agent/frame/group_framer.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

std::vector<std::string> Records(std::string_view text, std::vector<TraceKind> presets) {
  absl::StatusOr<MultilineRule> rule = MultilineRule::Create({.presets = std::move(presets)});
  GroupFramer framer(1 << 20);
  framer.Use(Encoding::kUtf8, &*rule, 1000);
  framer.Begin({.bytes = text, .at_end = true, .flush = true}, {.known = true});
  std::vector<std::string> records;
  Frame frame;
  while (framer.Next(&frame)) records.emplace_back(frame.text);
  return records;
}

// `expected`: the records, each with its lines.
void Check(const std::vector<std::string>& expected, std::vector<TraceKind> presets) {
  std::string text;
  for (const std::string& record : expected) text += record + "\n";
  EXPECT_EQ(Records(text, std::move(presets)), expected);
}

TEST(StackTracesTest, JavaWithCausesAndSuppressedOnes) {
  Check({"2026-11-20 09:15:39.123 INFO  [main] c.s.App - started",
         "2026-11-20 09:15:40.001 ERROR [http-1] c.s.Cart - cannot pay\n"
         "com.shop.PaymentException: card refused: 402\n"
         "\tat com.shop.Cart.pay(Cart.java:41)\n"
         "\tat java.base/jdk.internal.reflect.NativeMethodAccessorImpl.invoke0(Native Method)\n"
         "\tSuppressed: java.io.IOException: close\n"
         "\t\tat com.shop.Bank.close(Bank.java:9)\n"
         "\t\tCaused by: java.net.SocketException: reset\n"
         "\t\t\t... 3 more\n"
         "Caused by: com.shop.BankException: no answer\n"
         "\tat com.shop.Bank.ask(Bank.java:77)\n"
         "\t... 12 more\n"
         "Caused by: java.net.SocketTimeoutException\n"
         "\t... 14 common frames omitted",
         "2026-11-20 09:15:40.002 INFO  [http-1] c.s.Cart - next"},
        {TraceKind::kJava});
}

TEST(StackTracesTest, JavaWithoutALogger) {
  Check({"Exception in thread \"main\" java.lang.IllegalStateException: boom\n\tat Main.main(Main.java:5)",
         "java.lang.NullPointerException\n\tat A.b(A.java:1)", "java.lang.OutOfMemoryError: Java heap space",
         "java.util.ConcurrentModificationException: twice\n\tat A.c(A.java:2)", "ordinary line",
         "org.example.Main: not an exception"},
        {TraceKind::kJava});
}

TEST(StackTracesTest, AJavaMessageOfSeveralLines) {
  Check({"ERROR query failed\norg.postgresql.util.PSQLException: ERROR: syntax error at or near \"FORM\"\n"
         "  Position: 10\nwhile reading\n\tat org.postgresql.Driver.connect(Driver.java:1)",
         "WARN slow\nx.y.SomeException: alone", "Then a line", "and more"},
        {TraceKind::kJava});
}

TEST(StackTracesTest, AJavaMessageWithBlankLines) {
  Check({"x.y.SomeException: Invalid request:\n\n  field a\n\n\tat x.y.Z.f(Z.java:1)\nCaused by: x.y.OtherError: "
         "b\n\tat x.y.Z.g(Z.java:2)",
         "x.y.SomeException: alone", "", "Then a line", "x.y.Third: no", ""},
        {TraceKind::kJava});
}

TEST(StackTracesTest, APythonMessageOfSeveralLines) {
  const std::string traceback = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    f()\n";
  Check({traceback + "pydantic_core._pydantic_core.ValidationError: 2 validation errors for Model\n"
                     "name\n"
                     "  Field required [type=missing, input_value={}, input_type=dict]\n"
                     "    For further information visit https://errors.pydantic.dev/2/v/missing\n"
                     "age\n"
                     "  Input should be a valid integer",
         "INFO:root:after\n" + traceback +
             "ValueError: x\nwhile reading the file\nof the note\n\n"
             "The above exception was the direct cause of the following exception:\n\n" +
             traceback + "RuntimeError: y",
         "an ordinary line", "and another\n" + traceback + "KeyError: 'a'",
         "told by a logger\n" + traceback + "KeyError: 'b'",
         "failed\n  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: many",
         traceback + "KeyError: 'c'", "WARNING - x", "  indented"},
        {TraceKind::kPython});
  Check({traceback + "KeyError: 'a'", "java.lang.Error: x\n\tat A.b(A.java:1)", traceback + "KeyError: 'b'",
         "goroutine 1 [running]:\nmain.main()\n\t/a.go:4"},
        {TraceKind::kJava, TraceKind::kPython, TraceKind::kGo});
}

TEST(StackTracesTest, PythonWithChainedExceptions) {
  Check({"INFO:root:before",
         "ERROR:root:cannot load\n"
         "Traceback (most recent call last):\n"
         "  File \"/app/config.py\", line 12, in load\n"
         "    return data[\"key\"]\n"
         "           ~~~~^^^^^^^\n"
         "KeyError: 'key'\n"
         "\n"
         "During handling of the above exception, another exception occurred:\n"
         "\n"
         "Traceback (most recent call last):\n"
         "  File \"/app/main.py\", line 3, in <module>\n"
         "    load()\n"
         "app.errors.ConfigError: no key\n"
         "\n"
         "The above exception was the direct cause of the following exception:\n"
         "\n"
         "Traceback (most recent call last):\n"
         "  File \"/app/main.py\", line 9, in <module>\n"
         "    run()\n"
         "RuntimeError: stopped",
         "INFO:root:after", ""},
        {TraceKind::kPython});
}

TEST(StackTracesTest, ABlankLineBehindAPythonTraceIsNoneOfIt) {
  Check(
      {"Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nKeyboardInterrupt", "", "next line"},
      {TraceKind::kPython});
  Check({"Traceback (most recent call last):\n  File \"a.py\", line 1, in f", "2026-11-20 INFO cut off"},
        {TraceKind::kPython});
}

TEST(StackTracesTest, PythonExceptionGroups) {
  Check({"failed\n"
         "  + Exception Group Traceback (most recent call last):\n"
         "  |   File \"a.py\", line 1, in <module>\n"
         "  | ExceptionGroup: many (2 sub-exceptions)\n"
         "  +-+---------------- 1 ----------------\n"
         "    | ValueError: 1\n"
         "    +------------------------------------",
         "done"},
        {TraceKind::kPython});
}

TEST(StackTracesTest, GoPanicWithGoroutines) {
  Check({"2026/11/20 09:15:39 listening",
         "panic: runtime error: index out of range [5] with length 3 [recovered]\n"
         "\tpanic: again\n"
         "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a1b2c]\n"
         "\n"
         "goroutine 1 [running]:\n"
         "main.(*Server).handle(0xc000010000, {0x1, 0x2})\n"
         "\t/src/main.go:8 +0x1d\n"
         "main.main()\n"
         "\t/src/main.go:20 +0x85\n"
         "\n"
         "goroutine 18 [chan receive, 2 minutes]:\n"
         "net/http.(*conn).serve(0xc0000b4000)\n"
         "\t/usr/local/go/src/net/http/server.go:1995 +0x612\n"
         "created by net/http.(*Server).Serve in goroutine 1\n"
         "\t/usr/local/go/src/net/http/server.go:3089 +0x5ed\n"
         "exit status 2",
         "2026/11/20 09:15:41 started again"},
        {TraceKind::kGo});
}

TEST(StackTracesTest, GoWhatTheHttpServerLogs) {
  Check({"2026/11/20 09:15:39 http: panic serving 10.0.0.1:5000: boom\n"
         "goroutine 34 [running]:\n"
         "net/http.(*conn).serve.func1()\n"
         "\t/usr/local/go/src/net/http/server.go:1868 +0xb9\n"
         "panic({0x63a1a0?, 0x6f2d30?})\n"
         "\t/usr/local/go/src/runtime/panic.go:920 +0x270\n"
         "main.handler({0x6f5b58, 0xc000122000}, 0xc000112000)\n"
         "\t/src/main.go:11 +0x25",
         "2026/11/20 09:15:40 main.handler(ok)"},
        {TraceKind::kGo});
  Check(
      {"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.main()\n\t/a.go:4",
       "", "next(call)", "x"},
      {TraceKind::kGo});
}

TEST(StackTracesTest, SeveralPresetsTogether) {
  Check({"2026-11-20 INFO a", "b\njava.lang.Error: x\n\tat A.b(A.java:1)",
         "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: y",
         "panic: z\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:4", "{\"json\": 1}", "<30>syslog", ""},
        {TraceKind::kJava, TraceKind::kPython, TraceKind::kGo});
}

}  // namespace
}  // namespace sluice::agent
