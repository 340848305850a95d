#include "agent/parse/syslog.h"

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
  const std::string_view reason = ParseSyslog(text, fields, &times, &line);
  return reason.empty() ? Show(line) : "! " + std::string(reason);
}

struct Row {
  std::string_view text;
  std::string_view found;
};

// The examples of RFC 5424, section 6.5, and more.
TEST(SyslogTest, ReadsRfc5424) {
  constexpr Row kRows[] = {
      {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' failed for lonvick",
       "2003-10-11T22:14:15.003Z FATAL <34> facility=auth hostname=mymachine.example.com appname=su msgid=ID47"},
      {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
       "2003-08-24T12:14:15.000003Z INFO <165> facility=local4 hostname=192.0.2.1 appname=myproc procid=8710"},
      {R"(<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] An application event)",
       "2003-10-11T22:14:15.003Z INFO <165> facility=local4 hostname=mymachine.example.com appname=evntslog msgid=ID47 "
       "exampleSDID@32473.iut=3 exampleSDID@32473.eventSource=Application exampleSDID@32473.eventID=1011"},
      {R"(<165>1 2003-10-11T22:14:15.003Z m e - ID47 [exampleSDID@32473 iut="3"][examplePriority@32473 class="high"])",
       "2003-10-11T22:14:15.003Z INFO <165> facility=local4 hostname=m appname=e msgid=ID47 exampleSDID@32473.iut=3 "
       "examplePriority@32473.class=high"},
      {"<0>1 - - - - - -", "- FATAL <0> facility=kern"},
      {"<191>1 - - - - - - x", "- DEBUG <191> facility=local7"},
      {R"(<13>1 - h - - - [a@1 b="q \" b \\ c \] n\n"][e] x)",
       R"(- INFO <13> facility=user hostname=h a@1.b=q " b \ c ] n\n)"},
      {R"(<13>1 - h - - - [o ip="1" ip="2"] x)", "- INFO <13> facility=user hostname=h o.ip=1"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Found(row.text), row.found) << row.text;
}

TEST(SyslogTest, ReadsRfc3164AndWhatFilesHave) {
  constexpr Row kRows[] = {
      // The examples of RFC 3164, section 5.4, as far as it calls them well-formed.
      {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
       "2026-10-11T22:14:15Z FATAL <34> facility=auth hostname=mymachine appname=su"},
      {"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "2026-02-05T17:32:18Z INFO <13> facility=user hostname=10.0.0.99"},
      // Files of rsyslog and syslog-ng.
      {"Nov 20 09:15:39 web-1 sshd[712]: error: kex_exchange_identification",
       "2026-11-20T09:15:39Z ERROR error hostname=web-1 appname=sshd procid=712"},
      {"2026-11-20T09:15:39.123456+01:00 web-1 systemd[1]: Started x.",
       "2026-11-20T08:15:39.123456Z - - hostname=web-1 appname=systemd procid=1"},
      {"Nov 20 09:15:39 web-1 postfix/smtpd[9]: x",
       "2026-11-20T09:15:39Z - - hostname=web-1 appname=postfix/smtpd procid=9"},
      {"Nov 20 09:15:39 web-1 kernel: [1.2] x", "2026-11-20T09:15:39Z - - hostname=web-1 appname=kernel"},
      {"Nov 20 09:15:39 web-1 -- MARK --", "2026-11-20T09:15:39Z - - hostname=web-1"},
      {"Nov 20 09:15:39 web-1 last message repeated 2 times", "2026-11-20T09:15:39Z - - hostname=web-1"},
      {"<34>Nov 20 09:15:39 su[1]: x", "2026-11-20T09:15:39Z FATAL <34> facility=auth appname=su procid=1"},
      {"<191>Nov 20 2026 09:15:39: %ASA-4-106023: Deny",
       "2026-11-20T09:15:39Z DEBUG <191> facility=local7 appname=%ASA-4-106023"},
      {"<13>Nov 20 09:15:39 fe80::1 app: x",
       "2026-11-20T09:15:39Z INFO <13> facility=user hostname=fe80::1 appname=app"},
      {"<13>Nov 20 09:15:39 h", "2026-11-20T09:15:39Z INFO <13> facility=user hostname=h"},
      {"<13>Nov 20 09:15:39", "2026-11-20T09:15:39Z INFO <13> facility=user"},
      {"<13>Nov 20 09:15:39 h app:", "2026-11-20T09:15:39Z INFO <13> facility=user hostname=h appname=app"},
      {"<13>Nov 20 09:15:39 h app[1", "2026-11-20T09:15:39Z INFO <13> facility=user hostname=h"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Found(row.text), row.found) << row.text;
}

TEST(SyslogTest, SaysWhatIsWrong) {
  constexpr Row kRows[] = {
      {"", "! no syslog header"},
      {"text", "! no syslog header"},
      {"1795166139 x", "! no syslog header"},
      {"{\"a\":1}", "! no syslog header"},
      {"<192>Nov 20 09:15:39 h x", "! no syslog header"},
      {"<>Nov 20 09:15:39 h x", "! no syslog header"},
      {"<34", "! no syslog header"},
      {"<34>", "! no time in the syslog header"},
      {"<34>x", "! no time in the syslog header"},
      {"<34>2 2026-11-20T09:15:39Z h a - - - x", "! no time in the syslog header"},
      {"<34>1 2026-11-20 h a - - - x", "! no time in the syslog header"},
      {"<34>1 ", "! no time in the syslog header"},
      {"<34>1 -", "! unfinished syslog header"},
      {"<34>1 - h a p", "! unfinished syslog header"},
      {"<34>1 - h a p m", "! unfinished syslog header"},
      {"<34>1 - h a p m x", "! malformed structured data"},
      {"<34>1 - h a p m [", "! malformed structured data"},
      {"<34>1 - h a p m []", "! malformed structured data"},
      {"<34>1 - h a p m [a b]", "! malformed structured data"},
      {"<34>1 - h a p m [a b=c]", "! malformed structured data"},
      {R"(<34>1 - h a p m [a b="c)", "! malformed structured data"},
      {R"(<34>1 - h a p m [a b="c")", "! malformed structured data"},
      {R"(<34>1 - h a p m [a b="c" ])", "! malformed structured data"},
      {R"(<34>1 - h a p m [a ="c"])", "! malformed structured data"},
      {R"(<34>1 - h a p m [a b="c"]x)", "! malformed structured data"},
  };
  for (const Row& row : kRows) EXPECT_EQ(Found(row.text), row.found) << row.text;
}

TEST(SyslogTest, GivesTheWantedFieldsOnly) {
  constexpr std::string_view kText = R"(<13>1 - h app 7 id [a@1 b="1\"" c="2"][d e="3"] x)";
  EXPECT_EQ(Found(kText, *FieldSelection::Named({"appname", "a@1.c"})), "- INFO <13> appname=app a@1.c=2");
  EXPECT_EQ(Found(kText, FieldSelection::None()), "- INFO <13>");
  EXPECT_EQ(Found("Nov 20 09:15:39 web-1 sshd[712]: x", FieldSelection::None()), "2026-11-20T09:15:39Z - -");
}

}  // namespace
}  // namespace sluice::agent
