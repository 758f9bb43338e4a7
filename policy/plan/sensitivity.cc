#include "policy/plan/sensitivity.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "policy/plan/month.h"
#include "policy/plan/month_cost.h"

namespace headgate::policy {
namespace {

constexpr double kStep = 1.02;
constexpr double kFarthest = 100;
// A share of 0 has no ratio to another share. It counts as this one.
constexpr std::int64_t kLeastShare = kMillion / 100;
constexpr std::int64_t kHighestPeak = 24 * kMillion;  // a day's traffic in one hour

struct ValueRange {
  std::int64_t least = 1;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

ValueRange RangeOf(const PlanCase& plan, PlanInput input) {
  switch (input) {
    case PlanInput::kVolume: {
      const std::int64_t now = Total(AllTokens(plan.demand));
      return {.least = 1, .most = Scaled(kMostTokens, kMillion, now)};
    }
    case PlanInput::kUtilisation:
    case PlanInput::kOutputShare:
    case PlanInput::kCachedShare:
      return {.least = 1, .most = kMillion};
    case PlanInput::kPeak:
      return {.least = kMillion, .most = kHighestPeak};
    case PlanInput::kApiPrice:
    case PlanInput::kRent:
    case PlanInput::kThroughput:
      break;
  }
  return {};
}

void ScalePrices(config::PriceRow& row, std::int64_t factor) {
  row.input = Scaled(row.input, factor, kMillion);
  row.output = Scaled(row.output, factor, kMillion);
  if (row.cached_input) row.cached_input = Scaled(*row.cached_input, factor, kMillion);
  if (row.cache_write) row.cache_write = Scaled(*row.cache_write, factor, kMillion);
  if (row.cache_write_1h) row.cache_write_1h = Scaled(*row.cache_write_1h, factor, kMillion);
}

bool Applies(const PlanCase& plan, PlanInput input) {
  const bool known = plan.self.tokens_per_hour.has_value();
  const config::PriceRow& price = plan.api.price;
  switch (input) {
    case PlanInput::kThroughput:
    case PlanInput::kUtilisation:
      return known;
    case PlanInput::kPeak:
      return known && Total(InteractiveTokens(plan.demand)) > 0;
    case PlanInput::kCachedShare:
      return price.cached_input.has_value() && AllTokens(plan.demand).input > 0;
    case PlanInput::kOutputShare:
      return price.input != price.output;
    case PlanInput::kVolume:
    case PlanInput::kApiPrice:
    case PlanInput::kRent:
      break;
  }
  return true;
}

// Looks for the nearest value in one direction at which the verdict is another.
class FlipSearch {
 public:
  FlipSearch(const PlanCase& plan, PlanInput input)
      : plan_(plan),
        input_(input),
        range_(RangeOf(plan, input)),
        verdict_(Choose(CostsOf(plan))),
        now_(
            static_cast<double>(std::max(PresentValue(plan, input), IsShare() ? kLeastShare : 1))) {
  }

  std::optional<Flip> Towards(double step) const {
    double same = now_;
    const double end = step > 1 ? now_ * kFarthest : now_ / kFarthest;
    for (;;) {
      const double next = Clamped(same * step);
      const bool last = next == same || (step > 1 ? next > end : next < end);
      if (last) return std::nullopt;
      if (VerdictAt(next) != verdict_) return Between(same, next);
      same = next;
    }
  }

 private:
  bool IsShare() const {
    return input_ == PlanInput::kOutputShare || input_ == PlanInput::kCachedShare;
  }
  double Clamped(double value) const {
    return std::clamp(value, static_cast<double>(range_.least), static_cast<double>(range_.most));
  }
  Verdict VerdictAt(double value) const {
    return Choose(CostsOf(WithInput(plan_, input_, static_cast<std::int64_t>(value))));
  }
  Flip Between(double same, double other) const {
    constexpr int kHalvings = 12;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = std::sqrt(same * other);
      (VerdictAt(middle) == verdict_ ? same : other) = middle;
    }
    return {.value = static_cast<std::int64_t>(other),
            .becomes = VerdictAt(other),
            .distance = std::abs(std::log(other / now_))};
  }

  const PlanCase& plan_;
  const PlanInput input_;
  const ValueRange range_;
  const Verdict verdict_;
  const double now_;
};

}  // namespace

const Flip* InputFlips::Nearest() const {
  if (!down) return up ? &*up : nullptr;
  return up && up->distance < down->distance ? &*up : &*down;
}

std::int64_t PresentValue(const PlanCase& plan, PlanInput input) {
  const Usage all = AllTokens(plan.demand);
  switch (input) {
    case PlanInput::kUtilisation:
      return plan.self.utilisation;
    case PlanInput::kPeak:
      return PeakOf(plan.demand);
    case PlanInput::kOutputShare:
      return Scaled(all.output, kMillion, Total(all));
    case PlanInput::kCachedShare:
      return all.input == 0 ? 0 : Scaled(all.cached_input, kMillion, all.input);
    case PlanInput::kVolume:
    case PlanInput::kApiPrice:
    case PlanInput::kRent:
    case PlanInput::kThroughput:
      break;
  }
  return kMillion;
}

PlanCase WithInput(const PlanCase& plan, PlanInput input, std::int64_t value) {
  PlanCase out = plan;
  switch (input) {
    case PlanInput::kVolume: {
      const std::int64_t volume = Scaled(Total(AllTokens(plan.demand)), value, kMillion);
      out.demand = WithVolume(plan.demand, std::max<std::int64_t>(1, volume));
      break;
    }
    case PlanInput::kApiPrice:
      ScalePrices(out.api.price, value);
      break;
    case PlanInput::kRent:
      out.self.rent_per_replica_month = Scaled(plan.self.rent_per_replica_month, value, kMillion);
      break;
    case PlanInput::kThroughput:
      out.self.tokens_per_hour =
          std::max<std::int64_t>(1, Scaled(*plan.self.tokens_per_hour, value, kMillion));
      break;
    case PlanInput::kUtilisation:
      out.self.utilisation = value;
      break;
    case PlanInput::kPeak:
      out.demand = WithPeak(plan.demand, value);
      break;
    case PlanInput::kOutputShare:
      out.demand = WithOutputShare(plan.demand, value);
      break;
    case PlanInput::kCachedShare:
      out.demand = WithCachedShare(plan.demand, value);
      break;
  }
  return out;
}

std::vector<InputFlips> FlipsOf(const PlanCase& plan) {
  std::vector<InputFlips> out;
  for (const PlanInput input : {PlanInput::kVolume, PlanInput::kApiPrice, PlanInput::kRent,
                                PlanInput::kThroughput, PlanInput::kUtilisation, PlanInput::kPeak,
                                PlanInput::kOutputShare, PlanInput::kCachedShare}) {
    if (!Applies(plan, input)) continue;
    const FlipSearch search(plan, input);
    out.push_back({input, search.Towards(1 / kStep), search.Towards(kStep)});
  }
  const auto distance = [](const InputFlips& flips) {
    const Flip* const nearest = flips.Nearest();
    return nearest == nullptr ? std::numeric_limits<double>::infinity() : nearest->distance;
  };
  std::stable_sort(out.begin(), out.end(), [&](const InputFlips& a, const InputFlips& b) {
    return distance(a) < distance(b);
  });
  return out;
}

}  // namespace headgate::policy
