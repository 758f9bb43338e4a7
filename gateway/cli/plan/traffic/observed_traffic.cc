#include "gateway/cli/plan/traffic/observed_traffic.h"

#include <algorithm>

#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kMinuteSeconds = 60;
constexpr std::int64_t kHourSeconds = 60 * kMinuteSeconds;
constexpr std::int64_t kDaySeconds = 24 * kHourSeconds;
constexpr std::int64_t kMonthSeconds = policy::kHoursOfTenMonths * 360;

std::string_view BackendOf(std::string_view target) {
  const std::size_t at = target.rfind('@');
  return at == std::string_view::npos ? target : target.substr(at + 1);
}

std::int64_t QuantileP95(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) * 95 / 100);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

template <typename Map>
typename Map::mapped_type& Entry(Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found != map.end() ? found->second : map[std::string(name)];
}

}  // namespace

void ObservedTraffic::Count(std::int64_t answers, std::int64_t first, std::int64_t last) {
  first_ = answers_ == 0 ? first : std::min(first_, first);
  last_ = answers_ == 0 ? last : std::max(last_, last);
  answers_ += answers;
}

void ObservedTraffic::AddHour(const ObservedHour& hour) {
  Count(hour.answers, hour.unix_seconds, hour.unix_seconds + kHourSeconds - 1);
  Entry(classes_, hour.request_class) += hour.usage;
  for (std::int64_t second = 0; second < kHourSeconds; second += kMinuteSeconds) {
    busy_minutes_.insert((hour.unix_seconds + second) / kMinuteSeconds);
  }
  ObservedBackend& sum = Entry(sums_, BackendOf(hour.target));
  sum.tokens += policy::Total(hour.usage);
  sum.cost += hour.cost;
  hours_[static_cast<std::size_t>(hour.unix_seconds / kHourSeconds % 24)] +=
      policy::Total(hour.usage);
}

void ObservedTraffic::AddCost(std::string_view target, NanoUsd cost) {
  Entry(sums_, BackendOf(target)).cost += cost;
}

void ObservedTraffic::Add(const ObservedAnswer& answer) {
  Count(1, answer.unix_seconds, answer.unix_seconds);
  Entry(classes_, answer.request_class) += answer.usage;
  const std::int64_t tokens = policy::Total(answer.usage);
  hours_[static_cast<std::size_t>(answer.unix_seconds / kHourSeconds % 24)] += tokens;
  busy_minutes_.insert(answer.unix_seconds / kMinuteSeconds);
  ObservedBackend& sum = Entry(sums_, BackendOf(answer.target));
  sum.tokens += tokens;
  sum.cost += answer.cost;
  Span& span = Entry(backends_, BackendOf(answer.target))[answer.unix_seconds / kSpan];
  span.tokens += tokens;
  span.cost += answer.cost;
  ++span.answers;
  if (answer.ttft_us > 0) span.ttft_us.push_back(answer.ttft_us);
}

void ObservedTraffic::SetReplicas(std::string_view backend, std::int64_t replicas) {
  Entry(replicas_, backend) = replicas;
}

std::int64_t ObservedTraffic::BusySeconds() const {
  return std::min(Seconds(), static_cast<std::int64_t>(busy_minutes_.size()) * kMinuteSeconds);
}

ObservedBackend ObservedTraffic::SumOf(const std::string& backend) const {
  const auto found = sums_.find(backend);
  return found == sums_.end() ? ObservedBackend() : found->second;
}

ObservedBackend ObservedTraffic::SumOfAll() const {
  ObservedBackend all;
  for (const auto& [backend, sum] : sums_) {
    all.tokens += sum.tokens;
    all.cost += sum.cost;
  }
  return all;
}

std::vector<policy::ClassVolume> ObservedTraffic::MonthlyTokens() const {
  std::vector<policy::ClassVolume> out;
  for (const auto& [name, tokens] : classes_) {
    if (policy::Total(tokens) == 0) continue;
    out.push_back({.name = name, .tokens = policy::Scaled(tokens, kMonthSeconds, Seconds())});
  }
  return out;
}

std::optional<policy::HourProfile> ObservedTraffic::Hours() const {
  if (Seconds() < kDaySeconds) return std::nullopt;
  return policy::Normalised(hours_);
}

std::optional<std::int64_t> ObservedTraffic::Replicas(const std::string& backend) const {
  const auto found = replicas_.find(backend);
  return found == replicas_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<ObservedThroughput> ObservedTraffic::Throughput(
    const std::string& backend, std::optional<std::int64_t> ttft_us) const {
  const auto found = backends_.find(backend);
  if (found == backends_.end()) return std::nullopt;
  std::optional<ObservedThroughput> best;
  std::size_t compared = 0;
  for (const auto& [number, span] : found->second) {
    if (span.answers < kFewestAnswers) continue;
    const std::int64_t p95 = QuantileP95(span.ttft_us);
    if (ttft_us && p95 > *ttft_us) continue;
    ++compared;
    const std::int64_t per_hour = policy::Scaled(span.tokens, kHourSeconds, kSpan);
    if (best && best->tokens_per_hour >= per_hour) continue;
    best = ObservedThroughput{.tokens_per_hour = per_hour,
                              .begin = number * kSpan,
                              .answers = span.answers,
                              .ttft_p95_us = p95,
                              .cost = span.cost};
  }
  if (best) best->spans = compared;
  return best;
}

}  // namespace headgate::gateway
