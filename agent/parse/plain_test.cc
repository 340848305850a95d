#include "agent/parse/plain.h"

#include <string>
#include <string_view>
#include <vector>

#include "agent/parse/show.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

struct Row {
  std::string_view text;
  std::string_view found;
};

void Check(const Row& row) {
  const std::vector<char> exact(row.text.begin(), row.text.end());
  TimeReader times;
  times.set_now(kTestNow);
  ParsedLine line;
  ParsePlain({exact.data(), exact.size()}, &times, &line);
  EXPECT_EQ(Show(line), row.found) << row.text;
}

TEST(PlainTest, Syslog) {
  constexpr Row kRows[] = {
      {"<34>Nov 20 09:15:39 mymachine su: 'su root' failed for x", "2026-11-20T09:15:39Z FATAL <34>"},
      {"<165>1 2026-11-20T09:15:39.003Z host app - ID47 [a@1 b=\"c\"] x", "2026-11-20T09:15:39.003Z INFO <165>"},
      {"<165>1 - host app - - - ERROR x", "- INFO <165>"},
      {"<13>2026-11-20T09:15:39+01:00 host app: x", "2026-11-20T08:15:39Z INFO <13>"},
      {"<3>Failed", "- ERROR <3>"},
      {"Nov 20 09:15:39 web-1 sshd[12]: error: maximum authentication attempts", "2026-11-20T09:15:39Z ERROR error"},
      {"Nov 20 09:15:39 localhost app[12]: ERROR: x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"Nov 20 09:15:39 localhost app: [warn] x", "2026-11-20T09:15:39Z WARN warn"},
      {"Nov 20 09:15:39 localhost CRON[12]: (root) CMD (x)", "2026-11-20T09:15:39Z - -"},
      {"Nov 20 09:15:39 localhost kernel: [   12.345] EXT4-fs error (device sda1): x", "2026-11-20T09:15:39Z - -"},
      {"Nov 20 09:15:39 localhost NetworkManager[1]: <warn>  [1795166139.1] x", "2026-11-20T09:15:39Z WARN warn"},
      {"Nov 20 09:15:39 localhost app[1]: {\"level\":\"error\",\"time\":\"2020-01-01T00:00:00Z\"}",
       "2026-11-20T09:15:39Z ERROR error"},
      {"Nov 20 09:15:39 localhost dockerd[1]: time=\"2026-11-20T09:15:38Z\" level=info msg=\"x\"",
       "2026-11-20T09:15:39Z INFO info"},
      {"Nov 20 09:15:39 localhost kubelet[1]: E1120 09:15:38.123456    1 x.go:1] y", "2026-11-20T09:15:39Z ERROR E"},
      {"Nov 20 09:15:39 localhost app[1]: 2026-11-20 09:15:38 WARN x", "2026-11-20T09:15:39Z WARN WARN"},
      {"2026-11-20T09:15:39.123456+00:00 host systemd[1]: Failed to start x", "2026-11-20T09:15:39.123456Z - -"},
      {"2026-11-20T09:15:39+0000 host app[1]: ERROR x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"Nov 20 09:15:39 10.0.0.1 haproxy[1]: 10.0.0.2:33 [20/Nov/2026:09:15:38.655] in out",
       "2026-11-20T09:15:39Z - -"},
      {"Nov 20 2026 09:15:39: %ASA-4-106023: Deny tcp", "2026-11-20T09:15:39Z - -"},
  };
  for (const Row& row : kRows) Check(row);
}

TEST(PlainTest, ServersAndDatabases) {
  constexpr Row kRows[] = {
      {"2026/11/20 09:15:39 [error] 123#0: *1 open() \"/x\" failed", "2026-11-20T09:15:39Z ERROR error"},
      {"[Fri Nov 20 09:15:39.123456 2026] [core:error] [pid 1:tid 2] x", "2026-11-20T09:15:39.123456Z ERROR error"},
      {"[Fri Nov 20 09:15:39 2026] [notice] x", "2026-11-20T09:15:39Z INFO notice"},
      {"2026-11-20 09:15:39.123 UTC [123] ERROR:  relation \"x\" does not exist",
       "2026-11-20T09:15:39.123Z ERROR ERROR"},
      {"2026-11-20 09:15:39.123 CET [123] user@db LOG:  x", "2026-11-20T08:15:39.123Z INFO LOG"},
      {"2026-11-20 09:15:39.123 BRT [123] FATAL:  x", "2026-11-20T09:15:39.123Z FATAL FATAL"},
      {"2026-11-20 09:15:39.123 UTC [123] STATEMENT:  SELECT", "2026-11-20T09:15:39.123Z - -"},
      {"1234:M 20 Nov 2026 09:15:39.123 * Ready", "2026-11-20T09:15:39.123Z INFO *"},
      {"2026-11-20T09:15:39.123456Z 0 [Warning] [MY-010068] [Server] x", "2026-11-20T09:15:39.123456Z WARN Warning"},
      {"2026-11-20T09:15:39.123+0000 I NETWORK  [conn1] x", "2026-11-20T09:15:39.123Z INFO I"},
      {"2026.11.20 09:15:39.123456 [ 123 ] {} <Error> Foo: x", "2026-11-20T09:15:39.123456Z ERROR Error"},
      {"2026-11-20 09:15:39.123456 I | etcdmain: x", "2026-11-20T09:15:39.123456Z INFO I"},
      {"2026-11-20 09:15:39.123456+00:00 [info] <0.123.0> x", "2026-11-20T09:15:39.123456Z INFO info"},
      {"[2026-11-20 09:15:39.123][12][warning][main] [source/x.cc:1] y", "2026-11-20T09:15:39.123Z WARN warning"},
      {"[2026-11-20T09:15:39,123][INFO ][o.e.n.Node               ] [n] x", "2026-11-20T09:15:39.123Z INFO INFO"},
      {"20-Nov-2026 09:15:39.123 SEVERE [main] org.apache.x", "2026-11-20T09:15:39.123Z ERROR SEVERE"},
      {"[20-Nov-2026 09:15:39 UTC] PHP Warning:  x in y", "2026-11-20T09:15:39Z WARN Warning"},
      {"[20-Nov-2026 09:15:39] NOTICE: fpm is running", "2026-11-20T09:15:39Z INFO NOTICE"},
      {"2026-11-20T09:15:39.123Z|00001|vlog|INFO|opened log file", "2026-11-20T09:15:39.123Z INFO INFO"},
      {"1795166139.123    56 10.0.0.1 TCP_MISS/200 12 GET http://x", "2026-11-20T09:15:39.123Z - -"},
      {"I1120 09:15:39.123456       1 main.go:12] x", "2026-11-20T09:15:39.123456Z INFO I"},
      {"2026-11-20T09:15:39.123456789Z stderr F {\"level\":\"error\"}", "2026-11-20T09:15:39.123456789Z ERROR error"},
      {"2026-11-20T09:15:39.1Z stdout P 2026-11-20 09:15:38 WARN x", "2026-11-20T09:15:39.1Z WARN WARN"},
      {"2026-11-20T09:15:39.1Z stdout F error: x", "2026-11-20T09:15:39.1Z ERROR error"},
  };
  for (const Row& row : kRows) Check(row);
}

TEST(PlainTest, LanguagesAndLibraries) {
  constexpr Row kRows[] = {
      {"2026-11-20 09:15:39,123 ERROR [thread one] c.f.B - x", "2026-11-20T09:15:39.123Z ERROR ERROR"},
      {"2026-11-20 09:15:39,123 [http-nio-8080-exec-1] WARN  c.f.B - x", "2026-11-20T09:15:39.123Z WARN WARN"},
      {"11/20/2026 09:15:39 INFO x", "2026-11-20T09:15:39Z INFO INFO"},
      {"1/5/2026 9:15:39 AM INFO x", "2026-01-05T09:15:39Z INFO INFO"},
      {"26/11/20 09:15:39 WARN TaskSetManager: Lost task 0.0", "2026-11-20T09:15:39Z WARN WARN"},
      {"[20.11.2026 09:15:39] ERROR x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"Fri Nov 20 09:15:39 UTC 2026: ERROR x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"20261120T091539Z ERROR x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"INFO 11/20/2026 09:15:39 x", "2026-11-20T09:15:39Z INFO INFO"},
      {"1795166139 ERROR x", "- - -"},
      {"2026-11-20 09:15:39.123  INFO 1234 --- [main] c.e.App : x", "2026-11-20T09:15:39.123Z INFO INFO"},
      {"2026-11-20 09:15:39,123 main ERROR x", "2026-11-20T09:15:39.123Z ERROR ERROR"},
      {"09:15:39.123 [main] DEBUG c.f.B -- x", "- DEBUG DEBUG"},
      {"INFO  [main] 2026-11-20 09:15:39,123 Foo.java:12 - x", "2026-11-20T09:15:39.123Z INFO INFO"},
      {"Nov 20, 2026 9:15:39 AM com.foo.Bar baz", "2026-11-20T09:15:39Z - -"},
      {"SEVERE: x", "- ERROR SEVERE"},
      {"2026-11-20 09:15:39,123 - my.module - WARNING - x", "2026-11-20T09:15:39.123Z WARN WARNING"},
      {"2026-11-20 09:15:39,123 - name - WARNING - x", "2026-11-20T09:15:39.123Z WARN WARNING"},
      {"2026-11-20 09:15:39,123 - util.py[DEBUG]: x", "2026-11-20T09:15:39.123Z DEBUG DEBUG"},
      {"[2026-11-20 09:15:39,123: INFO/MainProcess] Task x", "2026-11-20T09:15:39.123Z INFO INFO"},
      {"[2026-11-20 09:15:39 +0000] [12] [INFO] Booting worker", "2026-11-20T09:15:39Z INFO INFO"},
      {"ERROR:root:x", "- ERROR ERROR"},
      {"INFO:     127.0.0.1:1 - \"GET / HTTP/1.1\" 200 OK", "- INFO INFO"},
      {"I, [2026-11-20T09:15:39.123456 #12]  INFO -- : x", "2026-11-20T09:15:39.123456Z INFO I"},
      {"[2026-11-20 09:15:39] app.ERROR: x {\"a\":1} []", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"[2026-11-20T09:15:39.123456+00:00] request.INFO: x", "2026-11-20T09:15:39.123456Z INFO INFO"},
      {"2026/11/20 09:15:39 x", "2026-11-20T09:15:39Z - -"},
      {"2026/11/20 09:15:39 main.go:12: ERROR: x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"2026/11/20 09:15:39 INFO x a=b", "2026-11-20T09:15:39Z INFO INFO"},
      {"ERROR: 2026/11/20 09:15:39 main.go:12: x", "2026-11-20T09:15:39Z ERROR ERROR"},
      {"INFO[0000] x", "- INFO INFO"},
      {"2026-11-20T09:15:39.123Z\tinfo\tlogger\tx", "2026-11-20T09:15:39.123Z INFO info"},
      {"2026-11-20T09:15:39.123Z [INFO]  agent: x", "2026-11-20T09:15:39.123Z INFO INFO"},
      {"[2026-11-20T09:15:39Z INFO  my::module] x", "2026-11-20T09:15:39Z INFO INFO"},
      {"2026-11-20T09:15:39.123456Z  WARN my_app: x", "2026-11-20T09:15:39.123456Z WARN WARN"},
      {"[09:15:39 INF] x", "- INFO INF"},
      {"[09:15:39] [Server thread/WARN]: x", "- WARN WARN"},
      {"2026-11-20 09:15:39.123 +00:00 [ERR] x", "2026-11-20T09:15:39.123Z ERROR ERR"},
      {"panic: runtime error: x", "- FATAL panic"},
      {"main.c:12:3: error: expected ';'", "- ERROR error"},
      {"E: Unable to locate package x", "- ERROR E"},
      {"[error] x", "- ERROR error"},
      {"<Error> x", "- ERROR Error"},
      {"ERROR: x", "- ERROR ERROR"},
      {"INFO  x", "- INFO INFO"},
      {"2026-11-20 09:15:39 status installed x:amd64 1.0", "2026-11-20T09:15:39Z - -"},
      {"Start-Date: 2026-11-20  09:15:39", "2026-11-20T09:15:39Z - -"},
      {"Log started: 2026-11-20  09:15:39", "2026-11-20T09:15:39Z - -"},
      {"update-alternatives 2026-11-20 09:15:39: run with x", "2026-11-20T09:15:39Z - -"},
      {"level=error ts=2026-11-20T09:15:39.123Z msg=x", "2026-11-20T09:15:39.123Z ERROR error"},
      {"2026-11-20T09:15:39.123Z level=error msg=x", "2026-11-20T09:15:39.123Z ERROR error"},
  };
  for (const Row& row : kRows) Check(row);
}

TEST(PlainTest, WordsOfTheMessageAreNoLevels) {
  constexpr Row kRows[] = {
      {"no error occurred", "- - -"},
      {"No ERROR occurred", "- - -"},
      {"NO ERROR OCCURRED", "- - -"},
      {"An error: x", "- - -"},
      {"errors: 0, warnings: 0", "- - -"},
      {"error", "- - -"},
      {"error in x", "- - -"},
      {"ERRORS found", "- - -"},
      {"I am fine", "- - -"},
      {"a debug (info) x", "- - -"},
      {"404 ERROR page requested", "- - -"},
      {"2026-11-20 09:15:39 no error occurred", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 NO ERROR OCCURRED", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 this is an ERROR message", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 got it [error] x", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 error occurred", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 I am here", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 ERRORLEVEL is 1", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 x y level=error", "2026-11-20T09:15:39Z - -"},
      {"2026-11-20 09:15:39 \xc3\xbc"
       "ber alle ERROR",
       "2026-11-20T09:15:39Z - -"},
      {"job for 2026-11-20 09:15:39 done", "- - -"},
      {"ERROR: job of 2026-11-20 09:15:39 failed", "- ERROR ERROR"},
      {"1234567890 items", "- - -"},
      {"\tat com.foo.Bar.baz(Bar.java:12)", "- - -"},
      {"    ERROR_CODE = 5", "- - -"},
      {"<html>", "- - -"},
      {"------", "- - -"},
      {"[[[[[[", "- - -"},
      {"", "- - -"},
  };
  for (const Row& row : kRows) Check(row);
}

TEST(PlainTest, LooksOnlyAtTheHeadOfALine) {
  std::string numbers = "2026-11-20 09:15:39";
  for (int i = 0; i < 20; ++i) numbers += " 12:3" + std::to_string(i);
  Check({numbers + " ERROR", "2026-11-20T09:15:39Z - -"});
  Check({"2026-11-20 09:15:39 " + std::string(100'000, 'x') + " ERROR", "2026-11-20T09:15:39Z - -"});
  Check({"[" + std::string(100, 'x') + " [error]", "- - -"});
}

}  // namespace
}  // namespace sluice::agent
