#include "gateway/admin/families/load_families.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/load.h"
#include "gateway/snapshot/snapshot.h"

namespace headgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr char kPools[] = R"(
server: {auth: none}
routes: [{name: all}]
backends:
  gpu: {hosting: self_hosted, engine: vllm, replicas: ["http://a:1", "http://b:2"],
        models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  local: {hosting: self_hosted, engine: ollama, replicas: ["http://c:3"],
          models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  other: {hosting: self_hosted, replicas: ["http://d:4"],
          models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  api: {hosting: paid_api, url: "https://e", api_key: k, models: {gpt-4.1: g}}
)";

// The value of each series: "name label label".
using Series = std::map<std::string, double>;

Series SeriesOf(const FamilySet::Families& families) {
  Series series;
  for (const prometheus::MetricFamily& family : families) {
    for (const prometheus::ClientMetric& metric : family.metric) {
      std::string name = family.name;
      for (const auto& label : metric.label) absl::StrAppend(&name, " ", label.value);
      series[name] = metric.gauge.value + metric.counter.value;
    }
  }
  return series;
}

TEST(LoadFamiliesTest, ShowsWhatEnginesTellAndWhatIsStale) {
  config::LoadResult loaded =
      config::LoadText(kPools, "test.yaml", [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(loaded.config);
  LabelTable labels;
  const std::shared_ptr<const Snapshot> snapshot =
      *Snapshot::Make(*std::move(loaded.config), nullptr, labels);
  const Fleet& fleet = *snapshot->fleet;
  for (const BackendState& backend : fleet.backends()) {
    EXPECT_EQ(backend.loads.size(), backend.replicas->size()) << backend.name;
  }
  constexpr backends::Clock::time_point kNow{1000h};
  const backends::EngineLoad told = {.running = 3,
                                     .waiting = 2,
                                     .kv_used = 0.25,
                                     .slots = std::nullopt,
                                     .loaded_models = std::nullopt};
  fleet.backend(0).loads[1]->Note(told, {.requests = 1}, kNow - 1s);
  fleet.backend(0).loads[1]->Note(told, {.requests = 1}, kNow);
  fleet.backend(1).loads[0]->Note({.loaded_models = 2}, {.requests = 0}, kNow);
  FamilySet::Families families;
  AddLoadFamilies(fleet, {{"gpu", {5, 1, 2}}}, kNow, families);
  EXPECT_EQ(SeriesOf(families), (Series{{"headgate_engine_requests gpu b:2 running", 3},
                                        {"headgate_engine_requests gpu b:2 waiting", 2},
                                        {"headgate_engine_other_requests gpu b:2", 4},
                                        {"headgate_engine_kv_used_ratio gpu b:2", 0.25},
                                        {"headgate_engine_loaded_models local c:3", 2},
                                        {"headgate_engine_load_stale gpu a:1", 1},
                                        {"headgate_engine_load_stale gpu b:2", 0},
                                        {"headgate_engine_load_stale local c:3", 0},
                                        {"headgate_engine_polls_total gpu ok", 5},
                                        {"headgate_engine_polls_total gpu failed", 1},
                                        {"headgate_engine_polls_total gpu unreadable", 2}}));
}

}  // namespace
}  // namespace headgate::gateway
