#include "gateway/upkeep/name_watch.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "backends/upstream/replica_names.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

constexpr std::chrono::seconds kRound(1);

std::string PlaceOf(const std::string& backend, const config::Url& name) {
  return absl::StrCat(backend, " ", NameKey(name));
}

std::int64_t Count(std::size_t number) { return static_cast<std::int64_t>(number); }

void LogChange(const std::string& backend, const std::vector<config::Url>& before,
               const std::vector<config::Url>& after) {
  OperatorLog::Event(OperatorLog::Level::kInfo, "the replicas behind a name have changed",
                     {{"backend", backend},
                      {"joined", {}, Count(backends::CountMissing(after, before))},
                      {"left", {}, Count(backends::CountMissing(before, after))},
                      {"replicas", {}, Count(after.size())}});
}

}  // namespace

NameWatch::NameWatch(asio::io_context& io, std::function<std::shared_ptr<const Snapshot>()> current,
                     std::function<absl::Status(const FoundReplicas&)> use)
    : io_(io), current_(std::move(current)), use_(std::move(use)), resolver_(io), timer_(io) {}

void NameWatch::Start() { asio::co_spawn(io_, Loop(), asio::detached); }

Awaitable<void> NameWatch::Loop() {
  for (;;) {
    co_await Round();
    timer_.expires_after(kRound);
    co_await timer_.async_wait(kAwait);
  }
}

Awaitable<void> NameWatch::Round() {
  // A reload may come while a name is looked up.
  const std::shared_ptr<const Snapshot> snapshot = current_();
  for (auto& [place, name] : names_) name.asked_for = false;
  FoundReplicas found = snapshot->fleet->found();
  bool changed = false;
  for (const config::Backend& backend : snapshot->config->backends) {
    if (backend.replicas.empty() || !backend.replicas.front().dns) continue;
    const config::Url& name = backend.replicas.front();
    Name& state = names_[PlaceOf(backend.name, name)];
    state.asked_for = true;
    if (SteadyClock::now() < state.next) continue;
    const bool differs = co_await LookUp(backend.name, name, found);
    changed = changed || differs;
  }
  std::erase_if(names_, [](const auto& entry) { return !entry.second.asked_for; });
  if (!changed) co_return;
  if (const absl::Status status = use_(found); !status.ok()) {
    OperatorLog::Error("the replicas behind a name cannot be used", status.ToString());
  }
}

Awaitable<bool> NameWatch::LookUp(const std::string& backend, const config::Url& name,
                                  FoundReplicas& found) {
  auto [error, results] =
      co_await resolver_.async_resolve(name.host, absl::StrCat(name.port), kAwait);
  backends::Endpoints endpoints;
  for (const auto& result : results) endpoints.push_back(result.endpoint());
  std::vector<config::Url>& known = found[NameKey(name)];
  if (error || endpoints.empty()) {
    NoteFailure(backend, name, error);
    names_[PlaceOf(backend, name)].next =
        SteadyClock::now() + (known.empty() ? kFirstInterval : kInterval);
    if (known.empty()) found.erase(NameKey(name));
    co_return false;
  }
  NoteSuccess(backend, name, !known.empty());
  std::vector<config::Url> replicas = backends::ReplicasBehind(name, endpoints);
  if (backends::SameReplicas(replicas, known)) co_return false;
  LogChange(backend, known, replicas);
  known = std::move(replicas);
  co_return true;
}

void NameWatch::NoteFailure(const std::string& backend, const config::Url& name,
                            const error_code& error) {
  ++totals_[backend].failed;
  Name& state = names_[PlaceOf(backend, name)];
  if (std::exchange(state.failing, true)) return;
  OperatorLog::Event(OperatorLog::Level::kWarning, "the name of replicas cannot be looked up",
                     {{"backend", backend},
                      {"name", name.host},
                      {"reason", error ? error.message() : "it has no address"}});
}

void NameWatch::NoteSuccess(const std::string& backend, const config::Url& name, bool known) {
  ++totals_[backend].found;
  Name& state = names_[PlaceOf(backend, name)];
  state.next = SteadyClock::now() + kInterval;
  if (!std::exchange(state.failing, false) || !known) return;
  OperatorLog::Event(OperatorLog::Level::kInfo, "the name of replicas is looked up again",
                     {{"backend", backend}, {"name", name.host}});
}

}  // namespace headgate::gateway
