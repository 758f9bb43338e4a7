// Answers written out in a file, by which an agent is led through its work: JSON lines, each a
// step. *immutable* once loaded.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

struct ScriptStep {
  std::string match;       // must occur in the request's body; empty for any
  std::int64_t after = 0;  // tool results that the request holds at least
  std::string thinking;    // all of these may be empty
  std::string signature;   // of the thinking
  std::string redacted;    // thinking that nobody may read, as an opaque text
  std::string text;
  std::vector<ToolCall> calls;
  std::string fault;  // as in x_sim
};

class Script {
 public:
  // No steps.
  Script() = default;
  // Reads the lines of the file at `path`. Throws std::runtime_error, which names the line.
  static Script Load(const std::string& path);
  // The same from text. Empty lines count for nothing.
  static Script Parse(std::string_view lines);

  // The step that answers `request`, whose body is `body`; null if there is none. Steps with the
  // same `match` are one conversation. The first conversation that the body fits is taken, and of
  // its steps the last that has all its tool results, so that a retry gets the same step. A step
  // whose calls are of tools that the request does not offer is no answer to it.
  const ScriptStep* Find(const CompletionRequest& request, std::string_view body) const;

  // Whether a step's thinking has this signature.
  bool Signs(std::string_view signature) const;

 private:
  struct Conversation {
    std::string match;  // as it stands inside a JSON string
    std::vector<ScriptStep> steps;
    std::int64_t calls = 0;  // of all steps so far
  };

  void Add(std::string_view line);

  std::vector<Conversation> conversations_;
};

}  // namespace headgate::loadtest::sim
