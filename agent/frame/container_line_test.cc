#include "agent/frame/container_line.h"

#include <string>
#include <string_view>

#include "base/strings.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

// "stdout F text", or "error text"; attributes behind.
std::string Show(Container container, std::string_view line) {
  Unwrapper unwrapper;
  ContainerLine out;
  if (!unwrapper.Unwrap(container, line, &out)) return out.text == line ? "no" : "no, and changed";
  std::string shown = StrCat(out.time, "|", kContainerStreams[out.stream], "|", out.partial ? "P" : "F", "|", out.text);
  for (const auto& [name, value] : out.attributes) StrAppend(&shown, "|", name, "=", value);
  return shown;
}

TEST(ContainerLineTest, Cri) {
  constexpr auto kCri = Container::kCri;
  EXPECT_EQ(Show(kCri, "2016-10-06T00:17:09.669794202Z stdout F log content"),
            "2016-10-06T00:17:09.669794202Z|stdout|F|log content");
  EXPECT_EQ(Show(kCri, "2016-10-06T00:17:09.669794203+02:00 stderr P:tag a  b "),
            "2016-10-06T00:17:09.669794203+02:00|stderr|P|a  b ");
  EXPECT_EQ(Show(kCri, "2016-10-06T00:17:09.6Z stdout F "), "2016-10-06T00:17:09.6Z|stdout|F|") << "an empty line";
  EXPECT_EQ(Show(kCri, "2016-10-06T00:17:09.6Z stdout F"), "2016-10-06T00:17:09.6Z|stdout|F|");
  for (std::string_view bad : {"", " ", "2016-10-06T00:17:09.6Z", "2016-10-06T00:17:09.6Z stdout", "x stdout F y",
                               "2016-10-06T00:17:09.6Z stdin F y", "2016-10-06T00:17:09.6Z stdout X y",
                               "2016-10-06 00:17:09.6Z stdout F y", "{\"log\":\"a\\n\"}"}) {
    EXPECT_EQ(Show(kCri, bad), "no") << bad;
  }
}

TEST(ContainerLineTest, Docker) {
  constexpr auto kDocker = Container::kDockerJson;
  EXPECT_EQ(Show(kDocker, R"({"log":"a \"b\"\té\u00e9\n","stream":"stderr","time":"2026-11-20T09:15:39.1Z"})"),
            "2026-11-20T09:15:39.1Z|stderr|F|a \"b\"\téé");
  EXPECT_EQ(Show(kDocker,
                 R"({"log":"part","stream":"stdout","attrs":{"tag":"web","n\n":"1"},"time":"2026-11-20T09:15:39Z"})"),
            "2026-11-20T09:15:39Z|stdout|P|part|attrs.tag=web|attrs.n\n=1");
  EXPECT_EQ(Show(kDocker, R"( {"time":"2026-11-20T09:15:39Z", "stream":"stdout", "log":"\n"} )"),
            "2026-11-20T09:15:39Z|stdout|F|");
  for (std::string_view bad : {"", "{}", "[]", "null", "text", R"({"log":"a\n","stream":"stdout"})",
                               R"({"log":1,"stream":"stdout","time":"2026-11-20T09:15:39Z"})",
                               R"({"log":"a\n","stream":"stdout","time":"2026-11-20T09:15:39Z"} x)",
                               R"({"log":"a\n","stream":"stdout","time":"2026-11-20T09:15:39Z")",
                               R"({"log":"a\n","stream":"other","time":"2026-11-20T09:15:39Z"})",
                               R"({"log":"a\n","stream":"stdout","time":"noon"})",
                               "{\"log\":\"\xff\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T09:15:39Z\"}"}) {
    EXPECT_EQ(Show(kDocker, bad), "no") << bad;
  }
}

}  // namespace
}  // namespace sluice::agent
