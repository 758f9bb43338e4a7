#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gateway/decide/dry_run.h"
#include "routing/decide/decision.h"

namespace headgate::gateway {

// The state of a target that a policy test can state.
struct StatedLoad {
  std::string target;
  std::optional<bool> up;
  std::optional<int> in_flight;
  std::optional<int> wait_ms;
  std::optional<int> ttft_p95_ms;
  std::optional<int> ttft_median_ms;
  std::optional<int> error_percent;
};

// The answers of a target in the last minutes.
struct DrawnPast {
  int answers = 0;
  int error_percent = 0;
  int ttft_ms = 0;
  int input_tokens = 0;  // of 4,000 bytes
  int output_tokens = 0;
};

// The last answer in the request's conversation.
struct DrawnAnswer {
  std::optional<std::size_t> target;  // nullopt: a target that was removed
  bool same_topic = true;
  std::chrono::minutes ago{0};
};

// Draws configurations as an operator writes them, and requests as clients send them. All drawn
// policies and requests are valid. The same seed draws the same ones.
class PolicyText {
 public:
  explicit PolicyText(std::uint64_t seed) : random_(seed) {}

  // A whole YAML file.
  std::string Policy();
  // Draws a request that often matches the policy. REQUIRES: Policy() was called.
  DryRunRequest Request();
  std::vector<StatedLoad> Load();
  // The past of one target, and the last answer of one conversation; nullopt if there is none yet.
  std::optional<DrawnPast> Past();
  std::optional<DrawnAnswer> Answer(std::size_t targets);
  bool OneIn(int n) { return Below(n) == 0; }

 private:
  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  std::string Pick(std::initializer_list<const char*> texts);
  std::string Some(std::initializer_list<const char*> texts);  // a YAML list, not empty
  std::string Compared(int end, const char* unit);
  std::string Models();
  std::string Backend(int number);
  std::string When(int depth, bool with_classes);
  std::string Require();
  std::string Route(int number);
  std::string Keys();
  std::string Body(routing::Endpoint endpoint);

  std::mt19937_64 random_;
  int models_ = 0;
  int custom_classes_ = 0;
  std::vector<std::string> targets_;
};

}  // namespace headgate::gateway
