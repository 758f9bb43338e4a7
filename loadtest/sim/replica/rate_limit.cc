#include "loadtest/sim/replica/rate_limit.h"

#include <algorithm>
#include <cmath>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {

std::optional<RateLimitOptions> ParseRateLimit(std::string_view text) {
  RateLimitOptions options;
  for (const std::string_view part : Split(text, ',')) {
    const auto [name, value] = SplitOnce(part, '=');
    if (name == "window") {
      const std::optional<Nanoseconds> window = ParseDuration(value);
      if (!window || window->count() == 0) return std::nullopt;
      options.window = *window;
      continue;
    }
    const std::optional<std::int64_t> count = ParseCount(value);
    if (!count || *count == 0) return std::nullopt;
    if (name == "requests") {
      options.requests = *count;
    } else if (name == "tokens") {
      options.tokens = *count;
    } else {
      return std::nullopt;
    }
  }
  if (options.requests == 0 && options.tokens == 0) return std::nullopt;
  return options;
}

RateBucket::RateBucket(std::int64_t limit, Nanoseconds window)
    : limit_(limit), window_(window), level_(static_cast<double>(limit)) {}

void RateBucket::Refill(TimePoint now) {
  const auto full = static_cast<double>(limit_);
  if (filled_ && now > *filled_) {
    level_ = std::min(full, level_ + full * Seconds(now - *filled_) / Seconds(window_));
  }
  filled_ = now;
}

Nanoseconds RateBucket::Wait(std::int64_t amount, TimePoint now) {
  if (!Limits()) return Nanoseconds(0);
  Refill(now);
  const double missing = static_cast<double>(std::min(amount, limit_)) - level_;
  if (missing <= 0) return Nanoseconds(0);
  const double share = missing / static_cast<double>(limit_);
  return Nanoseconds(std::llround(share * static_cast<double>(window_.count())) + 1);
}

void RateBucket::Take(std::int64_t amount, TimePoint now) {
  if (!Limits()) return;
  Refill(now);
  level_ -= static_cast<double>(amount);
}

RateBucket::State RateBucket::Now(TimePoint now) {
  Refill(now);
  const auto full = static_cast<double>(limit_);
  const auto remaining = static_cast<std::int64_t>(std::max(0.0, std::floor(level_)));
  const double missing = limit_ > 0 ? (full - level_) / full : 0;
  return {limit_, remaining,
          Nanoseconds(std::llround(missing * static_cast<double>(window_.count())))};
}

Nanoseconds RateLimits::Admit(std::int64_t tokens, TimePoint now) {
  const Nanoseconds wait = std::max(requests_.Wait(1, now), tokens_.Wait(tokens, now));
  if (wait.count() > 0) return wait;
  requests_.Take(1, now);
  tokens_.Take(tokens, now);
  return Nanoseconds(0);
}

}  // namespace headgate::loadtest::sim
