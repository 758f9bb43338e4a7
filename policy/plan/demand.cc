#include "policy/plan/demand.h"

#include <algorithm>
#include <numeric>

#include "policy/plan/month.h"

namespace headgate::policy {
namespace {

std::int64_t SumOf(const HourProfile& hours) {
  return std::accumulate(hours.begin(), hours.end(), std::int64_t{0});
}

template <typename Included>
Usage SumOf(const Demand& demand, Included included) {
  Usage sum;
  for (const ClassVolume& volume : demand.classes) {
    if (included(volume)) sum += volume.tokens;
  }
  return sum;
}

// Moves `part` of `whole` so that a share `from` of all classes together becomes `to`.
std::int64_t Moved(std::int64_t part, std::int64_t whole, std::int64_t from, std::int64_t to) {
  if (to <= from) return from == 0 ? part : Scaled(part, to, from);
  return part + Scaled(whole - part, to - from, kMillion - from);
}

}  // namespace

std::int64_t Total(const Usage& tokens) { return tokens.input + tokens.output; }

Usage InteractiveTokens(const Demand& demand) {
  return SumOf(demand, [](const ClassVolume& volume) { return !volume.deferrable; });
}

Usage DeferrableTokens(const Demand& demand) {
  return SumOf(demand, [](const ClassVolume& volume) { return volume.deferrable; });
}

Usage AllTokens(const Demand& demand) {
  return SumOf(demand, [](const ClassVolume&) { return true; });
}

Usage Scaled(const Usage& tokens, std::int64_t by, std::int64_t of) {
  Usage out{.input = Scaled(tokens.input, by, of), .output = Scaled(tokens.output, by, of)};
  out.cached_input = std::min(out.input, Scaled(tokens.cached_input, by, of));
  out.cache_write = std::min(out.input - out.cached_input, Scaled(tokens.cache_write, by, of));
  out.cache_write_1h = std::min(out.cache_write, Scaled(tokens.cache_write_1h, by, of));
  out.reasoning = std::min(out.output, Scaled(tokens.reasoning, by, of));
  return out;
}

std::int64_t BusiestHour(const HourProfile& hours) {
  const std::int64_t busiest = *std::max_element(hours.begin(), hours.end());
  return Scaled(24 * busiest, kMillion, SumOf(hours));
}

std::int64_t PeakOf(const Demand& demand) {
  return std::max(demand.peak.value_or(0), BusiestHour(demand.hours));
}

Demand WithVolume(const Demand& demand, std::int64_t total) {
  Demand out = demand;
  const std::int64_t now = Total(AllTokens(demand));
  for (ClassVolume& volume : out.classes) {
    volume.tokens = Scaled(volume.tokens, std::min(total, kMostTokens), now);
  }
  return out;
}

Demand WithPeak(const Demand& demand, std::int64_t peak) {
  Demand out = demand;
  const std::int64_t busiest = BusiestHour(demand.hours);
  if (peak >= busiest) {
    out.peak = peak;
    return out;
  }
  out.peak.reset();
  for (std::int64_t& hour : out.hours = Normalised(demand.hours)) {
    const std::int64_t beyond = hour - kMillion;
    const std::int64_t kept =
        Scaled(beyond < 0 ? -beyond : beyond, peak - kMillion, busiest - kMillion);
    hour = kMillion + (beyond < 0 ? -kept : kept);
  }
  return out;
}

Demand WithOutputShare(const Demand& demand, std::int64_t share) {
  Demand out = demand;
  const Usage all = AllTokens(demand);
  const std::int64_t now = Scaled(all.output, kMillion, Total(all));
  for (ClassVolume& volume : out.classes) {
    Usage& tokens = volume.tokens;
    const std::int64_t total = Total(tokens);
    const std::int64_t input = tokens.input;
    tokens.output = Moved(tokens.output, total, now, share);
    tokens.reasoning = std::min(tokens.reasoning, tokens.output);
    tokens.input = total - tokens.output;
    if (input == 0) continue;
    tokens.cached_input = Scaled(tokens.cached_input, tokens.input, input);
    tokens.cache_write = std::min(Scaled(tokens.cache_write, tokens.input, input),
                                  tokens.input - tokens.cached_input);
    tokens.cache_write_1h = std::min(tokens.cache_write_1h, tokens.cache_write);
  }
  return out;
}

Demand WithCachedShare(const Demand& demand, std::int64_t share) {
  Demand out = demand;
  const Usage all = AllTokens(demand);
  if (all.input == 0) return out;
  const std::int64_t now = Scaled(all.cached_input, kMillion, all.input);
  for (ClassVolume& volume : out.classes) {
    Usage& tokens = volume.tokens;
    tokens.cached_input = Moved(tokens.cached_input, tokens.input, now, share);
    tokens.cache_write = std::min(tokens.cache_write, tokens.input - tokens.cached_input);
    tokens.cache_write_1h = std::min(tokens.cache_write_1h, tokens.cache_write);
  }
  return out;
}

HourProfile Normalised(const HourProfile& hours) {
  HourProfile out{};
  const std::int64_t sum = SumOf(hours);
  std::transform(hours.begin(), hours.end(), out.begin(),
                 [&](std::int64_t hour) { return Scaled(hour, 24 * kMillion, sum); });
  return out;
}

}  // namespace headgate::policy
