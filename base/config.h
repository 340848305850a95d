// YAML configuration, read strictly: every error names file, line, key, what was found and what is allowed; a key that
// nobody asked for is an error with a "did you mean".
//
//   SLUICE_ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Load(path));
//   ConfigNode root = file.root();
//   ConfigNode log = root.Map("log");
//   options.retention_age = log.Duration("age", options.retention_age);
//   SLUICE_RETURN_IF_ERROR(file.Finish());
//
// Reading goes on after an error and returns the default, so that code is a list of reads; Finish() tells all errors
// and all keys that nobody asked for. A mapping or list that is left empty ("log:") is one without keys or items; any
// other value that is left empty is an error.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace sluice {

namespace config_internal {
struct File;
struct Mapping;
struct Entry;
}  // namespace config_internal

// A mapping of the file, or a missing one (every read gives the default). Valid as long as its ConfigFile.
class ConfigNode {
 public:
  // The mapping below `key`; missing if the key is.
  ConfigNode Map(std::string_view key) const;
  // The mappings of the sequence below `key`, each one; empty if the key is missing.
  std::vector<ConfigNode> Maps(std::string_view key) const;

  std::string String(std::string_view key, std::string_view fallback) const;
  // A path; not an empty one.
  std::string Path(std::string_view key, std::string_view fallback) const;
  std::vector<std::string> Strings(std::string_view key, std::vector<std::string> fallback) const;
  std::map<std::string, std::string> StringMap(std::string_view key) const;
  bool Bool(std::string_view key, bool fallback) const;
  int64_t Int(std::string_view key, int64_t fallback, int64_t min, int64_t max) const;
  // "10", "0.5", "1e6"; finite.
  double Number(std::string_view key, double fallback, double min, double max) const;
  // "10GiB", "512KiB", "1MB", "4096".
  uint64_t Bytes(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max) const;
  // "250ms", "1s", "7d", "1h30m". A bare number is an error that says to add a unit.
  absl::Duration Duration(std::string_view key, absl::Duration fallback, absl::Duration min, absl::Duration max) const;
  // One of `allowed`.
  std::string Choice(std::string_view key, std::string_view fallback, std::vector<std::string_view> allowed) const;

  bool Has(std::string_view key) const;
  // If there is a list below `key`, where something else is allowed, too.
  bool IsList(std::string_view key) const;
  // Adds an error at `key` (at this mapping if the key is missing): "found … ; …".
  void Fail(std::string_view key, std::string_view problem) const;
  // "agent.yaml:12: sources[1].root", for errors that are found later.
  std::string Where(std::string_view key) const;

 private:
  friend class ConfigFile;
  explicit ConfigNode(config_internal::Mapping* mapping) : mapping_(mapping) {}

  // The value below `key`, and remembers that it was asked for; null if the key is missing.
  const config_internal::Entry* Find(std::string_view key) const;
  // The text below `key`; null if the key is missing, or after Fail if there is something else.
  const std::string* FindText(std::string_view key, std::string_view expected) const;
  void FailText(std::string_view key, std::string_view text, std::string_view expected) const;

  config_internal::Mapping* mapping_;
};

class ConfigFile {
 public:
  // NotFound, PermissionDenied and such if it cannot be read; InvalidArgument with the line where it is no text, no
  // YAML or no mapping, has a key twice, or goes beyond 1 MiB, 32 levels or 100,000 values.
  static absl::StatusOr<ConfigFile> Load(const std::string& path);
  // `name` stands in errors for the path.
  static absl::StatusOr<ConfigFile> Parse(std::string_view yaml, const std::string& name);
  // Several files read as one. Mappings are merged; the lists named in `appended` (keys of the root) are joined, in the
  // order of the files; a value that two files give is an error that Finish tells, with both places.
  static absl::StatusOr<ConfigFile> LoadAll(const std::vector<std::string>& paths,
                                            const std::vector<std::string_view>& appended);
  // No file: every read gives the default.
  static ConfigFile Empty();

  ConfigNode root() const;
  // InvalidArgument with all errors, one a line, in the order of the file; OK if there is none.
  absl::Status Finish() const;

 private:
  explicit ConfigFile(std::shared_ptr<config_internal::File> file) : file_(std::move(file)) {}
  std::shared_ptr<config_internal::File> file_;
};

// "10GiB" → 10737418240. Errors: "found …; expected …".
absl::StatusOr<uint64_t> ParseBytes(std::string_view text);
// "1h30m" → that duration. Errors: "found …; expected …".
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// The other way round, in the largest unit that leaves no rest: "10GiB", "90m".
std::string BytesToText(uint64_t bytes);
std::string DurationToText(absl::Duration duration);

}  // namespace sluice
