#include "backends/scheduler/wait_forecast.h"

#include <algorithm>

namespace headgate::backends {
namespace {

constexpr double kFading = 127.0 / 128;  // per grant
// Overtaking and the floor leave at least this part of the grants: the forecast stays finite.
constexpr double kLeastShare = 0.02;

double InSeconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Duration FromSeconds(double seconds) {
  constexpr double kLongest = 1e6;
  return Duration(static_cast<std::int64_t>(std::clamp(seconds, 0.0, kLongest) * 1e9));
}

// Returns the median time in seconds until `before` + 1 requests are granted, with `grants` a
// second, if later arrivals take `part` of the grants. Each of the requests then takes a busy
// period of an M/M/1 queue with load `part` (Kleinrock 1975, 5.8-5.9): mean 1 / (grants * (1 -
// part)), squared coefficient of variation (1 + part) / (1 - part). The median of such a sum is
// about a third of that coefficient below the mean number.
double MedianWait(double before, double grants, double part) {
  const double variation = (1 + part) / (1 - part);
  const double requests = before + std::max(1 - variation / 3, 1.0 / 3);
  return requests / (grants * (1 - part));
}

}  // namespace

void WaitForecast::Begins(TimePoint now) {
  if (contended_) return;
  contended_ = true;
  last_ = now;
}

void WaitForecast::Ends(TimePoint now) {
  if (!contended_) return;
  contended_ = false;
  seconds_ += std::max(InSeconds(now - last_), 0.0);
  last_ = now;
}

void WaitForecast::Arrived(Band band, TimePoint now) {
  latest_arrivals_[IndexOf(band)] = now;
  if (contended_) arrivals_[IndexOf(band)] += 1;
}

void WaitForecast::Left(Band band) {
  if (!contended_) return;
  double& arrivals = arrivals_[IndexOf(band)];
  arrivals = std::max(arrivals - 1, 0.0);
}

void WaitForecast::Granted(TimePoint now, int serving) {
  if (!contended_) return;
  const double passed = std::max(InSeconds(now - last_), 0.0);
  seconds_ = seconds_ * kFading + passed;
  slot_seconds_ = slot_seconds_ * kFading + passed * std::max(serving, 1);
  grants_ = grants_ * kFading + 1;
  for (double& arrivals : arrivals_) arrivals *= kFading;
  last_ = now;
}

double WaitForecast::SecondsPerGrant(const View& view) const {
  constexpr double kStalled = 8;  // intervals without a grant: the rate of the past is over
  const double of_slot = grants_ < kFewest ? InSeconds(view.mean_service) : slot_seconds_ / grants_;
  const double known = of_slot / std::max(view.serving, 1);
  const double open = contended_ ? InSeconds(view.now - last_) : 0;
  return std::max({known, open / kStalled, 1e-9});
}

Duration WaitForecast::GrantInterval(const View& view) const {
  return FromSeconds(SecondsPerGrant(view));
}

double WaitForecast::ArrivalRate(Band band, TimePoint now) const {
  constexpr double kQuiet = 3;  // an arrival is missing for so many of its usual intervals
  if (grants_ < kFewest || seconds_ <= 0) return 0;
  const double learned = arrivals_[IndexOf(band)] / seconds_;
  const double since = InSeconds(now - latest_arrivals_[IndexOf(band)]);
  return since * learned > kQuiet ? kQuiet / since : learned;
}

// Returns how many grants a second batch gets by its floor alone.
double WaitForecast::BatchFloorRate(const View& view) const {
  const double service = InSeconds(view.service[IndexOf(Band::kBatch)]);
  return view.batch_floor / std::max(service, 1e-9);
}

Duration WaitForecast::Predict(Band band, std::size_t ahead, const View& view) const {
  const Duration learned = Predict(band, ahead, view, /*as_learned=*/true);
  if (contended_ || view.now - last_ < learned) return learned;
  return Predict(band, ahead, view, /*as_learned=*/false);
}

Duration WaitForecast::Predict(Band band, std::size_t ahead, const View& view,
                               bool as_learned) const {
  const double grants =
      as_learned ? 1 / SecondsPerGrant(view)
                 : std::max(view.serving, 1) / std::max(InSeconds(view.mean_service), 1e-9);
  double before = static_cast<double>(ahead) + view.excess;
  double overtaking = 0;
  for (const Band higher : kAllBands) {
    if (higher >= band) break;
    before += static_cast<double>(view.waiting[IndexOf(higher)]);
    if (as_learned) overtaking += ArrivalRate(higher, view.now);
  }
  const double by_floor = BatchFloorRate(view);
  const bool floor_takes = band != Band::kBatch && view.waiting[IndexOf(Band::kBatch)] > 0 &&
                           view.running_batch <= view.batch_floor;
  if (floor_takes) overtaking += by_floor;
  const double wait = MedianWait(before, grants, std::min(overtaking / grants, 1 - kLeastShare));
  if (band != Band::kBatch) return FromSeconds(wait);
  // While batch is below its floor it gets each slot that becomes free, then its own.
  const double own = static_cast<double>(ahead);
  const double missing = std::max(view.batch_floor - view.running_batch, 0);
  if (own < missing) return FromSeconds(std::min(wait, MedianWait(own, grants, 0)));
  const double floor_wait =
      missing / grants + MedianWait(own - missing, std::max(by_floor, 1e-9), 0);
  return FromSeconds(std::min(wait, floor_wait));
}

}  // namespace headgate::backends
