// The lines that container runtimes write: each wraps a line of the program inside, or a part of one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/frame/framing.h"

namespace sluice::agent {

// A line of the program in the container. The views live until the next line is unwrapped, and as long as that line.
struct ContainerLine {
  std::string_view text;  // without its newline
  std::string_view time;  // RFC 3339
  size_t stream = 0;      // of kContainerStreams
  bool partial = false;   // the line goes on in the stream's next one
  // Docker's `attrs`, named attrs.NAME.
  std::vector<std::pair<std::string_view, std::string_view>> attributes;
  std::string_view error;  // why the line is no such wrapper; text is then the line as it stands
};

inline constexpr std::string_view kContainerStreams[] = {"stdout", "stderr"};

// One thread.
class Unwrapper {
 public:
  Unwrapper();
  ~Unwrapper();

  // `line` comes without its newline. False, with an error, if it is no wrapper. `container` is not kNone.
  //   kCri:        2026-11-20T09:15:39.123456789Z stdout F the line     (P: a part of one)
  //   kDockerJson: {"log":"the line\n","stream":"stdout","time":"…"}    (without \n: a part of one)
  bool Unwrap(Container container, std::string_view line, ContainerLine* out);

 private:
  struct Json;

  bool UnwrapCri(std::string_view line, ContainerLine* out);
  bool UnwrapDocker(std::string_view line, ContainerLine* out);

  std::unique_ptr<Json> json_;  // once it is needed
};

}  // namespace sluice::agent
