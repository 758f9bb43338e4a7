#include "backends/limits/heard_limits.h"

#include <algorithm>
#include <optional>

namespace headgate::backends {
namespace {

using Clock = HeardLimits::Clock;
constexpr auto kRelaxed = std::memory_order_relaxed;

// Returns the time until the reset, or nullopt if none was given. A reset in the past is now.
std::optional<Clock::duration> UntilReset(const RateLimitWindow& said,
                                          std::chrono::system_clock::time_point wall) {
  std::optional<Clock::duration> time;
  if (said.reset_in) {
    time = *said.reset_in;
  } else if (said.reset_at) {
    // A difference of dates that are far apart would overflow.
    time = Clock::duration::zero();
    if (*said.reset_at > wall) {
      time = std::chrono::duration_cast<Clock::duration>(*said.reset_at - wall);
    }
  }
  if (!time) return std::nullopt;
  return std::clamp<Clock::duration>(*time, Clock::duration::zero(), HeardLimits::kLongest);
}

}  // namespace

void HeardLimits::Window::Hear(const RateLimitWindow& said, Clock::time_point now,
                               std::chrono::system_clock::time_point wall) {
  const std::optional<Clock::duration> until = UntilReset(said, wall);
  // A limit of 0 is how some servers say that there is none.
  if (!said.remaining || !until || said.limit == 0) return;
  remaining.store(*said.remaining, kRelaxed);
  most.store(said.limit.value_or(0), kRelaxed);
  missing.store(said.limit ? std::max<std::int64_t>(*said.limit - *said.remaining, 0) : 0,
                kRelaxed);
  heard_at.store(now.time_since_epoch().count(), kRelaxed);
  full_at.store((now + *until).time_since_epoch().count(), kRelaxed);
}

void HeardLimits::Window::Use(std::int64_t amount) {
  if (full_at.load(kRelaxed) != 0) remaining.fetch_sub(amount, kRelaxed);
}

Clock::time_point HeardLimits::Window::NotBefore(std::int64_t amount, Clock::time_point now) const {
  const Clock::time_point full{Clock::duration(full_at.load(kRelaxed))};
  // A request that is larger than the limit is judged by the provider.
  const std::int64_t limit = most.load(kRelaxed);
  if (limit > 0) amount = std::min(amount, limit);
  const std::int64_t lacking = amount - remaining.load(kRelaxed);
  if (now >= full || lacking <= 0) return now;
  const std::int64_t refill = missing.load(kRelaxed);
  if (lacking >= refill) return full;
  const Clock::time_point heard{Clock::duration(heard_at.load(kRelaxed))};
  const double share = static_cast<double>(lacking) / static_cast<double>(refill);
  const auto wait = static_cast<Clock::rep>(static_cast<double>((full - heard).count()) * share);
  return std::max(now, heard + Clock::duration(wait));
}

void HeardLimits::Heard(const RateLimitFields& fields, Clock::time_point now,
                        std::chrono::system_clock::time_point wall) {
  if (!fields.any) return;
  any_.store(true, std::memory_order_relaxed);
  requests_.Hear(fields.requests, now, wall);
  tokens_.Hear(fields.tokens, now, wall);
  input_tokens_.Hear(fields.input_tokens, now, wall);
  output_tokens_.Hear(fields.output_tokens, now, wall);
}

void HeardLimits::Sent(const Amount& amount) { Use(1, amount); }

void HeardLimits::TakeBack(const Amount& amount) {
  Use(-1, {.input = -amount.input, .output = -amount.output});
}

void HeardLimits::Use(std::int64_t requests, const Amount& amount) {
  requests_.Use(requests);
  tokens_.Use(amount.input + amount.output);
  input_tokens_.Use(amount.input);
  output_tokens_.Use(amount.output);
}

// The limit on output counts what was generated, so one token of it is enough to begin.
Clock::time_point HeardLimits::NotBefore(const Amount& amount, Clock::time_point now) const {
  return std::max({requests_.NotBefore(1, now),
                   tokens_.NotBefore(amount.input + amount.output, now),
                   input_tokens_.NotBefore(amount.input, now), output_tokens_.NotBefore(1, now)});
}

}  // namespace headgate::backends
