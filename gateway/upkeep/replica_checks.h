#pragma once

#include <functional>
#include <memory>

#include "backends/net/connection_pool.h"
#include "backends/net/types.h"
#include "backends/upstream/active_check.h"
#include "gateway/snapshot/snapshot.h"
#include "gateway/upkeep/fleet_replica.h"
#include "gateway/upkeep/rounds.h"

namespace headgate::gateway {

// Checks the ejected replicas of self-hosted backends whose engine is known, so that an outage that
// is over is noticed within seconds and without a caller's request. One for the whole process,
// bound to the control thread.
class ReplicaChecks {
 public:
  // `current` returns the snapshot in force.
  ReplicaChecks(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current);

  // Begins to check. It goes on until the io_context stops.
  void Start() { rounds_.Start(); }

  // By backends::CheckResult.
  const QuestionTotals& totals() const { return totals_; }

 private:
  void BeginDue(TimePoint now);
  Awaitable<void> Check(FleetReplica replica, backends::HealthQuestion question);

  asio::io_context& io_;
  const std::function<std::shared_ptr<const Snapshot>()> current_;
  backends::ConnectionPool pool_;  // keeps nothing: a check has a connection of its own
  backends::CheckSchedule schedule_;
  QuestionTotals totals_;
  Rounds rounds_;
};

}  // namespace headgate::gateway
