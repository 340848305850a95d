// Any bytes through every way to cut them into records: all of them come out, in order, however they arrive; and
// reading again from any record gives the same.
//
// The first byte chooses what is configured, the second the bound, the third how the bytes arrive; the rest is the
// file.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/frame/container_framer.h"
#include "agent/frame/framing.h"
#include "agent/frame/group_framer.h"

namespace sluice::agent {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Cut {
  uint64_t offset;
  uint64_t next;
  v1::LinePart part;
  std::string text;
  friend bool operator==(const Cut&, const Cut&) = default;
};

Framing FramingOf(uint8_t choice) {
  FramingOptions options;
  constexpr Encoding kEncodings[] = {Encoding::kUtf8, Encoding::kUtf16Le, Encoding::kUtf16Be, Encoding::kLatin1};
  options.encoding = kEncodings[choice & 3];
  switch (choice >> 2 & 7) {
    case 1:
      options.multiline = MultilineOptions{.indented = true, .lines_max = 3};
      break;
    case 2:
      options.multiline = MultilineOptions{.start = "^[0-9]"};
      break;
    case 3:
      options.multiline = MultilineOptions{.presets = {TraceKind::kJava, TraceKind::kPython, TraceKind::kGo}};
      break;
    case 4:
      options.container = Container::kCri;
      break;
    case 5:
      options.container = Container::kDockerJson;
      break;
    case 6:
      options.container = Container::kCri;
      options.multiline = MultilineOptions{.presets = {TraceKind::kJava}};
      break;
    default:
      break;
  }
  if (options.container != Container::kNone) options.encoding = Encoding::kUtf8;
  return *Framing::Create(options);
}

class Reading {
 public:
  Reading(const Framing& framing, size_t max) : framing_(framing), groups_(max), containers_(max) {
    groups_.Use(framing.encoding(), framing.rule(), framing.lines_max());
    containers_.Use(framing.container(), framing.rule(), framing.lines_max());
  }

  void StartAt(std::string_view file, uint64_t offset) {
    offset_ = offset;
    if (framing_.container() != Container::kNone) {
      const uint64_t before = std::min<uint64_t>(offset, ContainerFramer::kLookBackBytes + 1);
      state_ = containers_.StateBehind(file.substr(offset - before, before), offset);
    } else {
      state_ = {.known = true, .inside = offset > 0 && !EndsWithNewline(framing_.encoding(), file, offset)};
    }
  }

  void Read(std::string_view file, size_t chunk, bool finishing) {
    Framer* const framer = framing_.container() != Container::kNone ? static_cast<Framer*>(&containers_) : &groups_;
    for (bool at_end = false; !at_end;) {
      at_end = file.size() - offset_ <= chunk;
      // The bytes end where their memory ends.
      const std::vector<char> exact(file.begin() + static_cast<ptrdiff_t>(offset_),
                                    file.begin() + static_cast<ptrdiff_t>(std::min(file.size(), offset_ + chunk)));
      framer->Begin(
          {.bytes = {exact.data(), exact.size()}, .offset = offset_, .at_end = at_end, .finishing = finishing}, state_);
      const uint64_t before = offset_;
      Frame frame;
      while (framer->Next(&frame)) {
        Require(frame.offset <= frame.next && frame.next <= file.size(), "out of the file");
        cuts_.push_back({frame.offset, frame.next, frame.part, std::string(frame.text)});
        offset_ = frame.next;
        state_ = frame.after;
      }
      Require(at_end || offset_ > before, "stands still");
    }
  }
  const std::vector<Cut>& cuts() const { return cuts_; }

 private:
  const Framing& framing_;
  GroupFramer groups_;
  ContainerFramer containers_;
  uint64_t offset_ = 0;
  FrameState state_ = {.known = true};
  std::vector<Cut> cuts_;
};

void CheckFile(const Framing& framing, size_t max, size_t chunk, std::string_view file) {
  Reading whole(framing, max);
  whole.Read(file, file.size() + 1, true);
  uint64_t at = file.empty() ? 0 : MarkBytes(framing.encoding(), file);
  for (const Cut& cut : whole.cuts()) {
    Require(cut.offset == at, "a gap");
    at = cut.next;
  }
  Require(at == file.size(), "the end is missing");

  Reading grown(framing, max);
  for (size_t size = 0; size < file.size(); size += chunk / 3) grown.Read(file.substr(0, size), chunk, false);
  grown.Read(file, chunk, true);
  Require(grown.cuts() == whole.cuts(), "depends on how the bytes arrive");

  for (size_t i = 1; i < whole.cuts().size(); i += 1 + whole.cuts().size() / 8) {
    Reading again(framing, max);
    again.StartAt(file, whole.cuts()[i].offset);
    again.Read(file, chunk, true);
    Require(std::equal(again.cuts().begin(), again.cuts().end(), whole.cuts().begin() + static_cast<ptrdiff_t>(i),
                       whole.cuts().end()),
            "read again, it is something else");
  }
}

}  // namespace
}  // namespace sluice::agent

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  const size_t max = 4 + data[1];
  const size_t chunk = 2 * max + 8 + data[2];
  const std::string_view file(reinterpret_cast<const char*>(data) + 3, size - 3);
  sluice::agent::CheckFile(sluice::agent::FramingOf(data[0]), max, chunk, file);
  return 0;
}
