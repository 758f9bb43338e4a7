#include "gateway/admin/exposition.h"

#include <map>
#include <sstream>
#include <utility>

#include "gateway/log/operator_log.h"
#include "gateway/metrics/family.h"
#include "gateway/metrics/process.h"
#include "gateway/version.h"
#include "prometheus/text_serializer.h"

namespace headgate::gateway {
namespace {

using prometheus::MetricType;

struct RouteTotals {
  std::array<std::int64_t, kRequestOutcomeNames.size()> requests{};
  std::array<std::int64_t, kTokenKindNames.size()> tokens{};
  NanoUsd cost = 0;
};

template <typename Array, std::size_t N>
void AddAll(const Array& tallies, std::array<std::int64_t, N>& totals) {
  for (std::size_t i = 0; i < N; ++i) totals[i] += tallies[i].Get();
}

}  // namespace

Exposition::Exposition(const LabelTable& labels, const SeriesCap& cap,
                       std::vector<const MetricShard*> shards, const Reloader& reloader,
                       const LogWriter& logs)
    : labels_(labels), cap_(cap), shards_(std::move(shards)), reloader_(reloader), logs_(logs) {}

std::vector<prometheus::MetricFamily> Exposition::Collect() const {
  Families families;
  CollectRequests(families);
  CollectLatencies(families);
  CollectTargets(families);
  CollectMoney(families);
  CollectFixed(families);
  CollectConfiguration(families);
  CollectLogs(families);
  CollectCertificates(families);
  for (prometheus::MetricFamily& family : ProcessFamilies()) families.push_back(std::move(family));
  CollectRent(families);
  CollectFleet(families);
  return families;
}

std::string Exposition::Text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, Collect());
  return std::move(out).str();
}

void Exposition::CollectRequests(Families& families) const {
  std::map<std::uint64_t, RouteTotals> totals;
  for (const MetricShard* shard : shards_) {
    shard->routes_.ForEach([&](std::uint64_t key, const RouteCell& cell) {
      RouteTotals& sum = totals[key];
      AddAll(cell.requests, sum.requests);
      AddAll(cell.tokens, sum.tokens);
      sum.cost += cell.cost.Get();
    });
  }
  FamilyBuilder requests("headgate_requests_total", "Requests, by how they ended.",
                         MetricType::Counter);
  FamilyBuilder tokens("headgate_tokens_total",
                       "Tokens. input includes cached_input and cache_write; output includes "
                       "reasoning.",
                       MetricType::Counter);
  FamilyBuilder cost("headgate_cost_usd_total",
                     "What requests cost: paid tokens plus the rent allocated to them.",
                     MetricType::Counter);
  const auto& hosting = reloader_.snapshot()->target_hosting;
  for (const auto& [key, sum] : totals) {
    const std::string route = labels_.Name(LabelAt(key, 0));
    const std::string request_class = labels_.Name(LabelAt(key, 1));
    const std::string target = labels_.Name(LabelAt(key, 2));
    for (std::size_t i = 0; i < sum.requests.size(); ++i) {
      if (sum.requests[i] == 0) continue;
      requests.Add({{"route", route},
                    {"class", request_class},
                    {"target", target},
                    {"outcome", kRequestOutcomeNames[i]}},
                   static_cast<double>(sum.requests[i]));
    }
    const auto known = hosting.find(LabelAt(key, 2));
    if (known == hosting.end()) continue;  // `none`: no backend was called, nothing was spent
    for (std::size_t i = 0; i < sum.tokens.size(); ++i) {
      tokens.Add({{"route", route},
                  {"class", request_class},
                  {"target", target},
                  {"kind", kTokenKindNames[i]}},
                 static_cast<double>(sum.tokens[i]));
    }
    cost.Add({{"route", route},
              {"class", request_class},
              {"target", target},
              {"hosting", config::WordFor(config::kHostings, known->second)}},
             ToUsd(sum.cost));
  }
  families.push_back(requests.Take());
  families.push_back(tokens.Take());
  families.push_back(cost.Take());
}

void Exposition::CollectLatencies(Families& families) const {
  struct Totals {
    decltype(LatencyCell::duration)::Totals duration;
    decltype(LatencyCell::first_token)::Totals first_token;
  };
  std::map<std::uint64_t, Totals> totals;
  for (const MetricShard* shard : shards_) {
    shard->latencies_.ForEach([&](std::uint64_t key, const LatencyCell& cell) {
      cell.duration.AddTo(totals[key].duration);
      cell.first_token.AddTo(totals[key].first_token);
    });
  }
  FamilyBuilder duration("headgate_request_duration_seconds",
                         "From a request's first byte to its answer's last.",
                         MetricType::Histogram);
  FamilyBuilder first_token("headgate_time_to_first_token_seconds",
                            "From a request's first byte to the first token of a streamed answer.",
                            MetricType::Histogram);
  for (const auto& [key, sum] : totals) {
    const std::string request_class = labels_.Name(LabelAt(key, 0));
    const std::string target = labels_.Name(LabelAt(key, 1));
    duration.AddHistogram({{"class", request_class}, {"target", target}}, sum.duration,
                          kDurationBounds);
    first_token.AddHistogram({{"class", request_class}, {"target", target}}, sum.first_token,
                             kFirstTokenBounds);
  }
  families.push_back(duration.Take());
  families.push_back(first_token.Take());
}

void Exposition::CollectTargets(Families& families) const {
  struct Totals {
    decltype(TargetCell::per_output_token)::Totals per_token;
    std::array<std::int64_t, backends::kAttemptResultCount> attempts{};
  };
  std::map<std::uint64_t, Totals> totals;
  std::map<std::uint64_t, std::int64_t> fallbacks;
  for (const MetricShard* shard : shards_) {
    shard->targets_.ForEach([&](std::uint64_t key, const TargetCell& cell) {
      cell.per_output_token.AddTo(totals[key].per_token);
      AddAll(cell.attempts, totals[key].attempts);
    });
    shard->fallbacks_.ForEach(
        [&](std::uint64_t key, const FallbackCell& cell) { fallbacks[key] += cell.count.Get(); });
  }
  FamilyBuilder per_token("headgate_time_per_output_token_seconds",
                          "Time between tokens of a stream, averaged over each answer.",
                          MetricType::Histogram);
  FamilyBuilder attempts("headgate_attempts_total", "Calls to backends, by how they ended.",
                         MetricType::Counter);
  for (const auto& [key, sum] : totals) {
    const std::string target = labels_.Name(LabelAt(key, 0));
    per_token.AddHistogram({{"target", target}}, sum.per_token, kPerTokenBounds);
    for (std::size_t i = 0; i < sum.attempts.size(); ++i) {
      const auto result = static_cast<backends::AttemptResult>(i);
      // `ok` from the start, so that rate() sees the first failure's denominator.
      if (sum.attempts[i] == 0 && result != backends::AttemptResult::kOk) continue;
      attempts.Add({{"target", target}, {"result", backends::ToString(result)}},
                   static_cast<double>(sum.attempts[i]));
    }
  }
  FamilyBuilder fallback("headgate_fallbacks_total",
                         "Moves to the next target of a plan, by what went wrong before.",
                         MetricType::Counter);
  for (const auto& [key, count] : fallbacks) {
    const auto reason = static_cast<backends::AttemptResult>(LabelAt(key, 1));
    fallback.Add({{"route", labels_.Name(LabelAt(key, 0))}, {"reason", backends::ToString(reason)}},
                 static_cast<double>(count));
  }
  families.push_back(per_token.Take());
  families.push_back(attempts.Take());
  families.push_back(fallback.Take());
}

void Exposition::CollectMoney(Families& families) const {
  std::map<std::uint64_t, NanoUsd> baselines;
  std::map<std::uint64_t, NanoUsd> teams;
  for (const MetricShard* shard : shards_) {
    shard->baselines_.ForEach(
        [&](std::uint64_t key, const BaselineCell& cell) { baselines[key] += cell.cost.Get(); });
    shard->teams_.ForEach(
        [&](std::uint64_t key, const TeamCell& cell) { teams[key] += cell.cost.Get(); });
  }
  FamilyBuilder baseline("headgate_baseline_cost_usd_total",
                         "What the same tokens would have cost at the configured baseline.",
                         MetricType::Counter);
  for (const auto& [key, cost] : baselines) {
    baseline.Add(
        {{"route", labels_.Name(LabelAt(key, 0))}, {"class", labels_.Name(LabelAt(key, 1))}},
        ToUsd(cost));
  }
  FamilyBuilder team("headgate_team_cost_usd_total", "What each team's requests cost.",
                     MetricType::Counter);
  for (const auto& [key, cost] : teams) {
    team.Add({{"team", labels_.Name(LabelAt(key, 0))}, {"class", labels_.Name(LabelAt(key, 1))}},
             ToUsd(cost));
  }
  families.push_back(baseline.Take());
  families.push_back(team.Take());
}

void Exposition::CollectFixed(Families& families) const {
  FamilyBuilder overhead("headgate_overhead_seconds", "Time spent in the gateway itself.",
                         MetricType::Histogram);
  for (std::size_t e = 0; e < routing::kEndpointNames.size(); ++e) {
    DurationHistogram<kOverheadBounds>::Totals totals;
    for (const MetricShard* shard : shards_) shard->overhead[e].AddTo(totals);
    overhead.AddHistogram({{"endpoint", routing::kEndpointNames[e]}}, totals, kOverheadBounds);
  }
  families.push_back(overhead.Take());

  const auto sum = [&](auto&& read) {
    std::int64_t total = 0;
    for (const MetricShard* shard : shards_) total += read(*shard);
    return static_cast<double>(total);
  };
  FamilyBuilder usage("headgate_usage_status_total",
                      "Requests by how sure their cost is; unpriced is a hole in the catalogue.",
                      MetricType::Counter);
  for (std::size_t i = 0; i < kUsageStatusNames.size(); ++i) {
    usage.Add({{"status", kUsageStatusNames[i]}},
              sum([i](const MetricShard& shard) { return shard.usage_status[i].Get(); }));
  }
  families.push_back(usage.Take());

  FamilyBuilder rejected("headgate_rejected_total",
                         "Requests turned away before any backend saw them.", MetricType::Counter);
  for (std::size_t i = 0; i < kRejectionNames.size(); ++i) {
    rejected.Add({{"reason", kRejectionNames[i]}},
                 sum([i](const MetricShard& shard) { return shard.rejected[i].Get(); }));
  }
  families.push_back(rejected.Take());

  FamilyBuilder classified("headgate_classified_total", "Requests by class and what decided it.",
                           MetricType::Counter);
  std::map<std::uint64_t, std::int64_t> by_class;
  for (const MetricShard* shard : shards_) {
    shard->classified_.ForEach(
        [&](std::uint64_t key, const ClassifiedCell& cell) { by_class[key] += cell.count.Get(); });
  }
  for (const auto& [key, count] : by_class) {
    classified.Add({{"class", labels_.Name(LabelAt(key, 0))},
                    {"reason", routing::ToString(static_cast<routing::Reason>(LabelAt(key, 1)))}},
                   static_cast<double>(count));
  }
  families.push_back(classified.Take());

  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    FamilyBuilder family(name, help, MetricType::Gauge);
    family.Add({}, value);
    families.push_back(family.Take());
  };
  gauge("headgate_in_flight_requests", "Requests that are running now.",
        sum([](const MetricShard& shard) { return shard.in_flight.Get(); }));
  gauge("headgate_client_connections", "Open client connections.",
        sum([](const MetricShard& shard) { return shard.connections.Get(); }));
  FamilyBuilder folded("headgate_series_folded_total",
                       "Series that the cap on their number folded into `other`.",
                       MetricType::Counter);
  folded.Add({}, static_cast<double>(cap_.folded()));
  families.push_back(folded.Take());
  FamilyBuilder build("headgate_build_info", "Always 1; the version is the label.",
                      MetricType::Gauge);
  build.Add({{"version", kVersion}}, 1);
  families.push_back(build.Take());
}

void Exposition::CollectConfiguration(Families& families) const {
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    FamilyBuilder family(name, help, MetricType::Gauge);
    family.Add({}, value);
    families.push_back(family.Take());
  };
  gauge("headgate_config_generation", "Number of the configuration in force, from 1.",
        static_cast<double>(reloader_.snapshot()->generation));
  gauge("headgate_config_last_reload_successful",
        "0 when the configuration as it is now was refused, and the one before it is in force.",
        reloader_.last_successful() ? 1 : 0);
  const auto since_epoch = reloader_.last_success().time_since_epoch();
  gauge("headgate_config_last_reload_success_timestamp_seconds",
        "When the configuration in force was loaded.",
        std::chrono::duration<double>(since_epoch).count());
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

void Exposition::CollectCertificates(Families& families) const {
  FamilyBuilder expiry(
      "headgate_certificate_expiry_timestamp_seconds",
      "When a certificate file stops being good: `server` is what clients see, `ca` "
      "what a backend is checked against.",
      MetricType::Gauge);
  for (const CertificateExpiry& certificate : reloader_.snapshot()->certificates) {
    expiry.Add({{"use", certificate.use}, {"backend", certificate.backend}},
               std::chrono::duration<double>(certificate.at.time_since_epoch()).count());
  }
  families.push_back(expiry.Take());
}

void Exposition::CollectRent(Families& families) const {
  const auto now = backends::Clock::now();
  const Fleet& fleet = *reloader_.snapshot()->fleet;
  std::map<std::string, policy::RetiredRent::Totals> totals = fleet.retired_rent().Read(now);
  FamilyBuilder accrued("headgate_self_hosted_rent_usd_total",
                        "Rent accrued by a replica, whoever used it. Every gateway in front of the "
                        "replica says the same: take the maximum over gateways, not the sum.",
                        MetricType::Counter);
  for (const BackendState& backend : fleet.backends()) {
    for (std::size_t r = 0; r < backend.rent.size(); ++r) {
      const policy::RentMeter::Books books = backend.rent[r]->Read(now);
      accrued.Add({{"backend", backend.name}, {"replica", backend.upstream->replicas()[r].name}},
                  static_cast<double>(books.accrued) * 1e-18);
      policy::RetiredRent::Totals& sum = totals[backend.name];
      sum.allocated += books.allocated;
      sum.idle += books.idle;
    }
  }
  FamilyBuilder rent("headgate_self_hosted_cost_usd_total",
                     "Rent of own hardware: allocated to requests, or idle. Their sum is the rent "
                     "accrued.",
                     MetricType::Counter);
  for (const auto& [backend, sum] : totals) {
    rent.Add({{"backend", backend}, {"state", "allocated"}},
             static_cast<double>(sum.allocated) * 1e-18);
    rent.Add({{"backend", backend}, {"state", "idle"}}, static_cast<double>(sum.idle) * 1e-18);
  }
  families.push_back(rent.Take());
  families.push_back(accrued.Take());
}

void Exposition::CollectFleet(Families& families) const {
  const auto now = backends::Clock::now();
  FamilyBuilder slots("headgate_slots", "Requests a replica serves well at once.",
                      MetricType::Gauge);
  FamilyBuilder busy("headgate_slots_busy", "Requests a replica has now.", MetricType::Gauge);
  FamilyBuilder up("headgate_backend_up", "0 while a replica is ejected.", MetricType::Gauge);
  FamilyBuilder circuit("headgate_circuit_state", "0 closed, 1 open (ejected), 2 half-open.",
                        MetricType::Gauge);
  for (const BackendState& backend : reloader_.snapshot()->fleet->backends()) {
    for (std::size_t r = 0; r < backend.replicas->size(); ++r) {
      const backends::ReplicaSet::ReplicaState state = backend.replicas->State(r, now);
      const std::initializer_list<LabelPair> labels = {
          {"backend", backend.name}, {"replica", backend.upstream->replicas()[r].name}};
      if (backend.replicas->slots_per_replica() > 0) {
        slots.Add(labels, backend.replicas->slots_per_replica());
      }
      busy.Add(labels, state.in_flight);
      up.Add(labels, state.circuit == backends::CircuitState::kOpen ? 0 : 1);
      circuit.Add(labels, static_cast<double>(state.circuit));
    }
  }
  families.push_back(slots.Take());
  families.push_back(busy.Take());
  families.push_back(up.Take());
  families.push_back(circuit.Take());
}

}  // namespace headgate::gateway
