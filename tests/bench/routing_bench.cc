#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "routing/classifier.h"
#include "routing/learned.h"
#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

constexpr std::string_view kProse =
    "Please write a short report about the harvest of last year. It should have three parts,\n"
    "each with a heading, and say what went well (and what did not) in plain words.\n";
constexpr std::string_view kCode =
    "  for (std::size_t i = 0; i < items.size(); ++i) {\n"
    "    total += Price(items[i], rates[\"EUR\"]);  // rounded later\n  }\n";

std::string Repeated(std::string_view text, std::size_t size) {
  std::string all;
  while (all.size() < size) all += text;
  all.resize(size);
  return all;
}

void ClassifyText(benchmark::State& state, std::string_view sample) {
  const std::string text = Repeated(sample, static_cast<std::size_t>(state.range(0)));
  const Signals signals = Chat({{Role::kSystem, "You are kind."}, {Role::kUser, text}});
  const HintTrust trust = HintTrust::All();
  for (auto _ : state) benchmark::DoNotOptimize(Classify(signals, trust));
}
BENCHMARK_CAPTURE(ClassifyText, prose, kProse)->Arg(1 << 10)->Arg(200 << 10);
BENCHMARK_CAPTURE(ClassifyText, code, kCode)->Arg(1 << 10)->Arg(200 << 10);

void DecideAmong(benchmark::State& state, config::Prefer prefer) {
  const auto policy = Compiled(
      ManyRoutes(static_cast<int>(state.range(0)), static_cast<int>(state.range(1)), prefer));
  DecisionInput input = Asking(*policy);
  Decision decision;
  for (auto _ : state) {
    ++input.seed;
    Decide(*policy, input, decision);
    benchmark::DoNotOptimize(decision.plan.data());
  }
}
BENCHMARK_CAPTURE(DecideAmong, ordered, config::Prefer::kOrdered)->Args({100, 20});
BENCHMARK_CAPTURE(DecideAmong, lowest_cost, config::Prefer::kLowestCost)
    ->Args({100, 20})
    ->Args({100, 4})
    ->Args({4, 1});
BENCHMARK_CAPTURE(DecideAmong, lowest_latency, config::Prefer::kLowestLatency)->Args({100, 20});
BENCHMARK_CAPTURE(DecideAmong, weighted, config::Prefer::kWeighted)->Args({100, 20});

void ResolveModel(benchmark::State& state) {
  const auto policy = Compiled(ManyRoutes(1, 20, config::Prefer::kOrdered));
  for (auto _ : state) benchmark::DoNotOptimize(policy->Resolve("model-7@backend-7"));
}
BENCHMARK(ResolveModel);

void MedianFirstToken(benchmark::State& state) {
  const LearnedTarget::Clock::time_point now{std::chrono::hours(100)};
  LearnedTarget learned;
  for (int i = 0; i < 100; ++i) learned.ObserveFirstToken(std::chrono::milliseconds(400 + i), now);
  for (auto _ : state) benchmark::DoNotOptimize(learned.FirstToken(now));
}
BENCHMARK(MedianFirstToken);

}  // namespace
}  // namespace headgate::routing

BENCHMARK_MAIN();
