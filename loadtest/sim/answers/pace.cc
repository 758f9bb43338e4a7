#include "loadtest/sim/answers/pace.h"

#include <algorithm>

namespace headgate::loadtest::sim {

Nanoseconds Pace::FirstToken(std::int64_t prefill, std::int64_t tokens) {
  Nanoseconds first = Delay(replica_.options.ttft, fault_.ttft) + Prefill(prefill);
  if (const std::optional<Nanoseconds> service = Service()) {
    if (tokens > 1) {
      step_ = std::max(Nanoseconds(0), *service - first) / (tokens - 1);
    } else {
      first = std::max(first, *service);
    }
  }
  return fault_.delay + first;
}

Nanoseconds Pace::NextToken() {
  return step_ ? *step_ : Delay(replica_.options.interval, fault_.interval);
}

Nanoseconds Pace::Prefill(std::int64_t tokens) const {
  const Nanoseconds each = replica_.options.engine.prefill_per_token;
  if (each.count() == 0) return each;
  const double factor = replica_.LoadFactor(Clock::now());
  return Nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(each.count() * tokens) * factor));
}

std::optional<Nanoseconds> Pace::Service() const {
  if (fault_.service) return fault_.service->SampleDuration(replica_.random);
  if (!replica_.options.service || fault_.interval) return std::nullopt;
  return Delay(*replica_.options.service, std::nullopt);
}

Nanoseconds Pace::Delay(const Distribution& usual, const std::optional<Distribution>& asked) const {
  if (asked) return asked->SampleDuration(replica_.random);
  const double factor = replica_.LoadFactor(Clock::now());
  return Nanoseconds(static_cast<std::int64_t>(usual.Sample(replica_.random) * factor));
}

}  // namespace headgate::loadtest::sim
