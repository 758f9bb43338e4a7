// Answers from a file that lead an agent through its work. The file has JSON lines, and each line
// is a step. *immutable* once loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

struct ScriptStep {
  std::string match;       // must occur in the request's body; empty fits any body
  std::int64_t after = 0;  // the least number of tool results in the request
  std::string thinking;    // may be empty, as all members below
  std::string signature;   // signature of the thinking
  std::string redacted;    // redacted thinking, an opaque text
  std::string text;
  std::vector<ToolCall> calls;
  std::string fault;  // fault text, as in x_sim
};

class Script {
 public:
  // Makes a script without steps.
  Script() = default;
  // Reads the lines of the file at `path`. Throws std::runtime_error, whose text names the line.
  static Script Load(const std::string& path);
  // Does the same with `lines`. Empty lines are skipped.
  static Script Parse(std::string_view lines);

  // Returns the step that answers `request`, whose body is `body`, or null if no step does. Steps
  // with the same `match` are one conversation. Find tries the conversations whose `match` occurs
  // in the body, in order. In each it takes the last step whose tool results the request has, so
  // that a retry gets the same step. The step answers the request if the request offers all tools
  // that the step calls.
  const ScriptStep* Find(const CompletionRequest& request, std::string_view body) const;

  // Returns whether the thinking of a step has this signature.
  bool Signs(std::string_view signature) const;

 private:
  struct Conversation {
    std::string match;  // escaped as inside a JSON string
    std::vector<ScriptStep> steps;
    std::int64_t calls = 0;  // tool calls up to the last step
  };

  void Add(std::string_view line);

  std::vector<Conversation> conversations_;
};

}  // namespace headgate::loadtest::sim
