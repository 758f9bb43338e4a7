// Hints of a client that do not count, and what people who ask about their own request read.
#include "gateway/decide/passed_over_hints.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "config/config.h"
#include "gateway/decide/dry_run.h"
#include "gateway/decide/policy_tests.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kSearchAndOps = R"(
server: {auth: keys}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1"], models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}, timeouts: {total: 5s}}
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: secret, models: {gpt-4.1: g}}
keys:
  - {name: search, team: shop, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000001"}
  - {name: ops, team: shop, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000002", trust_hints: [slo, class]}
classes:
  - {class: checkout, band: latency_critical, when: {header: {x-shop: cart}}}
routes:
  - {name: alone, when: {header: {x-route: alone}}, targets: [qwen-2.5-32b@gpu]}
  - {name: all, targets: [qwen-2.5-32b@gpu, gpt-4.1@api], prefer: ordered, spill: never}
)";

class HintsPassedOver : public testing::Test {
 protected:
  std::vector<std::string> Hints(const std::string& key, const std::string& header,
                                 const std::string& value) const {
    DryRunRequest request;
    request.body = R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})";
    request.headers = {{header, value}};
    request.key = key;
    return DryRun(*snapshot_->policy, request, QuietLoad(*snapshot_->config, *snapshot_->policy))
        .passed_over_hints;
  }

  const std::shared_ptr<const Snapshot> snapshot_ = InForce(std::string(kSearchAndOps));
};

TEST_F(HintsPassedOver, HintsAreNamedWithTheReason) {
  ASSERT_NE(snapshot_, nullptr);
  struct Case {
    const char* key;
    const char* header;
    const char* value;
    const char* said;  // empty: the hint counts
  };
  const std::string classes = "write batch, latency_critical, code or general";
  const std::string checkout = "x-headgate-class \"checkout\" is passed over: " + classes;
  const Case cases[] = {
      {"search", "x-slo-ttft-ms", "700",
       "x-slo-ttft-ms 700 is passed over: key search has no trust_hints: slo"},
      {"search", "x-slo-ttft-ms", "60000",
       "x-slo-ttft-ms 60000 is passed over as a deadline: key search has no trust_hints: slo"},
      {"", "x-slo-ttft-ms", "700", "x-slo-ttft-ms 700 is passed over: no key was named"},
      {"ops", "x-slo-ttft-ms", "700", ""},
      {"ops", "x-slo-ttft-ms", "700ms",
       "x-slo-ttft-ms \"700ms\" is passed over: write a number of milliseconds"},
      {"ops", "x-headgate-class", "checkout", checkout.c_str()},
      {"ops", "x-headgate-class", "Latency_Critical", ""},
      {"search", "x-headgate-class", "latency_critical",
       "x-headgate-class latency_critical is passed over: key search has no trust_hints: class"},
      {"search", "x-headgate-class", "batch", ""},
      {"search", "x-other", "700", ""},
  };
  for (const Case& c : cases) {
    const std::string said = c.said;
    EXPECT_EQ(Hints(c.key, c.header, c.value),
              said.empty() ? std::vector<std::string>() : std::vector<std::string>{said});
  }
}

TEST_F(HintsPassedOver, AClassOfTheMetadataIsNamedToo) {
  ASSERT_NE(snapshot_, nullptr);
  const auto hints = [&](const std::string& key, const std::string& value,
                         const std::string& header) {
    DryRunRequest request;
    request.body = R"({"model":"auto","metadata":{"class":")" + value +
                   R"("},"messages":[{"role":"user","content":"hello"}]})";
    if (!header.empty()) request.headers = {{"x-headgate-class", header}};
    request.key = key;
    const std::vector<std::string> all =
        DryRun(*snapshot_->policy, request, QuietLoad(*snapshot_->config, *snapshot_->policy))
            .passed_over_hints;
    return config::Join(all, " | ");
  };
  EXPECT_EQ(hints("search", "support", ""),
            "metadata.class \"support\" is passed over: write batch, latency_critical, code or "
            "general");
  EXPECT_EQ(hints("search", "latency_critical", ""),
            "metadata.class latency_critical is passed over: key search has no trust_hints: class");
  EXPECT_EQ(hints("ops", "latency_critical", ""), "");
  EXPECT_EQ(hints("search", "batch", "code"),
            "metadata.class \"batch\" is passed over: x-headgate-class says code");
}

// A policy test states the wait, and the request goes where it would go in the daemon.
TEST_F(HintsPassedOver, PolicyTestsKnowThatAWaitIsLongerThanTheTimeOfARequest) {
  ASSERT_NE(snapshot_, nullptr);
  struct Case {
    int wait_ms;
    const char* route;  // of the header x-route
    const char* hint;   // x-headgate-class
    const char* target;
    const char* refused;
  };
  const Case cases[] = {
      {5'000, "all", "general", "qwen-2.5-32b@gpu", ""},
      {6'055, "all", "general", "gpt-4.1@api", ""},
      {6'055, "all", "batch", "qwen-2.5-32b@gpu", ""},
      {6'055, "alone", "general", "", "queue_full"},
  };
  for (const Case& c : cases) {
    config::Config config = *snapshot_->config;
    config::PolicyTest& test = config.tests.emplace_back();
    test.request = R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})";
    test.headers = {{"x-route", c.route}, {"x-headgate-class", c.hint}};
    test.key = "ops";
    config::TestLoad& load = test.load.emplace_back();
    load.name = "gpu";
    load.in_flight = 4;
    load.wait = config::Milliseconds(c.wait_ms);
    test.expect_target = c.target;
    test.expect_refused = c.refused;
    for (const config::Diagnostic& failed : RunPolicyTests(config, *snapshot_->policy)) {
      ADD_FAILURE() << ToString(failed) << " after " << c.wait_ms << " ms, route " << c.route;
    }
  }
}

// A failing test says what decided the topic.
TEST_F(HintsPassedOver, PolicyTestsSayWhyATopicIsAnother) {
  ASSERT_NE(snapshot_, nullptr);
  config::Config config = *snapshot_->config;
  config::PolicyTest& test = config.tests.emplace_back();
  test.name = "a poem";
  test.request =
      R"({"model":"auto","messages":[{"role":"user","content":"write a Python function that parses JSON"}]})";
  test.expect_topic = "general";
  const std::vector<config::Diagnostic> failed = RunPolicyTests(config, *snapshot_->policy);
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_TRUE(failed[0].problem.starts_with(
      "expected topic general, got code (model in the program, confidence "))
      << failed[0].problem;
  config.tests[0].request =
      R"({"model":"auto","tools":[{"type":"function","function":{"name":"apply_patch"}}],)"
      R"("messages":[{"role":"user","content":"hello"}]})";
  const std::vector<config::Diagnostic> by_tools = RunPolicyTests(config, *snapshot_->policy);
  ASSERT_EQ(by_tools.size(), 1u);
  EXPECT_EQ(by_tools[0].problem, "expected topic general, got code (coding_tools, confidence 0.9)");
}

}  // namespace
}  // namespace headgate::gateway
