#include "agent/frame/stack_traces.h"

#include <cstddef>

namespace sluice::agent {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsNameByte(char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '.' || c == '$'; }
bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// "org.example.Outer$Inner" of "org.example.Outer$Inner: message".
std::string_view FirstName(std::string_view line) {
  size_t size = 0;
  while (size < line.size() && IsNameByte(line[size])) ++size;
  return line.substr(0, size);
}

std::string_view WithoutIndentation(std::string_view line) {
  size_t size = 0;
  while (size < line.size() && IsBlank(line[size])) ++size;
  return line.substr(size);
}

LineVerdict Continue(TraceState* state, TraceState next) {
  *state = next;
  return LineVerdict::kContinues;
}

LineVerdict MayContinue(TraceState* state, TraceState next) {
  *state = next;
  return LineVerdict::kMayContinue;
}

constexpr int kMessageLinesMax = 8;  // of an exception, before a line that says that they are

// Java.

enum JavaState : TraceState {
  kJavaNone,       // no trace yet
  kJavaFrames,     // in its frames
  kJavaException,  // behind the exception's name; one more for each line that may be of its message
};

// "java.lang.IllegalStateException: …"
bool IsException(std::string_view line) {
  if (line.empty() || !IsLetter(line[0])) return false;
  const std::string_view name = FirstName(line);
  if (name.size() < line.size() && line[name.size()] != ':') return false;
  if (name.find('.') == name.npos) return false;
  return name.ends_with("Exception") || name.ends_with("Error") || name.ends_with("Throwable") ||
         name.ends_with("Failure");
}

bool IsJavaFrame(std::string_view line) {
  const std::string_view text = WithoutIndentation(line);
  return text.starts_with("at ") || text.starts_with("... ") || text.starts_with("Suppressed: ") ||
         text.starts_with("Caused by: ") || text.starts_with("- ") || text.starts_with("[CIRCULAR REFERENCE");
}

// Python.

enum PythonState : TraceState {
  kPythonNone,
  kPythonFrames,       // behind "Traceback …"
  kPythonBlank,        // behind the blank line after the exception that ends a traceback
  kPythonDuring,       // behind "During handling of …"
  kPythonDuringBlank,  // behind the blank line after it
  kPythonGroup,        // in an exception group
  kPythonException,    // behind the exception; one more for each line that may be of its message
};
constexpr std::string_view kTraceback = "Traceback (most recent call last):";

constexpr std::string_view kGroupTraceback = "+ Exception Group Traceback";

// "ValueError: …", "KeyboardInterrupt", "package.module.Error: …"
bool IsPythonException(std::string_view line) {
  if (line.empty() || !(IsLetter(line[0]) || line[0] == '_')) return false;
  const std::string_view name = FirstName(line);
  return name.size() == line.size() || line[name.size()] == ':';
}

bool IsChaining(std::string_view line) {
  return line == "During handling of the above exception, another exception occurred:" ||
         line == "The above exception was the direct cause of the following exception:";
}

// What is no line of an exception's message: a logger's "INFO:root:…", "[2026-…", or the beginning of another trace.
bool BeginsOtherRecord(std::string_view line) {
  constexpr size_t kLevelMin = 4;
  size_t capitals = 0;
  while (capitals < line.size() && line[capitals] >= 'A' && line[capitals] <= 'Z') ++capitals;
  const bool level = capitals >= kLevelMin && (capitals == line.size() || !IsNameByte(line[capitals]));
  return level || line[0] == '[' || line.ends_with(kTraceback) || IsException(line) || FirstOfGo(line) != 0;
}

// Behind the exception: further lines are of its message if an indented one, or another exception, comes behind them.
LineVerdict NextOfPythonMessage(std::string_view line, TraceState* state) {
  if (line.empty()) return MayContinue(state, kPythonBlank);
  if (IsBlank(line[0])) {
    const bool other_trace = WithoutIndentation(line).starts_with(kGroupTraceback);
    return other_trace ? LineVerdict::kBegins : Continue(state, kPythonException);
  }
  if (*state == kPythonException + kMessageLinesMax || BeginsOtherRecord(line)) return LineVerdict::kBegins;
  return MayContinue(state, *state + 1);
}

// Go.

enum GoState : TraceState {
  kGoNone,
  kGoPanic,   // behind "panic: …", "fatal error: …", "[signal …]"
  kGoFrames,  // in a goroutine, before a function or another goroutine
  kGoCall,    // behind a function, before its file
  kGoBlank,   // behind a blank line
  kGoEnd,     // behind "exit status 2"
};

bool IsGoroutine(std::string_view line) {
  constexpr std::string_view kWord = "goroutine ";
  return line.starts_with(kWord) && line.size() > kWord.size() && IsDigit(line[kWord.size()]);
}

// "main.(*Server).serve(0xc000010000, {0x1, 0x2})": no blank before the parameters.
bool IsGoCall(std::string_view line) {
  if (line.starts_with("created by ")) return true;
  const size_t blank = line.find(' ');
  const size_t open = line.find('(');
  return !line.empty() && line.back() == ')' && open != line.npos && open < blank;
}

// "rax    0x0": what a signal leaves behind the goroutines.
bool IsGoRegister(std::string_view line) {
  const std::string_view name = FirstName(line);
  return !name.empty() && name.size() <= 6 && WithoutIndentation(line.substr(name.size())).starts_with("0x");
}

}  // namespace

TraceState FirstOfJava(std::string_view line) { return IsException(line) ? kJavaException : kJavaNone; }

LineVerdict NextOfJava(std::string_view line, TraceState* state) {
  // A message of several lines, if frames come behind it.
  const bool in_message = *state >= kJavaException && *state < kJavaException + kMessageLinesMax;
  if (line.empty()) return in_message ? MayContinue(state, *state + 1) : LineVerdict::kBegins;
  if (IsBlank(line[0]) ? IsJavaFrame(line) : line.starts_with("Caused by: ")) return Continue(state, kJavaFrames);
  if (*state == kJavaNone) return IsException(line) ? Continue(state, kJavaException) : LineVerdict::kBegins;
  const bool may_be_message = in_message && line[0] != '[' && !IsException(line);
  return may_be_message ? MayContinue(state, *state + 1) : LineVerdict::kBegins;
}

// Also behind what a logger puts before the first line of a message.
TraceState FirstOfPython(std::string_view line) { return line.ends_with(kTraceback) ? kPythonFrames : kPythonNone; }

LineVerdict NextOfPython(std::string_view line, TraceState* state) {
  if (*state >= kPythonException) return NextOfPythonMessage(line, state);
  const bool indented = !line.empty() && IsBlank(line[0]);
  switch (*state) {
    case kPythonNone:
      if (line == kTraceback) return Continue(state, kPythonFrames);
      if (indented && WithoutIndentation(line).starts_with(kGroupTraceback)) {
        return Continue(state, kPythonGroup);
      }
      break;
    case kPythonFrames:
      if (indented) return LineVerdict::kContinues;
      if (IsPythonException(line)) return Continue(state, kPythonException);
      break;
    case kPythonBlank:
      if (IsChaining(line)) return Continue(state, kPythonDuring);
      break;
    case kPythonDuring:
      if (line.empty()) return Continue(state, kPythonDuringBlank);
      [[fallthrough]];
    case kPythonDuringBlank:
      if (line == kTraceback) return Continue(state, kPythonFrames);
      break;
    case kPythonGroup:
      if (indented) return LineVerdict::kContinues;
      break;
    default:
      break;
  }
  return LineVerdict::kBegins;
}

TraceState FirstOfGo(std::string_view line) {
  if (line.starts_with("panic: ") || line.starts_with("fatal error: ") || line.starts_with("SIGQUIT: ")) {
    return kGoPanic;
  }
  return IsGoroutine(line) ? kGoFrames : kGoNone;
}

LineVerdict NextOfGo(std::string_view line, TraceState* state) {
  if (*state == kGoEnd) return LineVerdict::kBegins;
  if (IsGoroutine(line)) return Continue(state, kGoFrames);
  if (*state == kGoNone) return LineVerdict::kBegins;
  if (line.empty()) return *state == kGoCall ? LineVerdict::kBegins : MayContinue(state, kGoBlank);
  if (line[0] == '\t') return Continue(state, *state == kGoPanic ? kGoPanic : kGoFrames);
  if (*state == kGoCall) return LineVerdict::kBegins;
  if (line.starts_with("[signal ")) return Continue(state, kGoPanic);
  if (line == "runtime stack:") return Continue(state, kGoFrames);
  if (line.starts_with("exit status ")) return Continue(state, kGoEnd);
  if (IsGoRegister(line)) return Continue(state, kGoFrames);
  if (*state != kGoFrames) return LineVerdict::kBegins;
  if (line.ends_with("frames elided...")) return Continue(state, kGoFrames);
  return IsGoCall(line) ? MayContinue(state, kGoCall) : LineVerdict::kBegins;
}

}  // namespace sluice::agent
