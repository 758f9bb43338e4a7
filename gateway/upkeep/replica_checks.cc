#include "gateway/upkeep/replica_checks.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <utility>

#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

// An ejection is noticed within this.
constexpr std::chrono::milliseconds kCheckRound(250);

}  // namespace

ReplicaChecks::ReplicaChecks(asio::io_context& io,
                             std::function<std::shared_ptr<const Snapshot>()> current)
    : io_(io),
      current_(std::move(current)),
      rounds_(io, kCheckRound, [this](TimePoint now) { BeginDue(now); }) {}

void ReplicaChecks::BeginDue(TimePoint now) {
  for (const FleetReplica& replica : SelfHostedReplicas(current_())) {
    const auto question = backends::HealthQuestionOf(replica.backend().upstream->engine());
    if (!question || !replica.circuit().WantsChecks()) continue;
    if (schedule_.Begin(&replica.circuit(), now)) {
      asio::co_spawn(io_, Check(replica, *question), asio::detached);
    }
  }
  schedule_.EndRound(now);
}

Awaitable<void> ReplicaChecks::Check(FleetReplica replica, backends::HealthQuestion question) {
  const BackendState& backend = replica.backend();
  const Executor executor = io_.get_executor();
  const backends::CheckResult result = co_await backends::CheckReplica(
      executor, pool_, *backend.upstream, replica.index(), question);
  backends::SharedCircuit& circuit = replica.circuit();
  schedule_.End(&circuit);
  ++totals_[backend.name][static_cast<std::size_t>(result)];
  if (result == backends::CheckResult::kUnhealthy) circuit.CheckFailed();
  if (result != backends::CheckResult::kHealthy) co_return;
  if (!circuit.CheckSucceeded(SteadyClock::now())) co_return;
  OperatorLog::Event(
      OperatorLog::Level::kInfo, "a check finds an ejected replica well",
      {{"backend", backend.name}, {"replica", backend.upstream->replicas()[replica.index()].name}});
}

}  // namespace headgate::gateway
