#pragma once

#include <cstdint>
#include <memory>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "backends/scheduler/batch_hold.h"
#include "backends/scheduler/slot_count.h"
#include "backends/scheduler/slot_queue.h"

namespace headgate::backends {

// A request of a simulation: what it asks, and what became of it.
struct SimulatedRequest {
  TimePoint arrival;
  Duration service{0};
  Band band = Band::kNormal;
  std::string team;
  int share = 1;
  std::int64_t tokens = 1;
  Duration target = std::chrono::seconds(5);  // to the first token
  Duration lead{0};

  bool waited = false;    // it joined the queue and was not granted at once
  Duration predicted{0};  // at its arrival
  Duration wait{-1};      // to its first grant
  Duration slot_time{0};  // it held a slot
  int moved_aside = 0;
  bool turned_away = false;
  bool done = false;
};

struct SimulatedTraffic {
  double per_second = 0;  // Poisson arrivals
  Duration length{0};
  Duration mean_service = std::chrono::seconds(5);  // exponential
};

// Appends Poisson arrivals, each of them a copy of `request`.
void AppendTraffic(const SimulatedTraffic& traffic, const SimulatedRequest& request,
                   std::mt19937_64& random, std::vector<SimulatedRequest>& requests);
// Gives each request tokens between 200 and 50,000, uniform in their logarithm.
void DrawTokens(std::mt19937_64& random, std::vector<SimulatedRequest>& requests);
// The same requests as a queue without bands, teams and deadlines would see them.
std::vector<SimulatedRequest> FirstComeFirstServed(std::vector<SimulatedRequest> requests);
// Of what `wanted` accepts, the waits in seconds, sorted.
template <typename Wanted>
std::vector<double> SortedWaits(const std::vector<SimulatedRequest>& requests, Wanted wanted) {
  std::vector<double> waits;
  for (const SimulatedRequest& request : requests) {
    if (wanted(request) && request.wait >= Duration(0)) {
      waits.push_back(std::chrono::duration<double>(request.wait).count());
    }
  }
  std::sort(waits.begin(), waits.end());
  return waits;
}
double Quantile(const std::vector<double>& sorted, double part);
double Mean(const std::vector<double>& values);

// A discrete-event simulation of a backend in virtual time. It uses SlotCount and SlotQueue as the
// gateway does. Checks on every event that no replica runs more than it may.
class SimulatedPool {
 public:
  struct Settings {
    int replicas = 1;
    int slots = 48;
    std::int64_t slot_tokens = 0;
    SlotQueue::Settings queue{.limit = 1'000'000, .batch_floor = 100'000, .preempt = false};
  };
  explicit SimulatedPool(const Settings& settings);
  ~SimulatedPool();

  // Runs until all requests are done, or to `end`. Requests that still wait then leave the queue,
  // and requests that run are released.
  void Run(std::vector<SimulatedRequest>& requests, TimePoint end = TimePoint::max());

  // Means over the time in which batch waited, after the first 10 s.
  double mean_running_batch_while_waiting() const;
  int most_in_flight() const { return most_in_flight_; }
  SlotQueue& queue() { return *queue_; }

 private:
  class Taker;
  enum class Kind : std::uint8_t { kArrival, kRelease, kAside, kSweep };
  struct Event {
    TimePoint at;
    std::uint64_t number;
    Kind kind;
    Taker* taker;
    int start;  // of a release: which start of the taker it ends
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : number > other.number;
    }
  };

  void Schedule(TimePoint at, Kind kind, Taker* taker = nullptr);
  void Handle(const Event& event);
  void Arrive(Taker& taker, bool front);
  void Start(Taker& taker);
  void Release(Taker& taker);
  void WakeAll();
  void Observe(TimePoint until);

  const Settings settings_;
  SlotCounts replicas_;
  std::shared_ptr<SlotQueue> queue_;
  std::vector<std::unique_ptr<Taker>> takers_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::pair<Taker*, SlotTaker::Why>> woken_;
  std::uint64_t next_event_ = 0;
  std::size_t open_ = 0;  // requests that are not done
  TimePoint now_{};
  double batch_waited_ = 0;   // seconds
  double batch_running_ = 0;  // slot seconds
  int most_in_flight_ = 0;
};

}  // namespace headgate::backends
