#pragma once

#include <functional>
#include <memory>

#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "backends/telemetry/poll_schedule.h"
#include "gateway/snapshot/snapshot.h"
#include "gateway/upkeep/fleet_replica.h"
#include "gateway/upkeep/rounds.h"

namespace headgate::gateway {

// Asks the replicas of self-hosted backends whose engine is known for their load, once a second,
// and notes the answers in BackendState::loads. An ejected replica is not asked. One for the whole
// process, bound to the control thread.
class LoadPolls {
 public:
  // `current` returns the snapshot in force.
  LoadPolls(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current);

  // Begins to poll. It goes on until the io_context stops.
  void Start() { rounds_.Start(); }

  // By backends::PollResult.
  const QuestionTotals& totals() const { return totals_; }

 private:
  void BeginDue(TimePoint now);
  Awaitable<void> Poll(FleetReplica replica, std::size_t question);

  asio::io_context& io_;
  const std::function<std::shared_ptr<const Snapshot>()> current_;
  backends::ConnectionPool pool_;  // keeps nothing: a poll has a connection of its own
  backends::PollSchedule schedule_;
  QuestionTotals totals_;
  Rounds rounds_;
};

}  // namespace headgate::gateway
