#include "gateway/admin/exposition.h"

#include <array>
#include <chrono>
#include <initializer_list>
#include <map>
#include <sstream>
#include <utility>

#include "config/base/unix_time.h"
#include "gateway/accounting/wall_clock.h"
#include "gateway/admin/families/budget_families.h"
#include "gateway/admin/families/class_families.h"
#include "gateway/admin/families/ledger_families.h"
#include "gateway/admin/families/load_families.h"
#include "gateway/admin/families/queue_families.h"
#include "gateway/admin/families/rent_families.h"
#include "gateway/log/operator_log.h"
#include "gateway/metrics/family.h"
#include "gateway/metrics/process.h"
#include "gateway/version.h"
#include "prometheus/text_serializer.h"

namespace headgate::gateway {
namespace {

using prometheus::MetricType;

prometheus::MetricFamily One(std::string_view name, std::string_view help, MetricType type,
                             std::initializer_list<LabelPair> labels, double value) {
  FamilyBuilder family(name, help, type);
  family.Add(labels, value);
  return family.Take();
}

double UnixTime(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

Exposition::Exposition(const LabelTable& labels, SeriesCap& cap,
                       std::vector<const MetricShard*> shards, const Reloader& reloader,
                       const ReplicaChecks& checks, const LoadPolls& loads, const NameWatch& names,
                       const Webhook& webhook, const LogWriter& logs,
                       const ResponseStore* responses, const policy::LedgerWriter* ledger)
    : labels_(labels),
      cap_(cap),
      shards_(std::move(shards)),
      reloader_(reloader),
      checks_(checks),
      loads_(loads),
      names_(names),
      webhook_(webhook),
      logs_(logs),
      responses_(responses),
      ledger_(ledger) {}

Exposition::Families Exposition::Collect() const {
  const std::shared_ptr<const Snapshot> snapshot = reloader_.snapshot();
  const auto now = backends::Clock::now();
  Families families =
      MetricRegistry::Collect(shards_, {.labels = labels_, .hosting = snapshot->target_hosting});
  CollectGateway(families);
  CollectConfiguration(families);
  AddClassFamilies(*snapshot->policy, families);
  CollectLogs(families);
  if (responses_ != nullptr) CollectResponses(families);
  if (ledger_ != nullptr) AddLedgerFamilies(*ledger_, cap_, families);
  AddBudgetFamilies(*snapshot->budgets, WallClockMs(), families);
  if (snapshot->webhook) AddWebhookFamily(webhook_.totals(), families);
  CollectCertificates(families);
  for (prometheus::MetricFamily& family : ProcessFamilies()) families.push_back(std::move(family));
  AddRentFamilies(*snapshot->fleet, *snapshot->policy, UnixSeconds(), now, families);
  CollectFleet(families);
  CollectEjections(families);
  CollectUpkeep(families);
  AddLoadFamilies(*snapshot->fleet, loads_.totals(), now, families);
  return families;
}

std::string Exposition::Text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, Collect());
  return std::move(out).str();
}

void Exposition::CollectGateway(Families& families) const {
  families.push_back(One("headgate_series_folded_total",
                         "Series that the cap on their number folded into `other`.",
                         MetricType::Counter, {}, static_cast<double>(cap_.folded())));
  families.push_back(One("headgate_build_info", "Always 1; the version is the label.",
                         MetricType::Gauge, {{"version", kVersion}}, 1));
}

void Exposition::CollectConfiguration(Families& families) const {
  families.push_back(One("headgate_config_generation",
                         "Number of the configuration in force, from 1.", MetricType::Gauge, {},
                         static_cast<double>(reloader_.snapshot()->generation)));
  families.push_back(
      One("headgate_config_last_reload_successful",
          "0 while the configuration file is refused and the configuration before it is in force.",
          MetricType::Gauge, {}, reloader_.last_successful() ? 1 : 0));
  families.push_back(One("headgate_config_last_reload_success_timestamp_seconds",
                         "When the configuration in force was loaded.", MetricType::Gauge, {},
                         UnixTime(reloader_.last_success())));
}

void Exposition::CollectLogs(Families& families) const {
  FamilyBuilder dropped("headgate_log_lines_dropped_total",
                        "Lines that could not be written, by log; the operator's log says why.",
                        MetricType::Counter);
  for (const auto& [log, lines] : logs_.LostLines()) {
    dropped.Add({{"log", log}}, static_cast<double>(lines));
  }
  dropped.Add({{"log", "operator"}}, static_cast<double>(OperatorLog::dropped_lines()));
  families.push_back(dropped.Take());
}

void Exposition::CollectResponses(Families& families) const {
  const StoreFigures figures = responses_->figures();
  const auto number = [](auto count) { return static_cast<double>(count); };
  families.push_back(One("headgate_responses_stored_total", "Responses that were stored.",
                         MetricType::Counter, {}, number(figures.stored)));
  FamilyBuilder lost("headgate_responses_lost_total",
                     "Responses that were not stored: too many waited, too large, or the file "
                     "cannot be written; the operator's log says why.",
                     MetricType::Counter);
  lost.Add({{"reason", "busy"}}, number(figures.lost_busy));
  lost.Add({{"reason", "too_large"}}, number(figures.lost_too_large));
  lost.Add({{"reason", "disk"}}, number(figures.lost_disk));
  families.push_back(lost.Take());
  FamilyBuilder lookups("headgate_response_lookups_total",
                        "Questions about stored responses, by what was found.",
                        MetricType::Counter);
  lookups.Add({{"result", "found"}}, number(figures.found));
  lookups.Add({{"result", "not_found"}}, number(figures.not_found));
  lookups.Add({{"result", "failed"}}, number(figures.failed));
  families.push_back(lookups.Take());
  families.push_back(One("headgate_responses_stored_bytes", "Size of all stored responses.",
                         MetricType::Gauge, {}, number(figures.bytes)));
}

void Exposition::CollectCertificates(Families& families) const {
  FamilyBuilder expiry(
      "headgate_certificate_expiry_timestamp_seconds",
      "When a certificate file expires: `server` is shown to clients, a `ca` checks the "
      "certificate of a backend, or, without `backend`, that of the webhook.",
      MetricType::Gauge);
  for (const CertificateExpiry& certificate : reloader_.snapshot()->certificates) {
    expiry.Add({{"use", certificate.use}, {"backend", certificate.backend}},
               UnixTime(certificate.at));
  }
  families.push_back(expiry.Take());
}

void Exposition::CollectFleet(Families& families) const {
  const auto now = backends::Clock::now();
  FamilyBuilder up("headgate_backend_up",
                   "0 from a replica's ejection until a request or a check succeeds there.",
                   MetricType::Gauge);
  FamilyBuilder circuit("headgate_circuit_state", "0 closed, 1 open (ejected), 2 half-open.",
                        MetricType::Gauge);
  const std::shared_ptr<const Snapshot> snapshot = reloader_.snapshot();
  for (const BackendState& backend : snapshot->fleet->backends()) {
    for (std::size_t r = 0; r < backend.replicas->size(); ++r) {
      const backends::ReplicaSet::ReplicaState state = backend.replicas->State(r, now);
      const std::initializer_list<LabelPair> labels = {
          {"backend", backend.name}, {"replica", backend.upstream->replicas()[r].name}};
      up.Add(labels, backend.replicas->circuit(r).IsUp() ? 1 : 0);
      circuit.Add(labels, static_cast<double>(state.circuit));
    }
  }
  AppendQueueFamilies(QueueStatesOf(*snapshot->fleet, now), families);
  families.push_back(up.Take());
  families.push_back(circuit.Take());
}

void Exposition::CollectEjections(Families& families) const {
  FamilyBuilder ejections("headgate_ejections_total",
                          "Times that a replica was ejected while it was in use.",
                          MetricType::Counter);
  FamilyBuilder probes("headgate_probes_total",
                       "Requests to an ejected replica that ended its ejection (`returned`) or "
                       "began the next one (`failed`).",
                       MetricType::Counter);
  for (const BackendState& backend : reloader_.snapshot()->fleet->backends()) {
    for (std::size_t r = 0; r < backend.replicas->size(); ++r) {
      const backends::SharedCircuit::Totals totals = backend.replicas->circuit(r).totals();
      const std::string& replica = backend.upstream->replicas()[r].name;
      ejections.Add({{"backend", backend.name}, {"replica", replica}},
                    static_cast<double>(totals.ejections));
      probes.Add({{"backend", backend.name}, {"replica", replica}, {"result", "failed"}},
                 static_cast<double>(totals.failed_probes));
      probes.Add({{"backend", backend.name}, {"replica", replica}, {"result", "returned"}},
                 static_cast<double>(totals.returns));
    }
  }
  families.push_back(ejections.Take());
  families.push_back(probes.Take());
}

void Exposition::CollectUpkeep(Families& families) const {
  FamilyBuilder checks("headgate_health_checks_total",
                       "Active checks of ejected replicas. `unknown`: the answer does not say "
                       "whether the replica is well.",
                       MetricType::Counter);
  constexpr std::array<std::string_view, 3> kResults = {"healthy", "unhealthy", "unknown"};
  for (const auto& [backend, counts] : checks_.totals()) {
    checks.AddResults(backend, kResults, counts);
  }
  FamilyBuilder lookups("headgate_name_lookups_total",
                        "Lookups of the names of replicas (`dns://`).", MetricType::Counter);
  for (const auto& [backend, totals] : names_.totals()) {
    lookups.Add({{"backend", backend}, {"result", "found"}}, static_cast<double>(totals.found));
    lookups.Add({{"backend", backend}, {"result", "failed"}}, static_cast<double>(totals.failed));
  }
  families.push_back(checks.Take());
  families.push_back(lookups.Take());
}

}  // namespace headgate::gateway
