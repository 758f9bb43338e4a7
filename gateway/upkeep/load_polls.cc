#include "gateway/upkeep/load_polls.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <span>
#include <utility>

#include "backends/telemetry/load_poll.h"

namespace headgate::gateway {
namespace {

// Polls are due at any time within a second, and begin at most so much later.
constexpr std::chrono::milliseconds kPollRound(50);

int OwnRequests(const BackendState& backend, std::size_t replica) {
  return backend.replicas->State(replica, SteadyClock::now()).in_flight;
}

}  // namespace

LoadPolls::LoadPolls(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current)
    : io_(io), current_(std::move(current)), timer_(io) {}

void LoadPolls::Start() { asio::co_spawn(io_, Loop(), asio::detached); }

Awaitable<void> LoadPolls::Loop() {
  for (;;) {
    timer_.expires_after(kPollRound);
    co_await timer_.async_wait(kAwait);
    BeginDue(SteadyClock::now());
  }
}

void LoadPolls::BeginDue(TimePoint now) {
  const std::shared_ptr<const Snapshot> snapshot = current_();
  const std::vector<BackendState>& all = snapshot->fleet->backends();
  for (std::size_t b = 0; b < all.size(); ++b) {
    const BackendState& backend = all[b];
    if (!backend.TellsLoad()) continue;
    for (std::size_t r = 0; r < backend.loads.size(); ++r) {
      if (backend.replicas->circuit(r).WantsChecks()) continue;
      if (const auto question = schedule_.Begin(backend.loads[r].get(), now)) {
        asio::co_spawn(io_, Poll(snapshot, b, r, *question), asio::detached);
      }
    }
  }
  schedule_.EndRound(now);
}

Awaitable<void> LoadPolls::Poll(std::shared_ptr<const Snapshot> snapshot, std::size_t backend,
                                std::size_t replica, std::size_t question) {
  const BackendState& state = snapshot->fleet->backend(backend);
  const std::span<const backends::LoadQuestion> questions =
      backends::LoadQuestionsOf(state.upstream->engine());
  const Executor executor = io_.get_executor();
  const int own_before = OwnRequests(state, replica);
  const backends::PolledLoad polled = co_await backends::PollReplica(
      executor, pool_, *state.upstream, replica, questions[question]);
  const int own = std::max(own_before, OwnRequests(state, replica));
  backends::ReplicaLoad& load = *state.loads[replica];
  const TimePoint now = SteadyClock::now();
  if (polled.result == backends::PollResult::kOk) load.Note(polled.load, own, now);
  schedule_.End(&load, polled.answered, questions.size(), now);
  ++totals_[state.name][static_cast<std::size_t>(polled.result)];
}

}  // namespace headgate::gateway
