#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

// A configuration with one self-hosted backend, which has the keys `of_backend` too, and one route
// with the keys `of_route`.
std::string PoolWith(const std::string& of_backend, const std::string& of_route = "") {
  return "server: {auth: none}\n"
         "backends:\n"
         "  gpu: {hosting: self_hosted, replicas: ['http://10.0.0.5:8000'], models: {gpt-4.1: x},\n"
         "        slots: 48, cost: {per_replica_hour: 2}" +
         of_backend + "}\nroutes: [{name: all" + of_route + "}]\n";
}

Backend BackendWith(const std::string& keys) {
  const Config config = LoadOrFail(PoolWith(keys));
  return config.backends.empty() ? Backend{} : config.backends.front();
}

TEST(Queues, a_backend_has_defaults) {
  const Backend backend = BackendWith("");
  EXPECT_EQ(backend.slot_tokens, 0);
  EXPECT_FALSE(backend.preempt);
  EXPECT_EQ(backend.batch.floor, 100'000);
  EXPECT_EQ(backend.batch.max_wait, Milliseconds(3'600'000));
  EXPECT_EQ(backend.queue_limit, 1000);
  EXPECT_EQ(backend.priority, EnginePriority::kNone);
}

TEST(Queues, a_backend_is_read) {
  const Backend backend = BackendWith(
      ", engine: vllm, slot_tokens: 400k, preempt: true, batch: {floor: 2.5%, max_wait: 90s}, "
      "queue: {limit: 500}, priority: true");
  EXPECT_EQ(backend.slot_tokens, 400'000);
  EXPECT_TRUE(backend.preempt);
  EXPECT_EQ(backend.batch.floor, 25'000);
  EXPECT_EQ(backend.batch.max_wait, Milliseconds(90'000));
  EXPECT_EQ(backend.queue_limit, 500);
  EXPECT_EQ(backend.priority, EnginePriority::kLowFirst);
}

TEST(Queues, each_key_of_batch_has_its_own_default) {
  EXPECT_EQ(BackendWith(", batch: {floor: 0%}").batch.max_wait, Milliseconds(3'600'000));
  EXPECT_EQ(BackendWith(", batch: {floor: 0%}").batch.floor, 0);
  EXPECT_EQ(BackendWith(", batch: {floor: 50%}").batch.floor, 500'000);
  EXPECT_EQ(BackendWith(", batch: {max_wait: 1s}").batch.floor, 100'000);
  EXPECT_EQ(BackendWith(", queue: {}").queue_limit, 1000);
}

TEST(Queues, the_order_of_priorities_is_that_of_the_engine_or_written) {
  struct Case {
    const char* keys;
    EnginePriority expected;
  };
  constexpr std::array kCases = {
      Case{", engine: vllm, priority: true", EnginePriority::kLowFirst},
      Case{", engine: vllm, priority: low_first", EnginePriority::kLowFirst},
      Case{", engine: vllm, priority: false", EnginePriority::kNone},
      Case{", engine: sglang, priority: true", EnginePriority::kHighFirst},
      Case{", priority: true, engine: sglang", EnginePriority::kHighFirst},
      Case{", engine: sglang, priority: low_first", EnginePriority::kLowFirst},
      Case{", engine: sglang, priority: high_first", EnginePriority::kHighFirst},
      Case{", priority: low_first", EnginePriority::kLowFirst},
      Case{", priority: high_first", EnginePriority::kHighFirst},
      Case{", engine: llamacpp, priority: false", EnginePriority::kNone},
  };
  for (const Case& one : kCases)
    EXPECT_EQ(BackendWith(one.keys).priority, one.expected) << one.keys;
}

TEST(Queues, a_route_says_when_it_spills) {
  struct Case {
    const char* keys;
    Spill::When when;
    Milliseconds limit;
    bool written;
  };
  constexpr std::array kCases = {
      Case{"", Spill::When::kAfter, Milliseconds(2000), false},
      Case{", spill: {after: 50ms}", Spill::When::kAfter, Milliseconds(50), true},
      Case{", spill: {after: 0s}", Spill::When::kAfter, Milliseconds(0), true},
      Case{", spill: {when_wait_over: 500ms}", Spill::When::kWaitOver, Milliseconds(500), true},
      Case{", spill: never", Spill::When::kNever, Milliseconds(2000), true},
  };
  for (const Case& one : kCases) {
    const Config config = LoadOrFail(PoolWith("", one.keys));
    ASSERT_EQ(config.routes.size(), 1u);
    const Spill& spill = config.routes.front().spill;
    EXPECT_EQ(spill.when, one.when) << one.keys;
    EXPECT_EQ(spill.limit, one.limit) << one.keys;
    EXPECT_EQ(spill.written, one.written) << one.keys;
  }
}

TEST(Queues, a_class_has_a_band_and_a_target) {
  const Config config = LoadOrFail(PoolWith("") +
                                   "classes:\n"
                                   "  - {class: checkout, band: latency_critical, target_ttft: "
                                   "400ms, when: {stream: true}}\n"
                                   "  - {class: batch, target_ttft: 1h}\n"
                                   "  - {class: plain, when: {stream: false}}\n"
                                   "  - {target_ttft: 1ms, class: latency_critical}\n");
  ASSERT_EQ(config.classes.size(), 2u);  // the built-in classes are no custom ones
  EXPECT_EQ(config.classes[0].name, "checkout");
  EXPECT_EQ(config.classes[0].band, Band::kLatencyCritical);
  EXPECT_EQ(config.classes[0].target_ttft, Milliseconds(400));
  EXPECT_EQ(config.classes[1].name, "plain");
  EXPECT_EQ(config.classes[1].path, "classes.plain");
  EXPECT_EQ(config.classes[1].band, Band::kNormal);
  EXPECT_FALSE(config.classes[1].target_ttft);
  ASSERT_EQ(config.built_in_target_ttft.size(), 2u);
  EXPECT_EQ(config.built_in_target_ttft.at("batch"), Milliseconds(3'600'000));
  EXPECT_EQ(config.built_in_target_ttft.at("latency_critical"), Milliseconds(1));
}

TEST(Queues, a_team_has_a_share) {
  const std::string hash = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  const Config config =
      LoadOrFail(PoolWith("") + "keys:\n  - {name: a, team: search, hash: \"sha256:" + hash +
                 "1\"}\n  - {name: b, team: shop, hash: \"sha256:" + hash +
                 "2\"}\nteams: {search: {share: 3}, shop: {require: {hosting: "
                 "self_hosted}}}\n");
  ASSERT_EQ(config.teams.size(), 2u);
  EXPECT_EQ(config.teams[0].share, 3);
  EXPECT_EQ(config.teams[1].share, 1);
}

TEST(Queues, a_reload_may_change_everything) {
  const Config running = LoadOrFail(PoolWith(""));
  const LoadResult next = LoadText(
      PoolWith(", engine: sglang, slot_tokens: 400k, preempt: true, batch: {floor: 0%}, queue: "
               "{limit: 5}, priority: true",
               ", spill: never"),
      "test.yaml", Variables, &running);
  for (const Diagnostic& diagnostic : next.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  EXPECT_TRUE(next.config);
}

}  // namespace
}  // namespace headgate::config
