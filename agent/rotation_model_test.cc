// Rotation against the agent, step by step: what logrotate does, in all its modes, is cut into single operations, and
// each of them may come between any two looks that the agent takes at the file system; meanwhile the agent is killed,
// its connection breaks, its checkpoint is old or lost. Every line must arrive once, and all of them in the order in
// which they were written. SLUICE_SEED repeats one run and tells what happens; see agent/testing/model_runs.h.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/testing/model_runs.h"
#include "agent/testing/test_host.h"
#include "gtest/gtest.h"
#include "zlib.h"

namespace sluice::agent {
namespace {

constexpr int kRuns = 400;
constexpr int kRotationsMax = 5;
constexpr int64_t kSecond = 1'000'000'000;

enum class Compress { kNever, kAtOnce, kDelayed };
// "app.log.1", "app.1.log", "old/app.log.1".
enum class Naming { kSuffix, kExtension, kOldDirectory };

struct Mode {
  const char* name;
  bool copies;  // copytruncate
  bool dates;   // dateext
  Compress compress;
};

constexpr Mode kModes[] = {
    {"create", false, false, Compress::kNever},
    {"compress", false, false, Compress::kAtOnce},
    {"delaycompress", false, false, Compress::kDelayed},
    {"dateext", false, true, Compress::kNever},
    {"dateext-compress", false, true, Compress::kAtOnce},
    {"dateext-delaycompress", false, true, Compress::kDelayed},
    {"copytruncate", true, false, Compress::kNever},
    {"copytruncate-compress", true, false, Compress::kAtOnce},
    {"copytruncate-delaycompress", true, false, Compress::kDelayed},
    {"copytruncate-dateext", true, true, Compress::kNever},
    {"copytruncate-dateext-compress", true, true, Compress::kAtOnce},
};

std::string Packed(const std::string& plain) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, plain.size()) + 32, '\0');
  std::string input = plain;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  EXPECT_EQ(deflateEnd(&stream), Z_OK);
  return packed;
}

const Mode& ModeOf(uint64_t seed) { return kModes[seed % std::size(kModes)]; }

Naming NamingOf(uint64_t seed) {
  const uint64_t kind = seed % 7;
  return kind == 3 ? Naming::kExtension : kind == 6 ? Naming::kOldDirectory : Naming::kSuffix;
}

// Of the youngest rotated file: logrotate's `start`.
int FirstNumberOf(uint64_t seed) { return seed % 9 == 4 ? 0 : 1; }

enum class CopyBegins { kEmpty, kHalfDone };

class Rotation {
 public:
  explicit Rotation(uint64_t seed, CopyBegins copy_begins = CopyBegins::kEmpty)
      : random_(seed),
        mode_(ModeOf(seed)),
        naming_(NamingOf(seed)),
        first_number_(FirstNumberOf(seed)),
        copy_begins_(copy_begins),
        host_(OptionsOf(seed)) {
    line_bytes_max_ = seed % 3 == 0 ? 20 : 300;
    percent_meanwhile_ = seed % 4 == 0 ? 0 : 1 + Pick(12);
  }

  void Run() {
    Trace("mode ", mode_.name, ", naming ", static_cast<int>(naming_), ", numbers from ", first_number_);
    if (naming_ == Naming::kOldDirectory) host_.MakeDirectory("old");
    Write();
    host_.NextTick();  // a copy is born later than its original
    if (Chance(70)) Start();
    host_.files().Meanwhile([this] {
      if (percent_meanwhile_ > 0 && Chance(percent_meanwhile_)) Step();
    });
    for (int rotation = 1 + Pick(kRotationsMax); rotation > 0; --rotation) {
      ++rotation_;
      PlanRotation();
      while (!plan_.empty() && !::testing::Test::HasFailure()) {
        if (Chance(60)) Act();
        Step();
      }
      while (Chance(70)) Act();
    }
    host_.files().Meanwhile(nullptr);
    Write();
    if (!host_.running()) Start();
    host_.collector().Disconnect();
    host_.SettleAll();
    Check();
  }

 private:
  static TestHost::Options OptionsOf(uint64_t seed) {
    TestHost::Options options;
    options.tailer.window_bytes = seed % 3 == 1 ? 1500 : 16 << 20;
    options.tailer.message_bytes = seed % 5 == 0 ? 700 : 1 << 20;
    options.tailer.reader.max_line_bytes = 1024;
    options.tailer.reader.chunk_bytes = seed % 2 == 0 ? 4096 : 1 << 20;
    options.inotify = seed % 13 != 0;
    if (seed % 17 == 0) options.watches_max = 0;
    options.source.exclude = {};
    // Lines with an odd number go on with the record before.
    if (seed % 10 == 7) options.source.framing.multiline = MultilineOptions{.continuation = R"(^\d*[13579] )"};
    return options;
  }

  int Pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }
  bool Exists(const std::string& name) const { return std::filesystem::exists(host_.Path(name)); }

  // What the rotating program does next.
  void Step() {
    if (plan_.empty() || stepping_) return;
    stepping_ = true;
    std::function<void()> step = std::move(plan_.front());
    plan_.pop_front();
    step();
    stepping_ = false;
  }

  void Then(std::function<void()> step) { plan_.push_back(std::move(step)); }

  // Of the generation with this mark: ".1", "-2026010111".
  std::string NameOf(const std::string& mark) const {
    if (naming_ == Naming::kExtension) return absl::StrCat("app", mark, ".log");
    return absl::StrCat(naming_ == Naming::kOldDirectory ? "old/" : "", "app.log", mark);
  }

  std::string NumberedName(int number) const { return NameOf(absl::StrCat(".", number)); }

  std::string NewName() const {
    return mode_.dates ? NameOf(absl::StrCat("-20260101", 10 + rotation_)) : NumberedName(first_number_);
  }

  // As logrotate does it: what was rotated last is compressed first, then all move on by one, then the log itself.
  void PlanRotation() {
    MayWrite();
    if (mode_.compress == Compress::kDelayed && !last_name_.empty()) PlanCompress(last_name_);
    if (!mode_.dates) {
      for (int age = rotation_; age > 0; --age) PlanMove(first_number_ + age - 1);
    }
    std::string name = last_name_ = NewName();
    mode_.copies ? PlanCopy(name) : PlanRename(name);
    if (mode_.compress == Compress::kAtOnce) PlanCompress(name);
    MayWrite();
  }

  void PlanMove(int number) {
    for (const char* packed : {"", ".gz"}) {
      std::string from = NumberedName(number) + packed;
      std::string to = NumberedName(number + 1) + packed;
      Then([this, from, to] {
        if (Exists(from)) Rename(from, to);
      });
    }
  }

  void PlanRename(const std::string& name) {
    Then([this, name] { Rename("app.log", name), writes_to_ = name; });
    MayWrite();  // the daemon has not opened its new log yet
    Then([this] { host_.Append("app.log", ""), Trace("create app.log"); });
    MayWrite();
    Then([this] { writes_to_ = "app.log"; });
    MayWrite();
  }

  void PlanCopy(const std::string& name) {
    Then([this, name] {
      copied_ = host_.Content("app.log");
      host_.WriteNew(name, copy_begins_ == CopyBegins::kEmpty ? "" : copied_.substr(0, copied_.size() / 2));
      writes_to_.clear();  // what was written now would be lost
      Trace("begin a copy ", name);
    });
    if (copy_begins_ == CopyBegins::kEmpty) {
      Then([this, name] { host_.Append(name, copied_.substr(0, copied_.size() / 2)), Trace("half a copy ", name); });
    }
    Then([this, name] { host_.Append(name, copied_.substr(copied_.size() / 2)), Trace("copy ", name); });
    Then([this] {
      host_.Truncate("app.log");
      writes_to_ = "app.log";
      Trace("truncate");
    });
    MayWrite();
  }

  void PlanCompress(const std::string& name) {
    const std::string to = name + ".gz";
    Then([this, name, to] {
      packed_ = Packed(host_.Content(name));
      host_.WriteNew(to, "");
      Trace("begin ", to);
    });
    Then([this, to] { host_.Append(to, packed_.substr(0, packed_.size() / 2)), Trace("half of ", to); });
    MayWrite();
    Then([this, to] { host_.Append(to, packed_.substr(packed_.size() / 2)), Trace("all of ", to); });
    Then([this, name, to] {
      std::filesystem::last_write_time(host_.Path(to), std::filesystem::last_write_time(host_.Path(name)));
    });
    Then([this, name] { host_.Delete(name), Trace("delete ", name); });
  }

  void MayWrite() {
    for (int count = Pick(3); count > 0; --count) {
      Then([this] { Write(); });
    }
  }

  void Write() {
    if (writes_to_.empty()) return;
    std::string bytes;
    const int first = lines_;
    for (int count = 1 + Pick(20); count > 0; --count) {
      absl::StrAppend(&bytes, lines_++, " ", std::string(static_cast<size_t>(Pick(line_bytes_max_)), 'x'), "\n");
    }
    host_.Append(writes_to_, bytes);
    Trace("write ", first, " to ", lines_ - 1, " into ", writes_to_);
  }

  void Rename(const std::string& from, const std::string& to) {
    host_.Rename(from, to);
    Trace("rename ", from, " ", to);
    NoteUntold();
  }

  // What happens to the agent.
  void Act() {
    const int action = Pick(100);
    if (!host_.running()) {
      if (action < 30) Start();
    } else if (action < 35) {
      Trace("work");
      host_.Work();
    } else if (action < 65) {
      if (!host_.collector().connected()) host_.collector().Connect();
      host_.collector().Process(static_cast<size_t>(Pick(4)), Chance(80));
      Trace("collector stores");
      host_.Work();
    } else if (action < 75) {
      Trace("settle");
      host_.Settle();
    } else if (action < 80) {
      Trace("disconnect");
      host_.collector().Disconnect();
    } else if (action < 90) {
      host_.clock().Advance(static_cast<int64_t>(Pick(40)) * kSecond / 4);
    } else if (action < 91) {
      Trace("overflow");
      if (host_.watcher() != nullptr) host_.watcher()->Overflow();
    } else if (action < 94) {
      Trace("checkpoint");
      host_.SaveCheckpoint();
    } else {
      Trace("kill");
      host_.KillAgent();
      if (Chance(20)) host_.LoseCheckpoint();
    }
  }

  void Start() {
    Trace("start");
    host_.StartAgent();
    NoteUntold();
  }

  // An agent that knows nothing and sees only app.1.log, app.2.log: they are no generations then.
  void NoteUntold() {
    const bool is_known = !host_.collector().files().empty();
    if (naming_ != Naming::kExtension || !host_.running() || is_known) return;
    is_untold_ |= !std::filesystem::exists(host_.Path("app.log"));
  }

  struct Line {
    int number;
    std::string path;
  };
  // Of records, which may be of several lines.
  static std::vector<Line> LinesOf(const std::vector<StoredLine>& records) {
    std::vector<Line> lines;
    for (const StoredLine& record : records) {
      for (const absl::string_view line : absl::StrSplit(record.bytes, '\n')) {
        lines.push_back({std::atoi(std::string(line).c_str()), record.path});
      }
    }
    return lines;
  }

  void TraceStored() {
    for (const auto& [key, lines] : host_.collector().files()) {
      const auto& [inode, birth, device, generation] = key;
      Trace("stored of inode ", inode, " born ", birth, " generation ", generation, ": ", lines.size(), " lines from ",
            lines.front().bytes.substr(0, 8), " to ", lines.back().bytes.substr(0, 8));
    }
  }

  void Check() {
    TraceStored();
    for (const auto& [key, records] : host_.collector().files()) {
      EXPECT_TRUE(std::ranges::is_sorted(LinesOf(records), {}, &Line::number))
          << "one file's lines, from " << records.front().path;
    }
    std::vector<Line> all = LinesOf(host_.collector().All());
    // What was only ever seen in another directory is another file's.
    if (naming_ == Naming::kOldDirectory || is_untold_) std::ranges::sort(all, {}, &Line::number);
    for (size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i].number, static_cast<int>(i))
          << mode_.name << ": line " << i << " of " << lines_ << ", from " << all[i].path
          << (all.size() > static_cast<size_t>(lines_) ? "; some came twice" : "");
    }
    ASSERT_EQ(all.size(), static_cast<size_t>(lines_)) << mode_.name;
    for (const auto& [reason, bytes] : host_.metrics().Losses()) EXPECT_EQ(bytes, 0) << reason;
  }

  template <typename... T>
  void Trace(const T&... what) {
    if (tracing_) std::cerr << absl::StrCat(what...) << "\n";
  }

  const bool tracing_ = std::getenv("SLUICE_SEED") != nullptr;
  std::mt19937_64 random_;
  const Mode mode_;
  const Naming naming_;
  const int first_number_;
  const CopyBegins copy_begins_;
  TestHost host_;
  int line_bytes_max_;
  int percent_meanwhile_;
  std::deque<std::function<void()>> plan_;
  bool stepping_ = false;
  int rotation_ = 0;
  std::string last_name_;
  bool is_untold_ = false;
  std::string writes_to_ = "app.log";
  std::string copied_;
  std::string packed_;
  int lines_ = 0;
};

TEST(RotationModelTest, EveryLineOnceAndInOrderWheneverTheAgentLooks) {
  RunModel(ModelSeeds(kRuns), [](uint64_t seed) { Rotation(seed).Run(); });
}

TEST(RotationModelTest, WhatFailedOnceDoesNotFailAgain) {
  RunModel({3015, 6035, 6917, 20548, 22354, 25763, 29536, 45458},
           [](uint64_t seed) { Rotation(seed, CopyBegins::kHalfDone).Run(); });
}

}  // namespace
}  // namespace sluice::agent
