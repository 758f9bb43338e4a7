#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "policy/limits/limited_subject.h"

namespace headgate::policy {

// The subjects that limit one request, in a fixed order: key, team, route. With this order requests
// that run into each other never make all of them fail where one could pass.
using LimitedBy = absl::InlinedVector<LimitedSubject*, 3>;

enum class LimitKind : std::uint8_t { kRequests, kTokens, kInFlight };
inline constexpr std::array<std::string_view, 3> kLimitKindNames = {
    "requests_per_minute", "tokens_per_minute", "in_flight"};

// Why a request may not begin: the limit that keeps it waiting for the longest time.
struct LimitRefusal {
  const LimitedSubject* subject = nullptr;
  LimitKind kind = LimitKind::kRequests;
  std::int64_t limit = 0;
  std::int64_t wanted = 1;           // requests or tokens
  std::chrono::nanoseconds wait{0};  // until it may pass; 0: when another request ends
  // It asks for more tokens than a minute has, so that waiting does not help.
  bool Never() const { return wanted > limit; }
};

// What is left of the scarcest limit of a kind.
struct LimitStanding {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  std::chrono::nanoseconds full_in{0};  // until all of it is there again
};

// What one request has taken from its subjects: one request, its tokens, a place among those that
// run. All subjects give, or none does. Its end gives the place back. Move-only; used by one
// thread.
class LimitHold {
 public:
  using Clock = TokenBucket::Clock;

  LimitHold() = default;
  LimitHold(LimitHold&& other) noexcept { *this = std::move(other); }
  LimitHold& operator=(LimitHold&& other) noexcept {
    std::swap(subjects_, other.subjects_);
    std::swap(tokens_, other.tokens_);
    return *this;
  }
  ~LimitHold();

  // Takes from all subjects, which outlive the hold. REQUIRES: the hold is empty.
  std::optional<LimitRefusal> Take(LimitedBy subjects, std::int64_t tokens, Clock::time_point now);
  // Corrects the tokens by what was really used. Called once at most.
  void Settle(std::int64_t used, Clock::time_point now);

  bool empty() const { return subjects_.empty(); }
  // Return the standing of the limits in a minute; nullopt if no subject has one.
  std::optional<LimitStanding> Requests(Clock::time_point now) const;
  std::optional<LimitStanding> Tokens(Clock::time_point now) const;

 private:
  LimitedBy subjects_;
  std::int64_t tokens_ = 0;
};

// The same standings for a request that was refused.
std::optional<LimitStanding> ScarcestRequests(const LimitedBy& subjects,
                                              LimitHold::Clock::time_point now);
std::optional<LimitStanding> ScarcestTokens(const LimitedBy& subjects,
                                            LimitHold::Clock::time_point now);

}  // namespace headgate::policy
