// The tailer against a model: random file-system actions, restarts, broken connections and a failing disk; then every
// line that was written must have arrived exactly once and in order. SLUICE_SEED repeats one run and tells what
// happens; see agent/testing/model_runs.h.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/testing/model_content.h"
#include "agent/testing/model_runs.h"
#include "agent/testing/test_host.h"
#include "gtest/gtest.h"

namespace sluice::agent {
namespace {

constexpr int kRuns = 300;
constexpr int kStepsMax = 150;
constexpr int kGenerations = 3;

// What is written to a file from its making (or truncation) to its end. Its lines are "<id> <number> xxx".
struct Life {
  int id = 0;
  int lines = 0;           // whole lines written
  bool line_open = false;  // and the beginning of one more
  bool seen = false;       // the agent has it open
  bool may_lose = false;   // it ended when the agent could not have read all of it
  bool is_empty = true;    // nothing was written yet
  std::string link;        // another name of the file, if it has one
};

class Model {
 public:
  Model(uint64_t seed, ModelContent content)
      : seed_(seed),
        content_(content),
        random_(seed),
        closes_files_(seed % 7 == 0),
        polls_(seed % 11 == 0 || seed % 9 == 0),
        may_reload_(seed % 6 == 5),
        fails_(seed % 4 == 0),
        packed_(seed % 5 == 2 ? ".zst" : ".gz"),
        host_(OptionsOf(seed, content)) {
    if (fails_) host_.files().FailReads(10, seed);
    host_.MakeDirectory("a");
    host_.MakeDirectory("b");
  }

  void Run() {
    for (int steps = Pick(kStepsMax); steps > 0 && !::testing::Test::HasFailure(); --steps) Step();
    host_.files().FailReads(0, 0);
    const std::map<std::string, int> alive = alive_;
    for (const auto& [name, id] : alive) {
      if (lives_[id].line_open && !IsArchive(name)) Write(name, 1);
    }
    if (!host_.running()) host_.StartAgent();
    host_.collector().Disconnect();  // acks are lost only with their connection
    host_.SettleAll();
    Check();
  }

 private:
  // Of the first `lines` lines, those that are to arrive.
  std::vector<int> NumbersBelow(int lines) const {
    std::vector<int> numbers;
    for (int i = 0; i < lines; ++i) {
      if (!IsDropped(content_, i)) numbers.push_back(i);
    }
    return numbers;
  }

  static TestHost::Options OptionsOf(uint64_t seed, ModelContent content) {
    TestHost::Options options;
    options.tailer.window_bytes = seed % 3 == 0 ? 1500 : 16 << 20;
    options.tailer.message_bytes = seed % 5 == 0 ? 700 : 1 << 20;
    options.tailer.reader.max_line_bytes = 4096;
    options.tailer.reader.chunk_bytes = seed % 2 == 0 ? 8192 : 1 << 20;
    options.open_files_max = seed % 7 == 0 ? 2 : 1000;  // closes_files_
    options.inotify = seed % 11 != 0;                   // polls_: all directories, or, for want of watches, some
    if (seed % 9 == 0) options.watches_max = seed % 4;
    // Lines with an odd number go on with the record before.
    if (seed % 4 == 3) options.source.framing.multiline = MultilineOptions{.continuation = R"(^\d+ \d*[13579] )"};
    Configure(content, &options.source);
    options.source.exclude = {};  // archives are read
    return options;
  }

  int Pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  bool Chance(int percent) { return Pick(100) < percent; }
  std::string AnyName() {
    const std::vector<std::string> names = {"a/app.log", "a/other.log", "b/app.log", "top.log"};
    return names[static_cast<size_t>(Pick(4))];
  }

  void Step() {
    int action = Pick(122);
    if (action < 45) {
      std::string name = AnyName();
      Write(Chance(10) && alive_.contains(name + ".1") ? name + ".1" : name, 1 + Pick(6));
    } else if (action < 55) {
      Rotate(AnyName());
    } else if (action < 58) {
      Truncate(AnyName());
    } else if (action < 62) {
      Delete(AnyName());
    } else if (action < 75) {
      Work();
    } else if (action < 86) {
      if (host_.running() && !host_.collector().connected()) host_.collector().Connect();
      host_.collector().Process(static_cast<size_t>(Pick(5)), Chance(80));
      Work();
    } else if (action < 90) {
      Trace("disconnect");
      host_.collector().Disconnect();
    } else if (action < 93) {
      host_.clock().Advance(static_cast<int64_t>(Pick(40)) * 1'000'000'000);
    } else if (action < 97) {
      StartOrKill();
    } else if (action < 100) {
      Checkpoint();
    } else if (may_reload_ && action < 102) {
      Reload();
    } else if (action < 106) {
      CopyTruncate(AnyName());
    } else if (action < 113) {
      Compress(absl::StrCat(AnyName(), ".", 1 + Pick(kGenerations)));
    } else if (action < 116) {
      Link(AnyName());
    } else if (action < 120) {
      MoveDirectory(Chance(50) ? "a" : "b");
    } else if (host_.watcher() != nullptr) {
      Trace("overflow");
      host_.watcher()->Overflow();
    }
  }

  bool IsArchive(const std::string& name) const { return name.ends_with(packed_); }

  void Checkpoint() {
    if (!host_.running()) return;
    Trace("checkpoint");
    if (!fails_ || Chance(50)) return void(host_.SaveCheckpoint());
    // The power goes while it is being written.
    host_.files().CrashAt(Pick(3), static_cast<FaultyFileSystem::Crash>(Pick(3)));
    host_.SaveCheckpoint();
    Kill();
    host_.files().Restart();
  }

  void Work() {
    if (!host_.running()) return;
    host_.Work();
    Trace("work");
    for (const auto& [name, id] : alive_) lives_[id].seen = true;
  }

  void StartOrKill() {
    if (!host_.running()) return Trace("start agent"), host_.StartAgent();
    Kill();
    if (Chance(20)) host_.LoseCheckpoint();
  }

  void Kill() {
    host_.KillAgent();
    Trace("kill agent");
    for (auto& [id, life] : lives_) life.seen = false;
    for (int id : ended_) lives_[id].may_lose |= !AllStored(id);  // what was held open is gone now
    ended_.clear();
  }

  // Every file goes on under another topic.
  void Reload() {
    if (!host_.running()) return;
    SourceOptions source = OptionsOf(seed_, content_).source;
    source.topic = absl::StrCat("reload-", ++reloads_);
    Trace("reload ", reloads_);
    host_.Reload({source});
  }

  // Writes whole lines; the last one sometimes without its end.
  void Write(const std::string& name, int count) {
    if (!alive_.contains(name)) {
      host_.MakeDirectory(DirectoryOf(name));
      alive_[name] = ++last_id_;
      lives_[last_id_].id = last_id_;
    }
    Life& life = lives_[alive_[name]];
    std::string bytes;
    for (int i = 0; i < count; ++i) {
      std::string line = life.line_open ? "" : absl::StrCat(life.id, " ", life.lines, " ");
      line += std::string(static_cast<size_t>(Pick(60)), 'x');
      life.line_open = i + 1 == count && count > 1 && Chance(30);
      bytes += Written(content_, line, !life.line_open, life.is_empty);
      life.is_empty = false;
      life.lines += life.line_open ? 0 : 1;
    }
    host_.Append(name, bytes);
    Trace("write ", name, " life ", life.id, " to line ", life.lines, life.line_open ? " and a half" : "");
  }

  void Rotate(const std::string& name) {
    if (!alive_.contains(name)) return;
    if (MakeRoom(name)) Move(name, absl::StrCat(name, ".1"));
  }

  void Move(const std::string& from, const std::string& to) {
    host_.Rename(from, to);
    Trace("rename ", from, " ", to);
    alive_[to] = alive_[from];
    alive_.erase(from);
  }

  // Moves all older generations on by one. False if it cannot.
  bool MakeRoom(const std::string& name) {
    for (const std::string& packed : {std::string(), packed_}) {
      std::string oldest = absl::StrCat(name, ".", kGenerations, packed);
      if (alive_.contains(oldest)) Delete(oldest);
      if (alive_.contains(oldest)) return false;
      for (int i = kGenerations - 1; i > 0; --i) {
        std::string from = absl::StrCat(name, ".", i, packed);
        if (alive_.contains(from)) Move(from, absl::StrCat(name, ".", i + 1, packed));
      }
    }
    return true;
  }

  void Truncate(const std::string& name) {
    if (!alive_.contains(name)) return;
    lives_[alive_[name]].may_lose |= !AllStored(alive_[name]);
    host_.Truncate(name);
    Trace("truncate ", name, " life ", alive_[name]);
    BeginAnew(name);
  }

  // The file goes on with other content.
  void BeginAnew(const std::string& name) {
    Life& old = lives_[alive_[name]];
    alive_[name] = ++last_id_;
    Life& life = lives_[last_id_];
    life.id = last_id_;
    life.seen = old.seen;
    life.link = std::exchange(old.link, "");
    if (emptied_.contains(old.id)) emptied_.insert(life.id);
    if (!life.link.empty() && alive_.contains(life.link)) alive_[life.link] = life.id;
  }

  void CopyTruncate(const std::string& name) {
    if (!alive_.contains(name) || host_.Content(name).empty()) return;
    // Known by its other name, it would have to be found by the copy's alone; compressed before anybody looks, it is
    // not.
    if (!lives_[alive_[name]].link.empty()) return;
    if (!MakeRoom(name)) return;
    std::string copy = absl::StrCat(name, ".1");
    host_.Copy(name, copy);
    host_.Truncate(name);
    int id = alive_[name];
    Trace("copytruncate ", name, " life ", id);
    BeginAnew(name);
    alive_[copy] = id;
    lives_[id].seen = false;  // the copy is another file
    emptied_.insert(alive_[name]);
  }

  // A compressor makes a new file, and removes the old one.
  void Compress(const std::string& name) {
    std::string packed = name + packed_;
    if (!alive_.contains(name) || alive_.contains(packed) || host_.Content(name).empty()) return;
    if (emptied_.contains(alive_[name])) return;
    if (!lives_[alive_[name]].link.empty()) return;  // compressors refuse files with several links
    host_.Compress(name, packed);
    Trace("compress ", name, " life ", alive_[name]);
    if (Chance(50)) Work();
    host_.Delete(name);
    alive_[packed] = alive_[name];
    alive_.erase(name);
    lives_[alive_[packed]].seen = false;
  }

  void Link(const std::string& name) {
    if (!alive_.contains(name) || !lives_[alive_[name]].link.empty() || emptied_.contains(alive_[name])) return;
    Life& life = lives_[alive_[name]];
    std::string link = absl::StrCat("b/link", life.id, ".log");
    host_.MakeDirectory("b");
    host_.Link(name, link);
    Trace("link ", name, " ", link);
    life.link = link;
  }

  // To a new name; the next file that is written makes the directory again.
  void MoveDirectory(const std::string& name) {
    std::string to = absl::StrCat(name, "-moved", ++moves_);
    host_.MakeDirectory(name);
    host_.Rename(name, to);
    Trace("move directory ", name, " ", to);
    std::map<std::string, int> alive;
    auto moved = [&](const std::string& path) {
      return path.starts_with(name + "/") ? to + path.substr(name.size()) : path;
    };
    for (const auto& [path, id] : alive_) alive[moved(path)] = id;
    alive_ = std::move(alive);
    for (auto& [id, life] : lives_) life.link = moved(life.link);
  }

  void Delete(const std::string& name) {
    // Who never sees the emptied file again, and lost what was written down of it, cannot know its copy.
    if (!alive_.contains(name) || emptied_.contains(alive_[name])) return;
    int id = alive_[name];
    Life& life = lives_[id];
    if (!life.link.empty() && life.link != name) {
      host_.Delete(name);
      Trace("delete ", name, " life ", id, " which is also ", life.link);
      alive_.erase(name);
      alive_[life.link] = id;
      life.link.clear();
      return;
    }
    if (!AllStored(id)) {
      // A closed file, one that the next poll would have found, and one that may not have been opened is lost with its
      // name.
      bool is_held = host_.running() && life.seen && !closes_files_ && !polls_ && !fails_;
      life.may_lose |= !is_held;
      ended_.push_back(id);
    }
    host_.Delete(name);
    Trace("delete ", name, " life ", id, life.may_lose ? " may lose" : "");
    alive_.erase(name);
  }

  bool AllStored(int id) { return Numbers()[id].size() >= NumbersBelow(lives_[id].lines).size(); }

  // The numbers of the lines that the collector has, by life, in the order in which they were stored.
  std::map<int, std::vector<int>> Numbers() {
    std::map<int, std::vector<int>> numbers;
    for (const StoredLine& record : host_.collector().All()) {
      const bool is_counted = CountWords(record.begun) == 3;  // its first line, when its beginning came
      bool is_first = true;
      for (const auto& line : absl::StrSplit(record.begun + record.bytes, '\n')) {
        std::vector<std::string> words = absl::StrSplit(line, ' ');
        int id = 0;
        int number = 0;
        bool is_ours = words.size() == 3 && absl::SimpleAtoi(words[0], &id) && absl::SimpleAtoi(words[1], &number);
        // When the beginning of a line was taken for all of it, the rest is a record of its own.
        const bool is_rest = content_ != ModelContent::kPlain && line.find_first_not_of('x') == std::string_view::npos;
        EXPECT_TRUE(is_ours || is_rest || record.record.part() != v1::LINE_PART_UNSPECIFIED)
            << "no line of ours: " << line;
        EXPECT_TRUE(is_first || !is_ours || number % 2 == 1) << "begins a record of its own: " << record.bytes;
        if (is_ours && !(is_first && is_counted)) numbers[id].push_back(number);
        is_first = false;
      }
    }
    return numbers;
  }

  static ptrdiff_t CountWords(std::string_view line) { return 1 + std::ranges::count(line, ' '); }

  void TraceFiles() {
    host_.tracker().table().ForEach([this](TailedFile* file) {
      Trace("file ", file->path, " first ", file->first_path, " acked ", file->acked.offset, " read ",
            file->read.offset, " scanned ", file->scanned, " size ", file->size, " queued ", file->queued, " resolved ",
            file->resolved, " detached ", file->detached, " refused ", file->refused, " waiting ", file->waiting,
            " for ", file->original == nullptr ? "none" : PathOf(*file->original), " decoding ", file->archive_active,
            " pending ", file->is_pending);
    });
  }

  void Check() {
    TraceFiles();
    std::map<int, std::vector<int>> numbers = Numbers();
    for (const auto& [id, life] : lives_) {
      const std::vector<int>& stored = numbers[id];
      for (size_t i = 1; i < stored.size(); ++i)
        EXPECT_LT(stored[i - 1], stored[i]) << "repeated or reordered, life " << id;
      if (life.may_lose) continue;
      const std::vector<int> expected = NumbersBelow(life.lines);
      ASSERT_GE(stored.size(), expected.size()) << "lost: life " << id << " has " << life.lines << " lines";
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(stored[i], expected[i]) << "life " << id;
    }
    if (content_ != ModelContent::kPlain) return;  // offsets say how much more stands in the file
    for (const auto& [key, lines] : host_.collector().files()) {
      for (size_t i = 1; i < lines.size(); ++i) {
        // A line that was taken for finished goes on behind its last byte if somebody writes on after all.
        const bool terminated = lines[i - 1].record.part() != v1::LINE_PART_UNTERMINATED;
        EXPECT_EQ(lines[i - 1].offset + lines[i - 1].bytes.size() + (terminated ? 1 : 0), lines[i].offset)
            << "a gap in " << lines[i].path;
      }
    }
  }

  // Tells what happens when one run is repeated.
  template <typename... T>
  void Trace(const T&... what) {
    if (tracing_) std::cerr << absl::StrCat(what...) << "\n";
  }

  const bool tracing_ = std::getenv("SLUICE_SEED") != nullptr;
  const uint64_t seed_;
  const ModelContent content_;
  std::mt19937_64 random_;
  const bool closes_files_;
  const bool polls_;
  const bool may_reload_;
  const bool fails_;
  const std::string packed_;  // the ending of compressed files
  TestHost host_;
  std::map<int, Life> lives_;
  std::map<std::string, int> alive_;  // path → life
  std::vector<int> ended_;            // deleted, and perhaps still held open by the agent
  std::set<int> emptied_;             // what is in files that copytruncate emptied
  int last_id_ = 0;
  int moves_ = 0;
  int reloads_ = 0;
};

TEST(TailingModelTest, EveryLineOnceAndInOrderWhateverHappens) {
  RunModel(ModelSeeds(kRuns), [](uint64_t seed) { Model(seed, ContentOf(seed)).Run(); });
}

TEST(TailingModelTest, WhatFailedOnceDoesNotFailAgain) {
  RunModel({308, 985, 23708, 26278, 29882, 44468, 61044, 75124, 93596, 123863},
           [](uint64_t seed) { Model(seed, ModelContent::kPlain).Run(); });
  RunModel({59324}, [](uint64_t seed) { Model(seed, ModelContent::kSomeDropped).Run(); });
}

}  // namespace
}  // namespace sluice::agent
