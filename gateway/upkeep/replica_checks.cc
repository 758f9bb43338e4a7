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
    : io_(io), current_(std::move(current)), timer_(io) {}

void ReplicaChecks::Start() { asio::co_spawn(io_, Loop(), asio::detached); }

Awaitable<void> ReplicaChecks::Loop() {
  for (;;) {
    timer_.expires_after(kCheckRound);
    co_await timer_.async_wait(kAwait);
    BeginDue(SteadyClock::now());
  }
}

void ReplicaChecks::BeginDue(TimePoint now) {
  const std::shared_ptr<const Snapshot> snapshot = current_();
  const std::vector<BackendState>& all = snapshot->fleet->backends();
  for (std::size_t b = 0; b < all.size(); ++b) {
    const BackendState& backend = all[b];
    if (backend.hosting != config::Hosting::kSelfHosted) continue;
    if (!backends::HealthQuestionOf(backend.upstream->engine())) continue;
    for (std::size_t r = 0; r < backend.replicas->size(); ++r) {
      const backends::SharedCircuit& circuit = backend.replicas->circuit(r);
      if (!circuit.WantsChecks()) continue;
      if (schedule_.Begin(&circuit, now)) {
        asio::co_spawn(io_, Check(snapshot, b, r), asio::detached);
      }
    }
  }
  schedule_.EndRound(now);
}

Awaitable<void> ReplicaChecks::Check(std::shared_ptr<const Snapshot> snapshot, std::size_t backend,
                                     std::size_t replica) {
  const BackendState& state = snapshot->fleet->backend(backend);
  const std::optional<backends::HealthQuestion> question =
      backends::HealthQuestionOf(state.upstream->engine());
  const Executor executor = io_.get_executor();
  const backends::CheckResult result =
      co_await backends::CheckReplica(executor, pool_, *state.upstream, replica, *question);
  backends::SharedCircuit& circuit = state.replicas->circuit(replica);
  schedule_.End(&circuit);
  ++totals_[state.name][static_cast<std::size_t>(result)];
  if (result == backends::CheckResult::kUnhealthy) circuit.CheckFailed();
  if (result != backends::CheckResult::kHealthy) co_return;
  if (!circuit.CheckSucceeded(SteadyClock::now())) co_return;
  OperatorLog::Event(
      OperatorLog::Level::kInfo, "a check finds an ejected replica well",
      {{"backend", state.name}, {"replica", state.upstream->replicas()[replica].name}});
}

}  // namespace headgate::gateway
