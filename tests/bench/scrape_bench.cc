// What a scrape of /metrics costs the control thread, by the number of series: sums over the
// workers' shards, and the text.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/metrics/shard.h"
#include "prometheus/text_serializer.h"

namespace headgate::gateway {
namespace {

constexpr int kWorkers = 4;
constexpr int kTargets = 40;

std::size_t Lines(const std::string& text) {
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    if (text[at] != '#') ++lines;
  }
  return lines;
}

// Workers that have all served each target, each in its own route, until there are `series`. The
// cap counts series that are 0 and not shown too, so there may be at most about 8,900.
class ScrapedWorkers {
 public:
  explicit ScrapedWorkers(std::size_t series) {
    for (int i = 0; i < kWorkers; ++i) shards_.push_back(std::make_unique<MetricShard>(cap_));
    for (int one_class = 0; Lines(Text()) < series; ++one_class) {
      const LabelId label = labels_.Intern("class-" + std::to_string(one_class));
      for (int i = 0; i < kTargets && Lines(Text()) < series; ++i) Serve(std::to_string(i), label);
    }
  }
  std::string Text() const {
    std::vector<const MetricShard*> shards;
    for (const auto& shard : shards_) shards.push_back(shard.get());
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(
        out, MetricRegistry::Collect(shards, {.labels = labels_, .hosting = hosting_}));
    return std::move(out).str();
  }

 private:
  void Serve(const std::string& number, LabelId one_class) {
    const LabelId target = labels_.Intern("model-" + number + "@backend");
    const LabelId route = labels_.Intern("route-" + number);
    hosting_[target] = config::Hosting::kPaidApi;
    for (const auto& shard : shards_) {
      auto& request = shard->requests.Cell(route, one_class, target);
      request.Of<RequestsTotal>()[RequestOutcome::kOk].Add(1);
      request.Of<CostTotal>().Add(1'234'567);
      shard->latencies.Cell(one_class, target)
          .Of<RequestDuration>()
          .Observe(std::chrono::milliseconds(700));
      shard->targets.Cell(target).Of<AttemptsTotal>()[backends::AttemptResult::kOk].Add(1);
    }
  }

  SeriesCap cap_{kMostSeries};
  LabelTable labels_;
  absl::flat_hash_map<LabelId, config::Hosting> hosting_;
  std::vector<std::unique_ptr<MetricShard>> shards_;
};

void BM_Scrape(benchmark::State& state) {
  const ScrapedWorkers workers(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) bytes = workers.Text().size();
  state.counters["series"] = static_cast<double>(Lines(workers.Text()));
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_Scrape)->Arg(1'000)->Arg(5'000)->Arg(8'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headgate::gateway

BENCHMARK_MAIN();
