#include <gtest/gtest.h>

#include <string>

#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

// Checks ignore letter case like matching at run time: no false warning about an unmatched glob.
TEST(Language, GlobsAreCheckedAsTheyMatch) {
  const Config config = LoadOrFail(R"(
server: {auth: keys}
backends:
  up: {hosting: paid_api, url: "https://api.example.com/v1", api_key: k, models: {gpt-4.1: x}, labels: {region: EU-West}}
routes:
  - name: some
    when: {model: "GPT-*", key: "Search-*", team: SHOP}
    require: {labels: {region: "eu-*"}}
  - name: rest
keys:
  - {name: search-prod, team: shop, hash: "sha256:0123456789012345678901234567890123456789012345678901234567890123"}
)");
  EXPECT_EQ(config.routes.size(), 2u);
}

TEST(Language, ReadsConditionsRequirementsAndPreferences) {
  const Config config = LoadOrFail(R"(
server: {auth: none}
backends:
  up: {hosting: paid_api, url: "https://api.example.com/v1", api_key: k, models: {gpt-4.1: x}, labels: {region: eu}}
classes:
  - {class: checkout, when: {header: {x-app: "shop-*"}, endpoint: chat}}
self_hosted_price: amortised
routes:
  - name: everything
    when:
      class: checkout
      model: ["gpt-*", auto]
      metadata: {tier: gold}
      tools: true
      images: false
      max_tokens: "< 4k"
      time: {days: [mon-wed, sat], from: "09:00", to: "18:00", zone: Europe/Berlin}
      any: [{topic: code}, {all: [{stream: true}, {urgency: batch}]}]
      not: {endpoint: embeddings}
    require: {labels: {region: "e*"}, price: {input: "<= $5", output: "< 12.5"}, supports: [tools],
              ttft_p95: "<= 3s", error_rate: "<= 0.5%"}
    prefer: {cost: 0.6, latency: 0.2, quality: 0.2}
    on_no_target: relax
    timeouts: {first_token: 5s, total: 90s}
  - {name: best, prefer: highest_quality}
)");
  ASSERT_EQ(config.routes.size(), 2u);
  const When& when = config.routes[0].when;
  EXPECT_EQ(config.classes.at(0).when.headers.at(0).values.at(0), "shop-*");
  EXPECT_EQ(when.times.at(0).days, std::bitset<7>(0b0100111));
  EXPECT_EQ(when.times.at(0).to_minute, 18 * 60);
  EXPECT_EQ(when.any.at(1).all.size(), 2u);
  EXPECT_EQ(when.none.at(0).endpoints.at(0), "embeddings");
  EXPECT_EQ(when.max_tokens.at(0).value, 4000);
  const Require& require = config.routes[0].require;
  EXPECT_EQ(require.input_price.at(0).value, 5 * kNanoPerUsd);
  EXPECT_EQ(require.ttft_p95.at(0).value, 3000);
  EXPECT_EQ(require.error_rate.at(0).value, 5000);
  EXPECT_EQ(config.routes[0].prefer, Prefer::kBlend);
  EXPECT_EQ(config.routes[0].on_no_target, OnNoTarget::kRelax);
  const Timeouts backends;
  const Timeouts timeouts = config.routes[0].timeouts.Over(backends);
  EXPECT_EQ(timeouts.first_token, Milliseconds(5000));
  EXPECT_EQ(timeouts.total, Milliseconds(90000));
  EXPECT_EQ(timeouts.connect, backends.connect);
  EXPECT_EQ(timeouts.between_tokens, backends.between_tokens);
  EXPECT_EQ(config.routes[1].timeouts.Over(backends).first_token, backends.first_token);
  EXPECT_EQ(config.routes[1].prefer, Prefer::kHighestQuality);
  EXPECT_EQ(config.self_hosted_price, SelfHostedPrice::kAmortised);
}

TEST(Language, ReadsAPolicyWithTeamsTrustAndTests) {
  const Config config = LoadOrFail(R"(
backends:
  gpu: {hosting: self_hosted, engine: vllm, replicas: ["http://10.0.0.5:8000"], slots: 48,
        cost: {per_replica_hour: 2.10}, models: {qwen-2.5-32b: Qwen/Qwen2.5-32B-Instruct}}
  openai: {hosting: paid_api, url: "https://api.openai.com/v1", api_key: "${OPENAI_API_KEY}",
           models: {gpt-4.1: {name: gpt-4.1}, gpt-4.1-mini: {name: gpt-4.1-mini}}}
aliases: {gpt-4o: auto}
classes:
  - {class: checkout, when: {team: shop, endpoint: chat}}
quality: {code: humaneval, math: gsm8k, general: mmlu}
routes:
  - {name: sensitive, when: {header: {x-data-class: [phi, pci]}}, require: {hosting: self_hosted}, prefer: lowest_cost}
  - {name: code, when: {class: code}, require: {scores: {humaneval: ">= 80"}, ttft_p95: "<= 3s"}}
  - {name: general, prefer: {cost: 0.6, latency: 0.2, quality: 0.2}}
baseline: gpt-4.1@openai
keys:
  - {name: shop, team: shop, hash: "sha256:1111111111111111111111111111111111111111111111111111111111111111"}
  - {name: clinic, team: health, require: {hosting: self_hosted}, trust_hints: [class],
     hash: "sha256:2222222222222222222222222222222222222222222222222222222222222222"}
teams: {health: {require: {hosting: self_hosted}}}
tests:
  - request: {model: auto, messages: [{role: user, content: "Write quicksort in Rust"}]}
    key: shop
    expect: {class: code, route: code, target: qwen-2.5-32b@gpu}
)");
  ASSERT_EQ(config.keys.size(), 2u);
  EXPECT_EQ(config.keys[1].require.hosting, Hosting::kSelfHosted);
  EXPECT_EQ(config.teams.at(0).require.hosting, Hosting::kSelfHosted);
  EXPECT_EQ(config.tests.at(0).expect_class, "code");
  EXPECT_EQ(config.routes.at(1).require.scores.at("humaneval").at(0).value, 80);
}

TEST(Language, TrustsInEveryHintForOneWordAllWhereverItStands) {
  for (const char* trusted : {"all", "[all]", "[slo, all, slo]"}) {
    const Config config =
        LoadOrFail("server: {auth: keys}\n" + WithRest(R"(
keys:
  - {name: shop, team: shop, hash: "sha256:1111111111111111111111111111111111111111111111111111111111111111", trust_hints: )" +
                                                       std::string(trusted) + "}\n"));
    EXPECT_EQ(config.keys.at(0).trust_hints.size(), 5u) << trusted;
  }
}

TEST(Language, WritesATestsRequestAsJson) {
  const Config config = LoadOrFail("server: {auth: none}\n" + WithRest(R"(
tests:
  - request: {model: auto, stream: true, max_tokens: 5, stop: "5", user: null, list: [1.5, 007, "a\"b"]}
    time: "2026-11-24T09:30:00+01:00"
    load: {up: {up: false, in_flight: 96, wait: 800ms, ttft_p95: 3s, error_rate: 5%}}
    expect: {route: general}
)"));
  ASSERT_EQ(config.tests.size(), 1u);
  const PolicyTest& test = config.tests[0];
  EXPECT_EQ(test.request, R"({"model":"auto","stream":true,"max_tokens":5,"stop":"5","user":null,)"
                          R"("list":[1.5,"007","a\"b"]})");
  EXPECT_EQ(test.name, "tests[0]");
  EXPECT_EQ(test.time, 1'795'509'000);
  EXPECT_EQ(test.load.at(0).error_rate, 50'000);
  EXPECT_EQ(test.load.at(0).up, false);
}

}  // namespace
}  // namespace headgate::config
