#include "base/program.h"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "base/help_formatter.h"
#include "base/log.h"
#include "base/nearest_word.h"
#include "base/process.h"
#include "base/strings.h"
#include "base/text.h"
#include "google/protobuf/stubs/logging.h"

namespace sluice {
namespace {

struct LogFlags {
  log::Format format = log::Format::kText;
  log::Level level = log::Level::kInfo;
};

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

constexpr Choice<log::Format> kFormats[] = {{"text", log::Format::kText}, {"json", log::Format::kJson}};
constexpr Choice<log::Level> kLevels[] = {{"debug", log::Level::kDebug},
                                          {"info", log::Level::kInfo},
                                          {"warn", log::Level::kWarn},
                                          {"error", log::Level::kError}};

// A flag with one of `choices` as its value. CLI11 turns what is thrown into a usage error.
template <typename T, size_t n, typename Set>
CLI::Option* AddChoice(CLI::App* app, const std::string& flag, const Choice<T> (&choices)[n], const Set& set,
                       const std::string& description) {
  std::string names;
  for (const Choice<T>& choice : choices) StrAppend(&names, names.empty() ? "" : ", ", choice.name);
  const auto parse = [&choices, flag, names, set](const std::string& text) {
    for (const Choice<T>& choice : choices) {
      if (choice.name == text) return set(choice.value);
    }
    throw CLI::ValidationError(flag, StrCat("found ", Quoted(text), "; expected one of ", names));
  };
  return app->add_option_function<std::string>(flag, parse, StrCat(description, ": ", names))->group(kCommonGroup);
}

// The sub-command that was given, or the program itself.
const CLI::App* CommandOf(const CLI::App* app) {
  const std::vector<CLI::App*> chosen = app->get_subcommands();
  return chosen.empty() ? app : chosen.front();
}

// "; did you mean --collector?" for an argument that nobody expected.
std::string DidYouMean(const CLI::App* app, std::string_view argument) {
  std::vector<std::string> words;
  const bool is_flag = argument.starts_with("--");
  for (const CLI::App* owner : {app, CommandOf(app)}) {
    if (is_flag) {
      for (const CLI::Option* option : owner->get_options()) {
        for (const std::string& name : option->get_lnames()) words.push_back(StrCat("--", name));
      }
    } else {
      for (const CLI::App* command : owner->get_subcommands(nullptr)) words.push_back(command->get_name());
    }
  }
  const std::string_view nearest = NearestWord(argument, {words.begin(), words.end()});
  return nearest.empty() ? "" : StrCat("; did you mean ", nearest, "?");
}

// What nobody expected, instead of CLI11's list of it.
std::string Unexpected(const CLI::App* app) {
  const std::string first = app->remaining(/*recurse=*/true).front();
  const std::string argument = first.substr(0, first.find('='));
  return StrCat(argument.starts_with("-") ? "unknown flag " : "unexpected argument ", argument,
                DidYouMean(app, argument));
}

// A value that is empty is mostly a script's variable that is not set. It must not count as none.
void RefuseEmptyValues(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& value : option->results()) {
      if (value.empty()) throw CLI::ValidationError(option->get_name(), "found an empty value; leave it out for none");
    }
  }
  for (const CLI::App* command : app.get_subcommands()) RefuseEmptyValues(*command);
}

// It tells of what a peer sent: nothing for an operator to act on.
void WriteProtobufLog(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  log::Debug("protobuf", "protobuf says", {{"message", message}});
}

// Before all static objects are made: one of gRPC's opens a descriptor.
[[gnu::constructor(101)]] void BeforeAnythingIsOpened() { OccupyStandardDescriptors(); }

int UsageError(const CLI::App* app, std::string_view problem) {
  const CLI::App* const command = CommandOf(app);
  const std::string name = command == app ? app->get_name() : StrCat(app->get_name(), " ", command->get_name());
  std::string line = StrCat(name, ": ");
  AppendVisible(problem, /*strip_cr=*/false, &line);
  std::cerr << line << "\nTry '" << name << " --help'.\n" << std::flush;
  return kExitUsage;
}

}  // namespace

std::string_view Version() { return "0.1.0"; }

void AddCommonFlags(CLI::App* app) {
  app->formatter(std::make_shared<HelpFormatter>());
  app->fallthrough();
  app->get_help_ptr()->description("Print this help and exit")->group(kCommonGroup);
  app->set_version_flag(
         "--version", [app] { return StrCat(app->get_name(), " ", Version()); }, "Print the version and exit")
      ->group(kCommonGroup);
  const auto flags = std::make_shared<LogFlags>();
  const auto set_format = [flags](log::Format format) {
    flags->format = format;
    log::Configure(flags->format, flags->level);
  };
  const auto set_level = [flags](log::Level level) {
    flags->level = level;
    log::Configure(flags->format, flags->level);
  };
  AddChoice(app, "--log-format", kFormats, set_format, "Format of the program's own log")
      ->type_name("FORMAT")
      ->default_str("text");
  AddChoice(app, "--log-level", kLevels, set_level, "Log from this level on")->type_name("LEVEL")->default_str("info");
}

int ParseFlags(CLI::App* app, int argc, char** argv) {
  // Debian builds Abseil with its assertions, also for gRPC: each lock would be looked for in a graph of all locks, and
  // all threads would wait for each other there. The tests do without this, and so look for deadlocks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  google::protobuf::SetLogHandler(WriteProtobufLog);
  try {
    app->parse(argc, argv);
    RefuseEmptyValues(*app);
    return -1;
  } catch (const CLI::Success& e) {  // --help, --version
    app->exit(e);
    return kExitOk;
  } catch (const CLI::ExtrasError&) {
    return UsageError(app, Unexpected(app));
  } catch (const std::exception& e) {
    return UsageError(app, e.what());
  }
}

void EndProcess(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}

int ReportConfigError(std::string_view program, const absl::Status& status) {
  std::string text;
  for (absl::string_view problem : absl::StrSplit(status.message(), '\n')) {
    StrAppend(&text, program, ": ");
    AppendVisible(ToStd(problem), /*strip_cr=*/false, &text);
    text += '\n';
  }
  std::cerr << text << std::flush;
  return kExitUsage;
}

}  // namespace sluice
