#pragma once

#include <array>
#include <cstddef>

#include "backends/scheduler/band.h"
#include "backends/scheduler/clock.h"

namespace headgate::backends {

// Predicts how long a newcomer waits. It learns the time for which a slot is held between two
// grants while requests wait, and the rates at which requests of each band arrive meanwhile, all
// over about the last 128 grants. Divided by the slots that serve now, that time is the interval of
// grants, so that a reload of slots and a lost replica count at once. Thread-compatible.
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
// Requests that run beyond the slots there are now must end before the first grant. Before kFewest
// grants, and when the line has been empty for longer than the forecast, the rate is that of the
// mean service time, and nobody is expected to overtake. A band from which nobody has come for a
// while is expected to come at most three times as fast as that: what was learned from a rush does
// not turn requests away from an empty queue.
class WaitForecast {
 public:
  // What is known when a newcomer asks.
  struct View {
    TimePoint now;
    std::array<std::size_t, kBands> waiting{};
    std::array<Duration, kBands> service{};  // means
    Duration mean_service{0};
    int serving = 0;  // requests that run, within the slots
    int excess = 0;   // requests that run beyond them
    int running_batch = 0;
    int batch_floor = 0;  // slots
  };

  // The line has waiters now, or has none any more. A repeated call changes nothing.
  void Begins(TimePoint now);
  void Ends(TimePoint now);
  // A waiter has come, has gone without a grant, or is granted. What happens before Begins and
  // after Ends does not count, so the arrival that begins the contention does not, either.
  void Arrived(Band band, TimePoint now);
  void Left(Band band);
  void Granted(TimePoint now, int serving);

  // `ahead`: the waiters of the newcomer's own band that go before it.
  Duration Predict(Band band, std::size_t ahead, const View& view) const;
  // Returns the mean time between two grants while requests wait.
  Duration GrantInterval(const View& view) const;

 private:
  static constexpr double kFewest = 16;
  double SecondsPerGrant(const View& view) const;
  Duration Predict(Band band, std::size_t ahead, const View& view, bool as_learned) const;
  double ArrivalRate(Band band, TimePoint now) const;
  double BatchFloorRate(const View& view) const;

  bool contended_ = false;
  TimePoint last_;      // grant, or begin or end of the contention
  double seconds_ = 0;  // with waiters; this and the next three fade with each grant
  double slot_seconds_ = 0;
  double grants_ = 0;
  std::array<double, kBands> arrivals_{};
  std::array<TimePoint, kBands> latest_arrivals_{};  // also while nobody waits
};

}  // namespace headgate::backends
