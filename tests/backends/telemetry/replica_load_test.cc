#include "backends/telemetry/replica_load.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "config/config.h"

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;
using config::Engine;

constexpr Clock::time_point kStart{1000h};

EngineLoad Requests(int running, int waiting = 0) {
  return {.running = running, .waiting = waiting, .kv_used = {}, .slots = {}, .loaded_models = {}};
}

TEST(ReplicaLoadTest, IsStaleUntilTheFirstPoll) {
  const ReplicaLoad load;
  for (const auto now : {Clock::time_point{}, kStart, Clock::time_point::max()}) {
    EXPECT_TRUE(load.stale(now));
    EXPECT_EQ(load.Others(now), 0);
    EXPECT_EQ(load.KvUsed(now), std::nullopt);
    EXPECT_FALSE(load.Latest(now));
  }
}

TEST(ReplicaLoadTest, OthersAreWhatTwoPollsInARowFind) {
  const struct {
    const char* what;
    EngineLoad first;
    int own_at_first;
    EngineLoad second;
    int own_at_second;
    int others;
  } cases[] = {
      {"only ours", Requests(3), 3, Requests(5), 5, 0},
      {"others twice", Requests(8), 3, Requests(9), 3, 5},
      {"fewer at the second poll", Requests(8), 3, Requests(5), 3, 2},
      {"others that wait count", Requests(4, 6), 4, Requests(4, 7), 4, 6},
      {"one of ours was still there once", Requests(5), 4, Requests(4), 4, 0},
      {"the engine has not seen ours yet", Requests(1), 4, Requests(1), 4, 0},
      {"without a queue", {.running = 3}, 1, {.running = 3}, 1, 2},
      {"it does not tell its requests", {.loaded_models = 1}, 1, {.loaded_models = 1}, 1, 0},
      {"it told them once", Requests(9), 1, {.kv_used = 0.5}, 1, 0},
      {"it tells them from now on", {.kv_used = 0.5}, 1, Requests(9), 1, 0},
  };
  for (const auto& test : cases) {
    ReplicaLoad load;
    load.Note(test.first, {.requests = test.own_at_first}, kStart);
    EXPECT_EQ(load.Others(kStart), 0) << test.what;
    load.Note(test.second, {.requests = test.own_at_second}, kStart + 1s);
    EXPECT_EQ(load.Others(kStart + 1s), test.others) << test.what;
  }
}

TEST(ReplicaLoadTest, FiguresThatLagWhileTheEngineIsIdleNeedRequestsOfOurs) {
  const struct {
    bool lags;
    int before;
    int after;
    int others;
  } cases[] = {{true, 0, 0, 0}, {true, 2, 0, 0},  {true, 0, 2, 0},
               {true, 1, 2, 4}, {false, 0, 2, 4}, {false, 0, 0, 6}};
  for (const auto& test : cases) {
    const LoadQuestion question{.path = "/metrics", .read = nullptr, .lags_when_idle = test.lags};
    const ReplicaLoad::OwnLoad own = ReplicaLoad::During(
        question, {.requests = test.before, .kv = 0.25}, {.requests = test.after, .kv = 0.125});
    ReplicaLoad load;
    for (const auto now : {kStart, kStart + 1s}) {
      load.Note({.running = 6, .kv_used = 0.75}, own, now);
    }
    EXPECT_EQ(load.Others(kStart + 1s), test.others) << test.before << " " << test.after;
    EXPECT_EQ(load.KvOfOthers(kStart + 1s), test.others > 0 ? 0.5 : 0);
    EXPECT_EQ(load.Latest(kStart + 1s)->running, 6) << "it is what the engine says";
  }
}

TEST(ReplicaLoadTest, TheKvCacheOfOthersIsWhatIsUsedBeyondOurTokens) {
  struct Case {
    std::optional<double> first, second;
    double own;
    double others;
  };
  for (const Case& test : {Case{0.75, 0.5, 0.25, 0.25}, Case{0.75, 0.25, 0.5, 0},
                           Case{0.5, std::nullopt, 0, 0}, Case{0.5, 0.75, 1, 0}}) {
    ReplicaLoad load;
    load.Note({.kv_used = test.first}, {.kv = test.own}, kStart);
    EXPECT_EQ(load.KvOfOthers(kStart), 0) << "once is not enough";
    load.Note({.kv_used = test.second}, {.kv = test.own}, kStart + 1s);
    EXPECT_EQ(load.KvOfOthers(kStart + 1s), test.others);
    EXPECT_EQ(load.KvOfOthers(kStart + 1s + ReplicaLoad::kFresh), 0);
  }
}

TEST(ReplicaLoadTest, OldFiguresCountForNothing) {
  ReplicaLoad load;
  EngineLoad told = Requests(8, 1);
  told.kv_used = 0.5;
  told.slots = 16;
  load.Note(told, {.requests = 0}, kStart);
  load.Note(told, {.requests = 0}, kStart + 1s);
  const auto last = kStart + 1s + ReplicaLoad::kFresh - 1ns;
  EXPECT_FALSE(load.stale(last));
  EXPECT_EQ(load.Others(last), 9);
  EXPECT_EQ(load.KvUsed(last), 0.5);
  ASSERT_TRUE(load.Latest(last));
  EXPECT_EQ(load.Latest(last)->running, 8);
  EXPECT_EQ(load.Latest(last)->waiting, 1);
  EXPECT_EQ(load.Latest(last)->slots, 16);
  EXPECT_EQ(load.Latest(last)->loaded_models, std::nullopt);
  EXPECT_TRUE(load.stale(last + 1ns));
  EXPECT_EQ(load.Others(last + 1ns), 0);
  EXPECT_EQ(load.KvUsed(last + 1ns), std::nullopt);
  EXPECT_FALSE(load.Latest(last + 1ns));
  // The first poll after a silence has no poll before it.
  load.Note(told, {.requests = 0}, last + 1s);
  EXPECT_FALSE(load.stale(last + 1s));
  EXPECT_EQ(load.Others(last + 1s), 0);
  load.Note(told, {.requests = 0}, last + 2s);
  EXPECT_EQ(load.Others(last + 2s), 9);
}

TEST(ReplicaLoadTest, AReaderWhoseClockWasReadBeforeThePollSeesIt) {
  ReplicaLoad load;
  load.Note(Requests(2), {.requests = 0}, kStart + 1s);
  load.Note(Requests(2), {.requests = 0}, kStart + 2s);
  EXPECT_EQ(load.Others(kStart), 2);
}

TEST(ReplicaLoadTest, IsReadWhileItIsWritten) {
  ReplicaLoad load;
  std::thread poller([&load] {
    for (int i = 0; i < 10'000; ++i)
      load.Note(Requests(i % 2 + 2), {.requests = 1}, kStart + i * 1ms);
  });
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_LE(load.Others(kStart), 1);
    EXPECT_GE(load.Latest(kStart).value_or(Requests(2)).running.value_or(2), 2);
  }
  poller.join();
  EXPECT_EQ(load.Others(kStart + 10s), 1);
}

std::unique_ptr<const Upstream> Pool(std::initializer_list<std::uint16_t> ports,
                                     Engine engine = Engine::kVllm, const char* key = "k") {
  config::Backend backend;
  backend.engine = engine;
  backend.api_key = config::Secret(key);
  for (const std::uint16_t port : ports) {
    backend.replicas.push_back({.tls = false, .host = "127.0.0.1", .port = port, .path = ""});
  }
  return *Upstream::Make(backend);
}

TEST(ReplicaLoadTest, AReloadKeepsTheLoadsOfReplicasThatAreAskedAsBefore) {
  const auto before = Pool({1, 2});
  const ReplicaLoads loads = LoadsOf(*before, nullptr, {});
  ASSERT_EQ(loads.size(), 2U);
  const ReplicaLoads after = LoadsOf(*Pool({2, 3}), before.get(), loads);
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0], loads[1]);
  EXPECT_NE(after[1], loads[0]);
  ASSERT_NE(after[1], nullptr);
  EXPECT_NE(LoadsOf(*Pool({1, 2}, Engine::kSglang), before.get(), loads)[0], loads[0]);
  EXPECT_NE(LoadsOf(*Pool({1, 2}, Engine::kVllm, "new"), before.get(), loads)[0], loads[0]);
}

}  // namespace
}  // namespace headgate::backends
