#include "tests/backends/scheduler/simulated_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr Duration kSweepEvery = 100ms;
constexpr Duration kCancelTakes = 2ms;  // from MoveAside to the release

double Exponential(std::mt19937_64& random, double mean) {
  return -mean * std::log(std::generate_canonical<double, 53>(random) + 1e-12);
}

Duration FromSeconds(double seconds) { return Duration(static_cast<std::int64_t>(seconds * 1e9)); }

double ToSeconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void AppendTraffic(const SimulatedTraffic& traffic, const SimulatedRequest& request,
                   std::mt19937_64& random, std::vector<SimulatedRequest>& requests) {
  const double mean_service = ToSeconds(traffic.mean_service);
  for (double at = Exponential(random, 1 / traffic.per_second); at < ToSeconds(traffic.length);
       at += Exponential(random, 1 / traffic.per_second)) {
    SimulatedRequest& next = requests.emplace_back(request);
    next.arrival = TimePoint(FromSeconds(at));
    next.service = FromSeconds(Exponential(random, mean_service));
  }
}

void DrawTokens(std::mt19937_64& random, std::vector<SimulatedRequest>& requests) {
  constexpr double kFewest = 200;
  constexpr double kMost = 50'000;
  for (SimulatedRequest& request : requests) {
    const double part = std::generate_canonical<double, 53>(random);
    request.tokens = static_cast<std::int64_t>(kFewest * std::pow(kMost / kFewest, part));
  }
}

std::vector<SimulatedRequest> FirstComeFirstServed(std::vector<SimulatedRequest> requests) {
  for (SimulatedRequest& request : requests) {
    request.band = Band::kNormal;
    request.team.clear();
    request.target = 5s;
  }
  return requests;
}

double Quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

double Mean(const std::vector<double>& values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

class SimulatedPool::Taker : public SlotTaker, public Preemptible {
 public:
  Taker(SimulatedPool& pool, SimulatedRequest& request) : pool_(pool), request_(request) {}

  Try TryTake(TimePoint, ReservedSlots& reserved) override {
    for (const auto& replica : pool_.replicas_) {
      if (reserved.Has(*replica) || !replica->TryGrant(request_.tokens)) continue;
      held_ = replica.get();
      return Try::kTaken;
    }
    for (const auto& replica : pool_.replicas_) reserved.Add(*replica);
    return Try::kNoRoom;
  }
  void Wake(Why why) override { pool_.woken_.emplace_back(this, why); }
  void MoveAside() override { pool_.Schedule(pool_.now_ + kCancelTakes, Kind::kAside, this); }

  SimulatedPool& pool_;
  SimulatedRequest& request_;
  SlotCount* held_ = nullptr;
  bool in_line_ = false;
  bool running_ = false;
  bool by_queue_ = false;
  int starts_ = 0;
  TimePoint started_;
  BatchHold hold_;
};

SimulatedPool::SimulatedPool(const Settings& settings) : settings_(settings) {
  for (int i = 0; i < settings.replicas; ++i) {
    replicas_.push_back(std::make_shared<SlotCount>(settings.slots, settings.slot_tokens));
  }
  queue_ = SlotQueue::Make(replicas_, settings.queue);
}

SimulatedPool::~SimulatedPool() = default;

void SimulatedPool::Schedule(TimePoint at, Kind kind, Taker* taker) {
  events_.push({at, next_event_++, kind, taker, taker == nullptr ? 0 : taker->starts_});
}

void SimulatedPool::Run(std::vector<SimulatedRequest>& requests, TimePoint end) {
  for (SimulatedRequest& request : requests) {
    takers_.push_back(std::make_unique<Taker>(*this, request));
    Schedule(request.arrival, Kind::kArrival, takers_.back().get());
  }
  open_ = requests.size();
  Schedule(TimePoint(kSweepEvery), Kind::kSweep);
  while (open_ > 0 && !events_.empty() && events_.top().at <= end) {
    const Event event = events_.top();
    events_.pop();
    Observe(event.at);
    Handle(event);
    WakeAll();
  }
  for (const auto& taker : takers_) {
    if (taker->in_line_) queue_->Leave(*taker, now_);
    taker->in_line_ = false;
  }
  for (const auto& taker : takers_) {
    if (taker->running_) Release(*taker);
  }
  for (const auto& replica : replicas_) {
    EXPECT_EQ(replica->in_flight(), 0);
    EXPECT_EQ(replica->tokens(), 0);
    EXPECT_FALSE(replica->contended());
  }
  EXPECT_EQ(queue_->running_batch(), 0);
  takers_.clear();
}

// Measures the time that has passed since the last event.
void SimulatedPool::Observe(TimePoint until) {
  constexpr Duration kWarmUp = 10s;
  if (until.time_since_epoch() > kWarmUp) {
    const SlotQueue::Figures figures = queue_->figures(now_);
    if (figures.waiting[IndexOf(Band::kBatch)] > 0) {
      batch_waited_ += ToSeconds(until - now_);
      batch_running_ += ToSeconds(until - now_) * figures.running_batch;
    }
  }
  now_ = until;
}

double SimulatedPool::mean_running_batch_while_waiting() const {
  return batch_waited_ > 0 ? batch_running_ / batch_waited_ : 0;
}

void SimulatedPool::Handle(const Event& event) {
  Taker* const taker = event.taker;
  switch (event.kind) {
    case Kind::kArrival:
      return Arrive(*taker, /*front=*/false);
    case Kind::kRelease:
      if (!taker->running_ || taker->starts_ != event.start) return;
      taker->request_.done = true;
      --open_;
      return Release(*taker);
    case Kind::kAside:
      if (!taker->running_ || taker->starts_ != event.start) return;
      ++taker->request_.moved_aside;
      Release(*taker);
      return Arrive(*taker, /*front=*/true);
    case Kind::kSweep:
      queue_->Kick(now_);
      return Schedule(now_ + kSweepEvery, Kind::kSweep);
  }
}

void SimulatedPool::Arrive(Taker& taker, bool front) {
  SimulatedRequest& request = taker.request_;
  if (!front) {
    request.predicted = Duration(0);
    for (const auto& replica : replicas_) {
      if (!replica->TryTake(request.tokens)) continue;
      queue_->Started(request.band);
      taker.held_ = replica.get();
      taker.by_queue_ = false;
      return Start(taker);
    }
    request.predicted = queue_->Predicted(request.band, request.team, request.share, now_);
  }
  const SlotQueue::Joined joined = queue_->Join(taker,
                                                {.band = request.band,
                                                 .team = request.team,
                                                 .share = request.share,
                                                 .deadline = request.arrival + request.target,
                                                 .lead = request.lead,
                                                 .tokens = request.tokens,
                                                 .front = front},
                                                now_);
  if (joined.outcome == SlotQueue::Outcome::kGranted) {
    taker.by_queue_ = true;
    return Start(taker);
  }
  if (joined.outcome == SlotQueue::Outcome::kFull) {
    request.turned_away = true;
    --open_;
    return;
  }
  request.waited = true;
  taker.in_line_ = true;
}

void SimulatedPool::WakeAll() {
  for (std::size_t i = 0; i < woken_.size(); ++i) {
    const auto [taker, why] = woken_[i];
    taker->in_line_ = false;
    if (why == SlotTaker::Why::kGranted) {
      taker->by_queue_ = true;
      Start(*taker);
    } else {
      taker->request_.turned_away = true;
      --open_;
    }
  }
  woken_.clear();
}

void SimulatedPool::Start(Taker& taker) {
  SimulatedRequest& request = taker.request_;
  if (request.wait < Duration(0)) request.wait = now_ - request.arrival;
  taker.running_ = true;
  taker.started_ = now_;
  ++taker.starts_;
  Schedule(now_ + request.service, Kind::kRelease, &taker);
  if (settings_.queue.preempt && request.band == Band::kBatch &&
      request.moved_aside < BatchHold::kMostMoves) {
    taker.hold_ = BatchHold(queue_, taker, *taker.held_, request.tokens);
  }
  for (const auto& replica : replicas_) {
    most_in_flight_ = std::max(most_in_flight_, replica->in_flight());
    if (settings_.slots > 0) {
      EXPECT_LE(replica->in_flight(), settings_.slots);
    }
    if (settings_.slot_tokens > 0 && replica->in_flight() > 1) {
      EXPECT_LE(replica->tokens(), settings_.slot_tokens);
    }
  }
}

void SimulatedPool::Release(Taker& taker) {
  SimulatedRequest& request = taker.request_;
  taker.running_ = false;
  const Duration held = now_ - taker.started_;
  request.slot_time += held;
  taker.hold_.Committed();
  queue_->Released({request.band, request.team, request.share, held,
                    taker.by_queue_ ? taker.charged() : Duration(0)});
  if (taker.held_->Return(request.tokens)) taker.held_->KickQueue(now_);
}

}  // namespace headgate::backends
