#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace headgate::loadtest::load {

enum class Arrivals { kConstant, kPoisson };
enum class Endpoint { kChat, kCompletions, kEmbeddings };

// One kind of request of a scenario.
struct MixEntry {
  std::string name = "requests";
  double weight = 1;  // > 0; its share is weight / sum of weights
  Endpoint endpoint = Endpoint::kChat;
  std::string model = "auto";
  bool stream = false;
  std::string text;              // of the last user message
  std::size_t prompt_bytes = 0;  // without `text`: this much prose
  std::optional<int> max_tokens;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string extra;  // members to add to the body, as JSON text without the braces
  // The client leaves: after this time, or after so many chunks of a stream.
  std::optional<std::chrono::nanoseconds> abort_after;
  std::optional<int> abort_after_chunks;
};

// What to send, and when. Immutable once read.
struct Scenario {
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  double rate = 10;  // requests a second, > 0
  Arrivals arrivals = Arrivals::kPoisson;
  std::uint64_t seed = 1;
  std::optional<int> concurrency;    // no more at once; what would go over is not sent
  std::chrono::nanoseconds ramp{0};  // the rate grows from 0 to `rate` in this time
  std::vector<MixEntry> mix;
};

struct ScenarioResult {
  std::optional<Scenario> scenario;   // only without problems
  std::vector<std::string> problems;  // `file:line: path: problem; what to write instead`
};

// Reads a scenario (the README of this folder has the keys). All problems are found in one go.
ScenarioResult ReadScenario(const std::string& path);
ScenarioResult ParseScenario(const std::string& text, const std::string& name);

// "250ms", "10s", "2m", "24h", also with decimals. nullopt: none of these.
std::optional<std::chrono::nanoseconds> ParseDuration(const std::string& text);

}  // namespace headgate::loadtest::load
