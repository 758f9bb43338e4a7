#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Draws random policies and requests with everything that a record can hold. The same seed draws
// the same ones.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  int Below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
  std::int64_t Steps(std::int64_t step, int end) { return step * Below(end); }
  std::size_t Index(std::size_t size) {
    return static_cast<std::size_t>(Below(static_cast<int>(size)));
  }
  bool OneIn(int n) { return Below(n) == 0; }

  config::Config Policy();
  // Fills `input` as the gateway does, custom class included, and returns the model as written.
  std::string Request(const routing::CompiledPolicy& policy, routing::DecisionInput& input);

 private:
  config::When When();
  config::Require Require();
  config::Model Model(int number);
  config::Backend Backend(int number, int models);
  config::Route Route(const config::Config& config, int number);
  float Real(int end);
  routing::Candidate State();

  std::mt19937_64 random_;
};

}  // namespace headgate::gateway
