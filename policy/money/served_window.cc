#include "policy/money/served_window.h"

#include <algorithm>

namespace headgate::policy {
namespace {

constexpr double kDollarsPerAtto = 1e-18;
constexpr double kTokensPerPrice = 1e6;

double TokensOf(const Usage& usage) { return static_cast<double>(usage.input + usage.output); }

void AddTo(std::atomic<std::int64_t>& sum, std::int64_t tokens) {
  if (tokens > 0) sum.fetch_add(tokens, std::memory_order_relaxed);
}

}  // namespace

void ServedWindow::Add(const Usage& usage) {
  AddTo(input_, usage.input);
  AddTo(cached_input_, usage.cached_input);
  AddTo(cache_write_, usage.cache_write);
  AddTo(output_, usage.output);
}

Usage ServedWindow::Tokens() const {
  Usage tokens;
  tokens.input = input_.load(std::memory_order_relaxed);
  tokens.cached_input = cached_input_.load(std::memory_order_relaxed);
  tokens.cache_write = cache_write_.load(std::memory_order_relaxed);
  tokens.output = output_.load(std::memory_order_relaxed);
  return tokens;
}

void ServedWindow::Sample(const Rent& rent, Clock::time_point now) {
  const MutexLock lock(mutex_);
  points_.push_back({now, rent, Tokens()});
  // The first point that is kept is at least as old as the longest window.
  while (points_.size() > 1 && now - points_[1].at >= kLongest) points_.pop_front();
}

std::optional<ServedWindow::Span> ServedWindow::Over(std::chrono::seconds window, const Rent& rent,
                                                     Clock::time_point now) const {
  const MutexLock lock(mutex_);
  if (points_.empty()) return std::nullopt;
  const auto later =
      std::upper_bound(points_.begin(), points_.end(), now - window,
                       [](Clock::time_point time, const Point& point) { return time < point.at; });
  const Point& from = later == points_.begin() ? points_.front() : *std::prev(later);
  if (now - from.at < std::chrono::seconds(1)) return std::nullopt;
  const Usage tokens = Tokens();
  Span span;
  span.time = now - from.at;
  span.rent = {rent.accrued - from.rent.accrued, rent.allocated - from.rent.allocated};
  span.tokens.input = tokens.input - from.tokens.input;
  span.tokens.cached_input = tokens.cached_input - from.tokens.cached_input;
  span.tokens.cache_write = tokens.cache_write - from.tokens.cache_write;
  span.tokens.output = tokens.output - from.tokens.output;
  return span;
}

std::optional<double> UtilisationOf(const ServedWindow::Span& span) {
  if (span.rent.accrued <= 0) return std::nullopt;
  return static_cast<double>(span.rent.allocated) / static_cast<double>(span.rent.accrued);
}

std::optional<double> EffectivePriceOf(const ServedWindow::Span& span) {
  const double tokens = TokensOf(span.tokens);
  if (tokens <= 0) return std::nullopt;
  return static_cast<double>(span.rent.accrued) * kDollarsPerAtto / tokens * kTokensPerPrice;
}

NanoUsd BillElsewhere(const ServedWindow::Span& span, const config::Prices& prices,
                      std::int64_t unix_seconds) {
  const ListInForce in_force = ListAt(prices, unix_seconds);
  config::Prices plain;
  plain.standard = in_force.list.standard;
  plain.hours.push_back({{0, config::kMinutesADay}, std::nullopt, in_force.share});
  return CostOf(plain, span.tokens, ServiceTier::kStandard, unix_seconds);
}

std::optional<double> BreakEvenTokensPerDay(const ServedWindow::Span& span,
                                            const config::Prices& prices, std::int64_t unix_seconds,
                                            NanoUsd rent_per_day) {
  const auto bill = static_cast<double>(BillElsewhere(span, prices, unix_seconds));
  if (bill <= 0) return std::nullopt;
  return static_cast<double>(rent_per_day) * TokensOf(span.tokens) / bill;
}

}  // namespace headgate::policy
