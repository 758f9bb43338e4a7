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
#include "backends/upstream/active_check.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {

// Checks the ejected replicas of self-hosted backends whose engine is known, so that an outage that
// is over is noticed within seconds and without a caller's request. One for the whole process,
// bound to the control thread.
class ReplicaChecks {
 public:
  // `current` returns the snapshot in force.
  ReplicaChecks(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current);

  // Begins to check. It goes on until the io_context stops.
  void Start();

  // Checks by backend and CheckResult, since the start.
  using Totals = std::map<std::string, std::array<std::uint64_t, 3>>;
  const Totals& totals() const { return totals_; }

 private:
  Awaitable<void> Loop();
  void BeginDue(TimePoint now);
  Awaitable<void> Check(std::shared_ptr<const Snapshot> snapshot, std::size_t backend,
                        std::size_t replica);

  asio::io_context& io_;
  const std::function<std::shared_ptr<const Snapshot>()> current_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> timer_;
  backends::ConnectionPool pool_;  // keeps nothing: a check has a connection of its own
  backends::CheckSchedule schedule_;
  Totals totals_;
};

}  // namespace headgate::gateway
