// All delays of the simulator on one operating-system timer: an indexed binary heap of due times.
// Wake-ups are rounded up to half a millisecond, so that thousands of streams share a wake-up.
// *worker-bound*
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "loadtest/sim/base/clock.h"

namespace headgate::loadtest::sim {

class Timers;

// An object that waits for one moment at a time. It must be cancelled, or have fired, before its
// destruction.
class Timed {
 public:
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  // Called when the moment has come. May schedule again and may destroy this object.
  virtual void OnTimer(TimePoint now) = 0;

 protected:
  virtual ~Timed() = default;

 private:
  friend class Timers;
  static constexpr std::size_t kIdle = static_cast<std::size_t>(-1);
  std::size_t place_ = kIdle;
};

class Timers {
 public:
  explicit Timers(boost::asio::io_context& io) : io_(io), timer_(io) {}

  // Calls OnTimer() of `timed` at `due` or soon after, never from inside this function. REQUIRES:
  // `timed` is idle.
  void Schedule(Timed& timed, TimePoint due);
  // Does nothing if `timed` is idle.
  void Cancel(Timed& timed);

 private:
  struct Entry {
    TimePoint due;
    std::uint64_t order;  // counts Schedule(): equal moments fire in this order, and a round ends
    Timed* timed;
    bool operator<(const Entry& other) const {
      return due != other.due ? due < other.due : order < other.order;
    }
  };

  void Run();
  void Arm();
  void Put(std::size_t place, const Entry& entry);
  void Rise(std::size_t place, const Entry& entry);
  void Sink(std::size_t place, const Entry& entry);

  boost::asio::io_context& io_;
  boost::asio::steady_timer timer_;
  std::vector<Entry> heap_;
  std::uint64_t next_order_ = 0;
  TimePoint armed_ = TimePoint::max();
  bool running_ = false;
  bool posted_ = false;
};

}  // namespace headgate::loadtest::sim
