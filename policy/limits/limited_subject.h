#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "config/limits.h"
#include "policy/limits/token_bucket.h"

namespace headgate::policy {

// Whose limit it is.
enum class LimitOwner : std::uint8_t { kKey, kTeam, kRoute };
inline constexpr std::array<std::string_view, 3> kLimitOwnerNames = {"key", "team", "route"};

// The limits of one key, team or route, and what is taken of them. It is 128 bytes apart from
// others, so that workers do not disturb each other's caches. Shared by workers; lock-free,
// thread-safe.
class alignas(128) LimitedSubject {
 public:
  LimitedSubject(LimitOwner owner, std::string name) : owner_(owner), name_(std::move(name)) {}

  LimitOwner owner() const { return owner_; }
  const std::string& name() const { return name_; }
  // Puts other limits in force. What was taken still counts.
  void SetLimits(const config::RateLimits& limits, TokenBucket::Clock::time_point now);

  TokenBucket requests;
  TokenBucket tokens;

  std::int64_t most_in_flight() const { return most_in_flight_.load(std::memory_order_relaxed); }
  std::int64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
  // Counts a request that begins; not if as many run as may.
  bool BeginRequest();
  void EndRequest() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const LimitOwner owner_;
  const std::string name_;
  std::atomic<std::int64_t> most_in_flight_{0};  // 0: no limit
  std::atomic<std::int64_t> in_flight_{0};
};

}  // namespace headgate::policy
