#include "gateway/upkeep/load_polls.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "backends/telemetry/load_poll.h"

namespace headgate::gateway {
namespace {

// Polls are due at any time within a second, and begin at most so much later.
constexpr std::chrono::milliseconds kPollRound(50);

// Returns what the engine counts as requests: each choice of each prompt. What has ended of them
// counts until the last one has ended.
int SequencesOf(const backends::SlotCount& slots) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(slots.in_flight() + slots.more_sequences(), kMost));
}

// Returns whether the engine's use of the KV cache is that of running requests. llama.cpp counts
// what it keeps of ended ones, too.
bool TellsKvOfRunning(config::Engine engine) {
  return engine == config::Engine::kVllm || engine == config::Engine::kSglang;
}

backends::ReplicaLoad::OwnLoad OwnLoadOf(const FleetReplica& replica) {
  const backends::SlotCount& slots = replica.backend().replicas->slots(replica.index());
  backends::ReplicaLoad::OwnLoad own{.requests = SequencesOf(slots)};
  if (slots.slot_tokens() > 0 && TellsKvOfRunning(replica.backend().upstream->engine())) {
    own.kv = static_cast<double>(slots.tokens()) / static_cast<double>(slots.slot_tokens());
  }
  return own;
}

}  // namespace

LoadPolls::LoadPolls(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current)
    : io_(io),
      current_(std::move(current)),
      rounds_(io, kPollRound, [this](TimePoint now) { BeginDue(now); }) {}

void LoadPolls::BeginDue(TimePoint now) {
  for (const FleetReplica& replica : SelfHostedReplicas(current_())) {
    if (!replica.backend().TellsLoad() || replica.circuit().WantsChecks()) continue;
    const backends::ReplicaLoad* const load = replica.backend().loads[replica.index()].get();
    if (const auto question = schedule_.Begin(load, now)) {
      asio::co_spawn(io_, Poll(replica, *question), asio::detached);
    }
  }
  schedule_.EndRound(now);
}

Awaitable<void> LoadPolls::Poll(FleetReplica replica, std::size_t question) {
  const BackendState& backend = replica.backend();
  const std::span<const backends::LoadQuestion> questions =
      backends::LoadQuestionsOf(backend.upstream->engine());
  const Executor executor = io_.get_executor();
  const backends::ReplicaLoad::OwnLoad before = OwnLoadOf(replica);
  const backends::PolledLoad polled = co_await backends::PollReplica(
      executor, pool_, *backend.upstream, replica.index(), questions[question]);
  const backends::ReplicaLoad::OwnLoad own =
      backends::ReplicaLoad::During(questions[question], before, OwnLoadOf(replica));
  backends::ReplicaLoad& load = *backend.loads[replica.index()];
  const TimePoint now = SteadyClock::now();
  if (polled.result == backends::PollResult::kOk) load.Note(polled.load, own, now);
  schedule_.End(&load, polled.answered, questions.size(), now);
  ++totals_[backend.name][static_cast<std::size_t>(polled.result)];
}

}  // namespace headgate::gateway
