#include "gateway/admin/families/load_families.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/metrics/family.h"

namespace headgate::gateway {
namespace {

using prometheus::MetricType;

// The gauges of replicas.
struct LoadGauges {
  FamilyBuilder requests{"headgate_engine_requests",
                         "Requests at a replica's engine, of all its clients, as the engine says.",
                         MetricType::Gauge};
  FamilyBuilder kv_used{"headgate_engine_kv_used_ratio",
                        "Part of a replica's KV cache that is in use, as its engine says.",
                        MetricType::Gauge};
  FamilyBuilder models{"headgate_engine_loaded_models",
                       "Models that a replica has in memory, as its engine says.",
                       MetricType::Gauge};
  FamilyBuilder others{"headgate_engine_other_requests",
                       "Requests of other clients at a replica's engine: what two polls in a row "
                       "found beyond our own.",
                       MetricType::Gauge};
  FamilyBuilder stale{"headgate_engine_load_stale",
                      "1 while there is no figure of the last 3 s of a replica's load.",
                      MetricType::Gauge};

  void Add(std::string_view backend, std::string_view replica, const backends::ReplicaLoad& load,
           backends::Clock::time_point now) {
    const std::optional<backends::EngineLoad> told = load.Latest(now);
    stale.Add({{"backend", backend}, {"replica", replica}}, told ? 0 : 1);
    if (!told) return;
    const auto add_requests = [&](std::string_view state, std::optional<int> count) {
      if (!count) return;
      requests.Add({{"backend", backend}, {"replica", replica}, {"state", state}}, *count);
    };
    const auto add = [&](FamilyBuilder& family, double value) {
      family.Add({{"backend", backend}, {"replica", replica}}, value);
    };
    add_requests("running", told->running);
    add_requests("waiting", told->waiting);
    if (told->running) add(others, load.Others(now));
    if (told->kv_used) add(kv_used, *told->kv_used);
    if (told->loaded_models) add(models, *told->loaded_models);
  }
};

}  // namespace

void AddLoadFamilies(const Fleet& fleet, const QuestionTotals& polls,
                     backends::Clock::time_point now, FamilySet::Families& families) {
  LoadGauges gauges;
  for (const BackendState& backend : fleet.backends()) {
    if (!backend.TellsLoad()) continue;
    for (std::size_t r = 0; r < backend.loads.size(); ++r) {
      gauges.Add(backend.name, backend.upstream->replicas()[r].name, *backend.loads[r], now);
    }
  }
  FamilyBuilder totals("headgate_engine_polls_total",
                       "Polls of engines for their load. `unreadable`: the answer has no figure "
                       "that is known.",
                       MetricType::Counter);
  constexpr std::array<std::string_view, 3> kPollResultNames = {"ok", "failed", "unreadable"};
  for (const auto& [backend, counts] : polls) totals.AddResults(backend, kPollResultNames, counts);
  families.push_back(gauges.requests.Take());
  families.push_back(gauges.others.Take());
  families.push_back(gauges.kv_used.Take());
  families.push_back(gauges.models.Take());
  families.push_back(gauges.stale.Take());
  families.push_back(totals.Take());
}

}  // namespace headgate::gateway
