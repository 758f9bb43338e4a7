#include "gateway/admin/status.h"

#include <boost/json/object.hpp>

#include "config/base/unix_time.h"
#include "gateway/accounting/wall_clock.h"
#include "gateway/admin/families/budget_families.h"
#include "gateway/admin/families/ledger_families.h"
#include "gateway/admin/families/queue_families.h"
#include "gateway/admin/families/rent_families.h"
#include "gateway/decide/classifier_in_force.h"
#include "gateway/http/decimal_json.h"
#include "gateway/http/json_text.h"
#include "gateway/log/configuration_warnings.h"
#include "gateway/version.h"

namespace headgate::gateway {
namespace {

std::string_view Name(backends::CircuitState state) {
  switch (state) {
    case backends::CircuitState::kClosed:
      return "closed";
    case backends::CircuitState::kOpen:
      return "open";
    case backends::CircuitState::kHalfOpen:
      return "half_open";
  }
  return "unknown";
}

// Returns the state of the best replica: if one replica serves the model, the target is in use.
backends::CircuitState ModelState(const backends::ModelCircuits& circuits,
                                  backends::Clock::time_point now) {
  using State = backends::CircuitState;
  State best = State::kOpen;
  for (const std::shared_ptr<backends::SharedCircuit>& circuit : circuits) {
    const State state = circuit->State(now);
    if (state == State::kClosed || best == State::kOpen) best = state;
  }
  return best;
}

// All 18 decimals: rounded figures of allocated and idle would not add up to the accrued figure.
std::string Usd(policy::RentMeter::AttoUsd atto) {
  constexpr policy::RentMeter::AttoUsd kAttoPerNano = 1'000'000'000;
  std::string text;
  AppendUsd(static_cast<NanoUsd>(atto / kAttoPerNano), text);
  const std::string rest = std::to_string(static_cast<std::int64_t>(atto % kAttoPerNano));
  return text.append(9 - rest.size(), '0').append(rest);
}

boost::json::object BackendJson(const BackendState& backend, backends::Clock::time_point now) {
  const QueueState load = QueueStateOf(backend, now);
  boost::json::array replicas;
  for (std::size_t i = 0; i < backend.replicas->size(); ++i) {
    const backends::ReplicaSet::ReplicaState state = backend.replicas->State(i, now);
    boost::json::object replica = ReplicaLoadJson(load.replicas[i]);
    replica["address"] = load.replicas[i].name;
    replica["circuit"] = Name(state.circuit);
    if (!backend.rent.empty()) {
      const policy::RentMeter::Books books = backend.rent[i]->Read(now);
      replica["rent_usd"] = {{"accrued", Usd(books.accrued)},
                             {"allocated", Usd(books.allocated)},
                             {"idle", Usd(books.idle)}};
    }
    replicas.push_back(std::move(replica));
  }
  boost::json::object json{{"name", backend.name},
                           {"hosting", config::WordFor(config::kHostings, backend.hosting)},
                           {"replicas", std::move(replicas)}};
  if (load.queue) json["queue"] = QueueJson(load);
  return json;
}

// Rent of replicas that reloads have removed, by backend, and how many requests still run there.
boost::json::object RetiredJson(policy::RetiredRent& retired, backends::Clock::time_point now) {
  boost::json::object json;
  for (const auto& [backend, totals] : retired.Read(now)) {
    json[backend] = {{"in_flight", totals.holders},
                     {"rent_usd",
                      {{"accrued", Usd(totals.accrued)},
                       {"allocated", Usd(totals.allocated)},
                       {"idle", Usd(totals.idle)}}}};
  }
  return json;
}

// Returns null if the configuration is that of the start.
boost::json::value LastReloadJson(const Reloader& reloader) {
  const std::optional<Reloader::LastReload>& last = reloader.last_reload();
  if (!last) return nullptr;
  boost::json::object json{
      {"successful", last->successful}, {"time", Rfc3339(last->time)}, {"cause", last->cause}};
  if (last->successful) {
    json["changes"] = TextsJson(last->changes);
  } else {
    json["diagnostics"] = DiagnosticsJson(last->diagnostics);
  }
  return json;
}

boost::json::array CertificatesJson(const Snapshot& snapshot) {
  boost::json::array json;
  for (const CertificateExpiry& certificate : snapshot.certificates) {
    json.push_back({{"path", certificate.path}, {"expires", Rfc3339(certificate.at)}});
  }
  return json;
}

boost::json::array TargetsJson(const Snapshot& snapshot, backends::Clock::time_point now) {
  boost::json::array targets;
  for (std::size_t i = 0; i < snapshot.policy->targets().size(); ++i) {
    const routing::Target& target = snapshot.policy->targets()[i];
    const routing::LearnedTarget& learned = snapshot.fleet->learned(i);
    const routing::LearnedTarget::Latency latency = learned.FirstToken(now);
    targets.push_back({{"name", target.name},
                       {"circuit", Name(ModelState(snapshot.fleet->model_circuits(i), now))},
                       {"price", routing::ToString(target.price_match)},
                       {"ttft_median_ms", latency.median_ms},
                       {"ttft_samples", latency.samples},
                       {"tokens_per_byte", learned.TokensPerByte()}});
  }
  return targets;
}

}  // namespace

boost::json::array TextsJson(const std::vector<std::string>& texts) {
  boost::json::array json;
  for (const std::string& text : texts) json.push_back(boost::json::value(text));
  return json;
}

boost::json::array DiagnosticsJson(const std::vector<config::Diagnostic>& diagnostics) {
  boost::json::array json;
  for (const config::Diagnostic& diagnostic : diagnostics) {
    json.push_back({{"file", diagnostic.location.file},
                    {"line", diagnostic.location.line},
                    {"path", diagnostic.path},
                    {"problem", diagnostic.problem},
                    {"fix", diagnostic.fix},
                    {"text", config::ToString(diagnostic)}});
  }
  return json;
}

std::string StatusJson(const Reloader& reloader, const policy::LedgerWriter* ledger, bool ready,
                       std::chrono::seconds uptime) {
  const Snapshot& snapshot = *reloader.snapshot();
  const auto now = backends::Clock::now();
  boost::json::array backends;
  const RentByBackend rents = RentOfBackends(*snapshot.fleet, now);
  for (const BackendState& backend : snapshot.fleet->backends()) {
    boost::json::object json = BackendJson(backend, now);
    if (const auto rent = rents.find(backend.name); rent != rents.end()) {
      json["economy"] = EconomyJson(backend, rent->second, *snapshot.policy, UnixSeconds(), now);
    }
    backends.push_back(std::move(json));
  }
  boost::json::object removed = RetiredJson(snapshot.fleet->retired_rent(), now);
  boost::json::value ledger_json;  // null: there is none
  if (ledger != nullptr) ledger_json = LedgerJson(*ledger);
  boost::json::array routes;
  for (const routing::CompiledRoute& route : snapshot.policy->routes()) {
    routes.push_back(boost::json::value(route.name));
  }
  return DecimalJson(
      boost::json::object{{"version", kVersion},
                          {"ready", ready},
                          {"generation", snapshot.generation},
                          {"last_reload", LastReloadJson(reloader)},
                          {"certificates", CertificatesJson(snapshot)},
                          {"uptime_seconds", uptime.count()},
                          {"backends", std::move(backends)},
                          {"removed_replicas", std::move(removed)},
                          {"targets", TargetsJson(snapshot, now)},
                          {"ledger", std::move(ledger_json)},
                          {"budgets", BudgetsJson(*snapshot.budgets, WallClockMs())},
                          {"routes", std::move(routes)},
                          {"classifier", ClassifierJson(*snapshot.config, *snapshot.policy)},
                          {"warnings", ToJson(snapshot.warnings)}});
}

}  // namespace headgate::gateway
