// The cost of recording a request in the daemon, and of reading it back in a replay.
//
//   recording_bench                          the benchmarks
//   recording_bench --write CONFIG N FILE    a synthetic recording of N requests under CONFIG
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>

#include "config/base/check.h"
#include "config/load.h"
#include "gateway/recording/record_reader.h"
#include "gateway/recording/record_text.h"
#include "routing/replay/replay.h"
#include "tests/gateway/recording/recording_fixture.h"

namespace headgate::gateway {
namespace {

using routing::CompiledPolicy;

std::shared_ptr<const CompiledPolicy> Compiled(const config::Config& config) {
  auto policy = CompiledPolicy::Compile(config);
  HEADGATE_CHECK(policy.ok());
  return *std::move(policy);
}

// A policy of `targets` paid targets of one model, chosen by cost.
std::shared_ptr<const CompiledPolicy> PolicyOf(int targets) {
  config::Config config;
  config.models.emplace_back().name = "m";
  config.routes.emplace_back().name = "all";
  config.routes[0].prefer = config::Prefer::kLowestCost;
  for (int i = 0; i < targets; ++i) {
    config::Backend& backend = config.backends.emplace_back();
    backend.name = "b" + std::to_string(i);
    config::ServedModel& served = backend.models.emplace_back();
    served.model = served.upstream_name = "m";
    served.price.emplace().standard = {.input = 1'000'000 + i, .output = 2'000'000};
  }
  return Compiled(config);
}

// Appends one answer by the target that was planned first, or none.
void AppendAnswer(Draw& draw, const CompiledPolicy& policy, const routing::Decision& decision,
                  std::string& line) {
  if (decision.plan.empty()) {
    AppendOutcome({}, line);
    return;
  }
  CallOutcome outcome{.call = {.target = decision.plan.front().target,
                               .answered = true,
                               .exact = true,
                               .usage = {.input = 1 + draw.Below(20'000),
                                         .cached_input = draw.Below(1'000),
                                         .output = 1 + draw.Below(2'000)},
                               .ttft_us = 1'000 + draw.Below(900'000),
                               .duration_us = 1'000'000 + draw.Below(9'000'000)},
                      .result = "ok"};
  const routing::Target& target = policy.targets()[outcome.call.target];
  if (target.prices) {
    outcome.call.cost = CostOf(*target.prices, outcome.call.usage, policy::ServiceTier::kStandard,
                               /*unix_seconds=*/0);
  }
  AppendOutcome({.calls = {&outcome, 1}}, line);
}

std::string LineOf(Draw& draw, const CompiledPolicy& policy, const std::string& id) {
  routing::DecisionInput input;
  const std::string model = draw.Request(policy, input);
  routing::Decision decision;
  Decide(policy, input, decision);
  std::string line;
  const auto conversation = static_cast<std::uint64_t>(draw.Below(300'000)) * 0x9e3779b97f4a7c15;
  AppendDecided(1, id, model, conversation, input, decision, line);
  AppendAnswer(draw, policy, decision, line);
  return line;
}

void WriteLine(benchmark::State& state) {
  const auto policy = PolicyOf(static_cast<int>(state.range(0)));
  Draw draw(1);
  routing::DecisionInput input;
  draw.Request(*policy, input);
  routing::Decision decision;
  Decide(*policy, input, decision);
  CallOutcome outcome{.call = {.answered = true,
                               .exact = true,
                               .usage = {.input = 1234, .cached_input = 456, .output = 789},
                               .cost = 123'456'789,
                               .ttft_us = 345'678,
                               .duration_us = 3'456'789},
                      .result = "ok"};
  std::size_t bytes = 0;
  std::string block;
  for (auto _ : state) {
    std::string decided;  // as the request holds it from its decision to its end
    AppendDecided(1, "req_0123456789abcdef01234567", "auto", 0x123456789abcdef0, input, decision,
                  decided);
    block += decided;
    AppendOutcome({.calls = {&outcome, 1}}, block);
    bytes = block.size();
    block.clear();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(WriteLine)->Arg(1)->Arg(4)->Arg(20);

void ReadAndReplay(benchmark::State& state) {
  const auto policy = PolicyOf(static_cast<int>(state.range(0)));
  Draw draw(1);
  RecordReader reader;
  std::string text = PolicyLine(*policy, 1);
  std::size_t size = text.size() - 1;
  text.append(RecordReader::kPadding, ' ');
  HEADGATE_CHECK(reader.Read({text.data(), size}) == RecordReader::Line::kPolicy);
  text = LineOf(draw, *policy, "req_0123456789abcdef01234567");
  size = text.size() - 1;
  text.append(RecordReader::kPadding, ' ');
  routing::Replay replay(*policy, nullptr);
  for (auto _ : state) {
    HEADGATE_CHECK(reader.Read({text.data(), size}) == RecordReader::Line::kRequest);
    replay.Add(reader.request());
  }
}
BENCHMARK(ReadAndReplay)->Arg(1)->Arg(4)->Arg(20);

int WriteTraffic(const std::string& config_path, long count, const std::string& path) {
  const config::LoadResult loaded =
      config::LoadFile(config_path, [](const std::string& name) { return "not-set-" + name; });
  for (const auto& diagnostic : loaded.diagnostics) {
    std::cerr << config::ToString(diagnostic) << "\n";
  }
  if (!loaded.config) return 1;
  const auto policy = Compiled(*loaded.config);
  std::ofstream out(path, std::ios::binary);
  out << PolicyLine(*policy, 1);
  Draw draw(1);
  for (long i = 0; i < count; ++i) {
    std::array<char, 32> id{};
    std::snprintf(id.data(), id.size(), "req_%024lx", i);
    out << LineOf(draw, *policy, id.data());
  }
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace headgate::gateway

int main(int argc, char** argv) {
  if (argc == 5 && std::string_view(argv[1]) == "--write") {
    return headgate::gateway::WriteTraffic(argv[2], std::atol(argv[3]), argv[4]);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
