// What the ledger costs: a row on its way from a worker to the file (CPU of all threads), and a
// month's report over ten million requests.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "policy/ledger/ledger_store.h"
#include "policy/ledger/ledger_writer.h"
#include "policy/ledger/report/spend_report.h"
#include "policy/ledger/values/calendar.h"
#include "tests/support/temporary_folder.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kStart = 1'795'910'400'000;  // 2026-11-29
constexpr int kLabels = 50;
constexpr int kTargets = 8;

// The names of a configuration that a snapshot would keep alive.
struct Names {
  std::vector<std::string> keys, teams, targets;
  Names() {
    for (int i = 0; i < kLabels; ++i) {
      keys.push_back("key-of-service-" + std::to_string(i));
      teams.push_back("team-" + std::to_string(i % 10));
    }
    for (int i = 0; i < kTargets; ++i) targets.push_back("model-" + std::to_string(i) + "@backend");
  }
};

LedgerRow Row(const std::shared_ptr<const Names>& names, LedgerId id, RowState state,
              std::int64_t started) {
  const auto number = static_cast<std::size_t>(id);
  LedgerRow row;
  row.id = id;
  row.started = started;
  row.labels = {names->keys[number % kLabels], names->teams[number % kLabels], "general", "code"};
  row.state = state;
  row.attempts.push_back({.target = {names->targets[number % kTargets], "model-at-backend"},
                          .usage = {.input = 800 + id % 500, .output = 100 + id % 300},
                          .answered = true,
                          .cost = 1'000'000 + id});
  row.names = names;
  return row;
}

LedgerAlarm NoAlarm() {
  return [](bool, std::string_view what, std::string_view detail) {
    std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
                 static_cast<int>(detail.size()), detail.data());
  };
}

// Makes the rows of 5,000 requests a second, of which each runs for 200 ms: every one is in the
// file as running before it ends.
void PutRows(benchmark::State& state, const std::function<void(LedgerRow)>& put) {
  const auto names = std::make_shared<const Names>();
  constexpr LedgerId kRunning = 1000;
  constexpr LedgerId kBurst = 25;  // few, so that waking up is not what is measured
  LedgerId id = 0;
  auto next = std::chrono::steady_clock::now();
  for (auto _ : state) {
    ++id;
    put(Row(names, id, RowState::kReserved, kStart));
    if (id > kRunning) put(Row(names, id - kRunning, RowState::kSettled, kStart));
    if (id % kBurst != 0) continue;
    next += std::chrono::milliseconds(5);
    std::this_thread::sleep_until(next);
  }
}

// CPU time is that of the whole process. What BM_RowsAlone takes is the benchmark's own.
void BM_Request(benchmark::State& state) {
  const TemporaryFolder folder;
  auto store = std::make_unique<LedgerStore>(folder.path().string(), NoAlarm());
  if (!store->Open().ok()) state.SkipWithError("no store");
  LedgerWriter writer(
      std::move(store), {}, [] { return kStart; }, NoAlarm(), SpendSums{});
  PutRows(state, [&writer](LedgerRow row) { writer.Put(std::move(row)); });
  writer.Stop();
}
BENCHMARK(BM_Request)->MeasureProcessCPUTime()->Iterations(50'000)->Unit(benchmark::kMicrosecond);

void BM_RowsAlone(benchmark::State& state) {
  PutRows(state, [](const LedgerRow& row) { benchmark::DoNotOptimize(&row); });
}
BENCHMARK(BM_RowsAlone)->MeasureProcessCPUTime()->Iterations(50'000)->Unit(benchmark::kMicrosecond);

// The same as fast as rows can be written: commits are full.
void BM_RequestsInFullCommits(benchmark::State& state) {
  const TemporaryFolder folder;
  LedgerStore store(folder.path().string(), NoAlarm());
  if (!store.Open().ok()) state.SkipWithError("no store");
  const auto names = std::make_shared<const Names>();
  LedgerId id = 0;
  for (auto _ : state) {
    LedgerBatch batch;
    for (int i = 0; i < 100; ++i) {
      ++id;
      batch.running.push_back(Row(names, id, RowState::kReserved, kStart));
      if (id > 1000) batch.ended.push_back(Row(names, id - 1000, RowState::kSettled, kStart));
    }
    if (!store.Write(batch).ok()) state.SkipWithError("not written");
  }
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(BM_RequestsInFullCommits)->MeasureProcessCPUTime()->Unit(benchmark::kMicrosecond);

// HEADGATE_LEDGER_ROWS: requests of the month; ten million if it is not set.
void BM_MonthReport(benchmark::State& state) {
  const char* const wanted = std::getenv("HEADGATE_LEDGER_ROWS");
  const std::int64_t rows = wanted != nullptr ? std::atoll(wanted) : 10'000'000;
  const TemporaryFolder folder;
  {
    LedgerStore store(folder.path().string(), NoAlarm());
    if (!store.Open().ok()) state.SkipWithError("no store");
    const auto names = std::make_shared<const Names>();
    constexpr std::int64_t kMonth = 30 * kHoursPerDay * kMsPerHour;
    constexpr std::int64_t kBatch = 5000;
    for (std::int64_t first = 0; first < rows; first += kBatch) {
      LedgerBatch batch;
      for (std::int64_t i = first; i < first + kBatch; ++i) {
        batch.ended.push_back(Row(names, i + 1, RowState::kSettled, kStart + kMonth / rows * i));
      }
      if (!store.Write(batch).ok()) state.SkipWithError("not written");
    }
  }
  for (auto _ : state) {
    const auto report =
        ReadSpend(folder.path().string(), {.by = {SpendBy::kTeam, SpendBy::kModel, SpendBy::kDay}});
    if (!report.ok() || report->total.requests != rows) state.SkipWithError("wrong report");
    benchmark::DoNotOptimize(report);
  }
}
BENCHMARK(BM_MonthReport)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace headgate::policy

BENCHMARK_MAIN();
