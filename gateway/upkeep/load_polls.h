#pragma once

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "backends/telemetry/poll_schedule.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// Asks the replicas of self-hosted backends whose engine is known for their load, once a second,
// and notes the answers in BackendState::loads. An ejected replica is not asked. One for the whole
// process, bound to the control thread.
class LoadPolls {
 public:
  // `current` returns the snapshot in force.
  LoadPolls(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current);

  // Begins to poll. It goes on until the io_context stops.
  void Start();

  // Polls by backend and PollResult, since the start.
  using Totals = std::map<std::string, std::array<std::uint64_t, 3>>;
  const Totals& totals() const { return totals_; }

 private:
  Awaitable<void> Loop();
  void BeginDue(TimePoint now);
  Awaitable<void> Poll(std::shared_ptr<const Snapshot> snapshot, std::size_t backend,
                       std::size_t replica, std::size_t question);

  asio::io_context& io_;
  const std::function<std::shared_ptr<const Snapshot>()> current_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> timer_;
  backends::ConnectionPool pool_;  // keeps nothing: a poll has a connection of its own
  backends::PollSchedule schedule_;
  Totals totals_;
};

}  // namespace headgate::gateway
