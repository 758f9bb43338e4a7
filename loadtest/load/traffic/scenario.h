#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "loadtest/load/traffic/range.h"

namespace headgate::loadtest::load {

enum class Arrivals { kConstant, kPoisson };
enum class Endpoint { kChat, kCompletions, kEmbeddings };

// A conversation: each turn carries the turns and the answers before it.
struct ChatShape {
  Range<std::int64_t> turns{4, 4};
  std::size_t system_tokens = 0;      // of a system prompt in front; 0 for none
  int systems = 1;                    // how many different system prompts there are
  std::chrono::nanoseconds pause{0};  // between an answer and the next turn
};

// One kind of request of a scenario.
struct MixEntry {
  std::string name = "requests";
  double weight = 1;  // > 0; its share is weight / sum of weights
  Endpoint endpoint = Endpoint::kChat;
  std::string model = "auto";
  bool stream = false;
  std::string text;              // of the last user message
  std::size_t prompt_bytes = 0;  // without `text`: this much prose, the same in each request
  // Without `text`: prose of a random size, other prose in each request. The size is log-uniform,
  // and a token counts as four bytes.
  std::optional<Range<std::int64_t>> prompt_tokens;
  std::optional<ChatShape> chat;  // a request is a conversation, and its prompt is each turn's
  std::optional<int> max_tokens;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string extra;  // members to add to the body, as JSON text without the braces
  // The time to first token that the client wants. The report says how many requests met it.
  std::optional<std::chrono::nanoseconds> slo_ttft;
  // The client leaves after a random time in this range, or after this number of chunks of a
  // stream.
  std::optional<Range<std::chrono::nanoseconds>> abort_after;
  std::optional<int> abort_after_chunks;
};

// What to send, and when. Immutable once read.
struct Scenario {
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  double rate = 10;  // requests a second, > 0
  Arrivals arrivals = Arrivals::kPoisson;
  std::uint64_t seed = 1;
  std::optional<int> concurrency;    // most requests at once; a request above it is not sent
  std::chrono::nanoseconds ramp{0};  // the rate grows from 0 to `rate` in this time
  std::vector<MixEntry> mix;
};

struct ScenarioResult {
  std::optional<Scenario> scenario;   // set if there are no problems
  std::vector<std::string> problems;  // `file:line: path: problem; what to write instead`
};

// Reads a scenario (the README of this folder has the keys). One call reports all problems.
ScenarioResult ReadScenario(const std::string& path);
ScenarioResult ParseScenario(const std::string& text, const std::string& name);

}  // namespace headgate::loadtest::load
