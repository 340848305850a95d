// YAML configuration, read strictly: every error names file, line, key, what was found and what is allowed; a key that
// nobody asked for is an error with a "did you mean".
//
//   ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Load(path));
//   ConfigNode root = file.root();
//   ConfigNode log = root.Map("log");
//   options.retention_age = log.Duration("age", options.retention_age);
//   RETURN_IF_ERROR(file.Finish());      // first error of any read, or the first key that nobody asked for
//
// Reading goes on after an error and returns the defaults, so that code is a list of reads; Finish() tells all errors.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

class ConfigFile;

// A mapping of the file, or a missing one (every read gives the default). Valid as long as its ConfigFile.
class ConfigNode {
 public:
  // The mapping below `key`; missing if the key is.
  ConfigNode Map(std::string_view key) const;
  // The mappings of the sequence below `key`, each one; empty if the key is missing.
  std::vector<ConfigNode> Maps(std::string_view key) const;

  std::string String(std::string_view key, std::string_view fallback) const;
  std::vector<std::string> Strings(std::string_view key, std::vector<std::string> fallback) const;
  std::map<std::string, std::string> StringMap(std::string_view key) const;
  bool Bool(std::string_view key, bool fallback) const;
  int64_t Int(std::string_view key, int64_t fallback, int64_t min, int64_t max) const;
  // "10GiB", "512KiB", "1MB", "4096".
  uint64_t Bytes(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max) const;
  // "250ms", "1s", "7d", "1h30m". A bare number is an error that says to add a unit.
  absl::Duration Duration(std::string_view key, absl::Duration fallback, absl::Duration min, absl::Duration max) const;
  // One of `allowed`.
  std::string Choice(std::string_view key, std::string_view fallback, std::vector<std::string_view> allowed) const;

  bool Has(std::string_view key) const;
  // Adds an error at `key` (at this mapping if the key is missing): "found … ; …".
  void Fail(std::string_view key, std::string_view problem) const;
  // "agent.yaml:12: sources[1].root", for errors that are found later.
  std::string Where(std::string_view key) const;

 private:
  friend class ConfigFile;
  struct Impl;
  explicit ConfigNode(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

class ConfigFile {
 public:
  // NotFound, or InvalidArgument with the line where it is no YAML, no mapping, has a key twice, or an alias bomb.
  static absl::StatusOr<ConfigFile> Load(const std::string& path);
  // `name` stands in errors for the path.
  static absl::StatusOr<ConfigFile> Parse(std::string_view yaml, const std::string& name);
  // No file: every read gives the default.
  static ConfigFile Empty();

  ConfigNode root() const;
  // InvalidArgument with all errors, one a line, in the order of the file; OK if there is none.
  absl::Status Finish() const;

 private:
  struct Impl;
  explicit ConfigFile(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<Impl> impl_;
};

// "10GiB" → 10737418240.
absl::StatusOr<uint64_t> ParseBytes(std::string_view text);
// "1h30m" → that duration.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// The candidate nearest to `word`, or empty if none is near: for "did you mean".
std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace sluice
