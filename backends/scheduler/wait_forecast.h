#pragma once

#include <array>
#include <cstddef>

#include "backends/scheduler/band.h"
#include "backends/scheduler/clock.h"

namespace headgate::backends {

// Predicts how long a newcomer waits. It learns the rate of grants while requests wait, and the
// rates at which requests of each band arrive meanwhile, all over about the last 128 grants.
// Thread-compatible.
//
// A newcomer with k requests before it gets the (k + 1)-th slot that becomes free for its band:
//
//   wait = (k + 2/3) / (grants per second - arrivals per second of higher bands - batch's floor)
//
// Requests of higher bands that arrive later overtake it, and take their part of the grants; while
// batch waits at its floor, the floor takes its part, too. Batch gets at least the grants of its
// floor, floor / mean service time of batch a second, so it waits at most for these. The releases
// of many slots are nearly a Poisson process (Palm-Khintchine), so without overtaking the wait has
// an Erlang distribution: k + 2/3 is its median (k + 1 its mean). With overtaking the median is a
// little lower still. The median is predicted, because a decision to spill should be right as often
// as possible.
//
// Before kFewest grants, the rate is requests in flight / mean service time.
class WaitForecast {
 public:
  // What is known when a newcomer asks.
  struct View {
    TimePoint now;
    std::array<std::size_t, kBands> waiting{};
    std::array<Duration, kBands> service{};  // means
    Duration mean_service{0};
    int in_flight = 0;
    int running_batch = 0;
    int batch_floor = 0;  // slots
  };

  // The line has waiters now, or has none any more. A repeated call changes nothing.
  void Begins(TimePoint now);
  void Ends(TimePoint now);
  // A waiter has come, has gone without a grant, or is granted. What happens before Begins and
  // after Ends does not count, so the arrival that begins the contention does not, either.
  void Arrived(Band band);
  void Left(Band band);
  void Granted(TimePoint now);

  // `ahead`: the waiters of the newcomer's own band that go before it.
  Duration Predict(Band band, std::size_t ahead, const View& view) const;
  // Returns the mean time between two grants while requests wait.
  Duration GrantInterval(const View& view) const;

 private:
  static constexpr double kFewest = 16;
  double SecondsPerGrant(const View& view) const;
  double ArrivalRate(Band band) const;
  double BatchFloorRate(const View& view) const;

  bool contended_ = false;
  TimePoint last_;      // grant, or begin of the contention
  double seconds_ = 0;  // with waiters; this and the next two fade with each grant
  double grants_ = 0;
  std::array<double, kBands> arrivals_{};
};

}  // namespace headgate::backends
