#include "loadtest/sim/base/timers.h"

#include <boost/asio/post.hpp>

namespace headgate::loadtest::sim {
namespace {

TimePoint NextTick(TimePoint due) {
  constexpr Nanoseconds kTick = std::chrono::microseconds(500);
  const Nanoseconds since = due.time_since_epoch();
  return TimePoint((since + kTick - Nanoseconds(1)) / kTick * kTick);
}

}  // namespace

void Timers::Schedule(Timed& timed, TimePoint due) {
  heap_.emplace_back();
  Rise(heap_.size() - 1, Entry{due, next_order_++, &timed});
  if (!running_ && timed.place_ == 0) Arm();
}

void Timers::Cancel(Timed& timed) {
  const std::size_t place = timed.place_;
  if (place == Timed::kIdle) return;
  timed.place_ = Timed::kIdle;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (place == heap_.size()) return;
  if (place > 0 && last < heap_[(place - 1) / 2]) {
    Rise(place, last);
  } else {
    Sink(place, last);
  }
}

void Timers::Run() {
  running_ = true;
  // Entries that are scheduled from now on wait for the next round. Otherwise a stream without
  // delays would keep the sockets from being read.
  const std::uint64_t end = next_order_;
  for (TimePoint now = Clock::now(); !heap_.empty(); now = Clock::now()) {
    const Entry top = heap_.front();
    if (top.due > now || top.order >= end) break;
    Cancel(*top.timed);
    top.timed->OnTimer(now);
  }
  running_ = false;
  Arm();
}

void Timers::Arm() {
  if (heap_.empty() || posted_) return;
  const TimePoint due = heap_.front().due;
  if (due <= Clock::now()) {
    posted_ = true;
    boost::asio::post(io_, [this] {
      posted_ = false;
      Run();
    });
    return;
  }
  const TimePoint wake = NextTick(due);
  if (wake >= armed_) return;
  armed_ = wake;
  timer_.expires_at(wake);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    armed_ = TimePoint::max();
    if (!posted_) Run();
  });
}

void Timers::Put(std::size_t place, const Entry& entry) {
  heap_[place] = entry;
  entry.timed->place_ = place;
}

void Timers::Rise(std::size_t place, const Entry& entry) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (!(entry < heap_[parent])) break;
    Put(place, heap_[parent]);
    place = parent;
  }
  Put(place, entry);
}

void Timers::Sink(std::size_t place, const Entry& entry) {
  while (true) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
    if (!(heap_[child] < entry)) break;
    Put(place, heap_[child]);
    place = child;
  }
  Put(place, entry);
}

}  // namespace headgate::loadtest::sim
