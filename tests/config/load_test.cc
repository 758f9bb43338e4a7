#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "config/checks/lookup.h"
#include "config/reader/address.h"
#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

const ServedModel& Served(const Config& config, const std::string& backend, std::size_t index) {
  return FindBackend(config, backend)->models.at(index);
}

TEST(Load, ReadsServerAndModels) {
  const Config config = LoadOrFail(kExample);
  EXPECT_EQ(config.server.listen.port, 8080);
  EXPECT_EQ(config.server.workers, 0);
  EXPECT_EQ(config.server.limits.body, 32u << 20);
  EXPECT_EQ(config.server.limits.idle_timeout, Milliseconds(75'000));
  const Model* qwen = FindModel(config, "qwen-2.5-32b");
  ASSERT_NE(qwen, nullptr);
  EXPECT_EQ(qwen->scores.at("humaneval"), 88.4);
  EXPECT_EQ(qwen->location.file, "test.yaml");
  EXPECT_EQ(qwen->location.line, 10);
}

TEST(Load, ReadsBackends) {
  const Config config = LoadOrFail(kExample);
  ASSERT_EQ(config.backends.size(), 3u);
  const Backend& gpu = config.backends[0];
  EXPECT_EQ(gpu.hosting, Hosting::kSelfHosted);
  EXPECT_EQ(gpu.engine, Engine::kVllm);
  EXPECT_EQ(gpu.replicas.at(0).host, "10.0.0.5");
  EXPECT_EQ(gpu.replicas.at(1).port, 8000);
  EXPECT_EQ(gpu.slots, 48);
  EXPECT_EQ(gpu.rent.per_hour, 2'100'000'000);
  EXPECT_EQ(gpu.timeouts.total, Milliseconds(600'000));
  EXPECT_EQ(gpu.location.line, 13);
  EXPECT_EQ(Served(config, "gpu", 0).upstream_name, "Qwen/Qwen2.5-32B-Instruct");
  EXPECT_EQ(Served(config, "deepseek", 0).price->standard.cached_input, 140'000'000);
  const Backend& openai = config.backends[2];
  EXPECT_EQ(openai.api_key.Reveal(), "sk-openai-5678");
  EXPECT_EQ(openai.auth_header, "api-key");
  EXPECT_EQ(openai.headers.at(0).first, "openai-organization");
  EXPECT_EQ(openai.query.at(0).second, "2024-10-21");
  EXPECT_EQ(Served(config, "openai", 1).upstream_name, "gpt-4.1-mini");
  EXPECT_FALSE(Served(config, "openai", 1).price);
}

TEST(Load, GivesBackendsTheEndpointsAndTheKeyHeaderOfTheirProtocol) {
  const Config config = LoadOrFail(R"(
server: {auth: none}
backends:
  openai: {hosting: paid_api, url: "https://api.openai.com", api_key: k, models: {gpt-4.1: x}}
  claude: {protocol: anthropic, hosting: paid_api, url: "https://api.anthropic.com", api_key: k,
           models: {claude-sonnet-5: x}}
  later: {protocol: anthropic, hosting: paid_api, url: "https://api.anthropic.com", api_key: k,
          auth: {header: Authorization}, anthropic_version: 2026-10-21, models: {claude-sonnet-5: x}}
  tgi: {hosting: self_hosted, engine: tgi, replicas: ["http://10.0.0.5:3000"], slots: 4,
        cost: {per_replica_hour: 1}, models: {qwen-2.5-32b: q}}
  vllm: {hosting: self_hosted, engine: vllm, replicas: ["http://10.0.0.5:8000"], slots: 4,
         endpoints: [messages, chat], cost: {per_replica_hour: 1}, models: {qwen-2.5-32b: q}}
routes: [{name: all}]
)");
  using Words = std::vector<std::string>;
  const Backend& openai = config.backends.at(0);
  EXPECT_EQ(openai.protocol, Protocol::kOpenAi);
  EXPECT_EQ(openai.endpoints, (Words{"chat", "completions", "embeddings"}));
  EXPECT_EQ(openai.auth_header, "authorization");
  const Backend& claude = config.backends.at(1);
  EXPECT_EQ(claude.protocol, Protocol::kAnthropic);
  EXPECT_EQ(claude.endpoints, Words{"messages"});
  EXPECT_EQ(claude.auth_header, "x-api-key");
  EXPECT_EQ(claude.anthropic_version, "2023-06-01");
  EXPECT_EQ(claude.replicas.at(0).path, "/v1");
  const Backend& later = config.backends.at(2);
  EXPECT_EQ(later.auth_header, "authorization");
  EXPECT_EQ(later.anthropic_version, "2026-10-21");
  EXPECT_EQ(config.backends.at(3).endpoints, (Words{"chat", "completions"}));
  EXPECT_EQ(config.backends.at(4).endpoints, (Words{"messages", "chat"}));
}

TEST(Load, ReadsRoutes) {
  const Config config = LoadOrFail(kExample);
  ASSERT_EQ(config.routes.size(), 4u);
  const Route& sensitive = config.routes[0];
  EXPECT_EQ(sensitive.when.headers.at(0).values, (std::vector<std::string>{"phi", "pci"}));
  EXPECT_EQ(sensitive.when.headers.at(1).values, std::vector<std::string>{"*"});
  EXPECT_EQ(sensitive.require.min_context, 32'000);
  EXPECT_EQ(sensitive.require.hosting, Hosting::kSelfHosted);
  const Route& autocomplete = config.routes[1];
  EXPECT_EQ(autocomplete.when.stream, true);
  EXPECT_EQ(autocomplete.when.input_tokens.size(), 2u);
  EXPECT_EQ(autocomplete.prefer, Prefer::kLowestLatency);
  EXPECT_EQ(autocomplete.targets.at(1).model, "gpt-4.1-mini");
  EXPECT_EQ(autocomplete.targets.at(1).backend, "openai");
  EXPECT_EQ(config.routes[2].targets.at(0).weight, 9);
  EXPECT_EQ(config.routes[3].prefer, Prefer::kOrdered);
  EXPECT_EQ(config.baseline->backend, "openai");
}

TEST(Load, ReadsKeysAndAliases) {
  const Config config = LoadOrFail(kExample);
  ASSERT_EQ(config.keys.size(), 2u);
  EXPECT_EQ(config.keys[0].digests.at(0)[31], 0xff);
  EXPECT_EQ(config.keys[1].digests.at(0)[0], 0x01);
  EXPECT_EQ(config.keys[1].trust_hints.size(), 5u);
  EXPECT_EQ(config.keys[1].models.at(0), "qwen-2.5-32b");
  EXPECT_TRUE(config.keys[1].expose);
  EXPECT_EQ(config.aliases.at("gpt-4o"), "auto");
}

TEST(Load, DefaultsToAskingForKeysOnLoopback) {
  const Server server;
  EXPECT_EQ(server.auth, AuthMode::kKeys);
  EXPECT_TRUE(IsLoopback(server.listen.host));
  EXPECT_NE(Problems(kRest).find("requires keys"), std::string::npos);
}

TEST(Load, AnEntryOverridesOnlyTheKeysItNames) {
  const Config config = LoadOrFail(WithRest(R"(
server: {auth: none}
models:
  gpt-4.1: {max_output: 1k}
  gpt-4.1-mini: {price: {input: 1, output: 2}}
)"));
  const Model* kept = FindModel(config, "gpt-4.1");
  EXPECT_EQ(kept->max_output, 1000);
  EXPECT_EQ(kept->context, 1'047'576);
  EXPECT_EQ(kept->price->standard.output, 8 * kNanoPerUsd);
  const Model* priced = FindModel(config, "gpt-4.1-mini");
  EXPECT_EQ(priced->price->standard.input, kNanoPerUsd);
  EXPECT_FALSE(priced->price->standard.cached_input) << "a price is replaced as a whole";
  EXPECT_EQ(priced->source, "test.yaml:5") << "and no longer comes from the catalogue's source";
}

TEST(Load, AnOperatorsNameTakesABuiltInAliasAway) {
  const Config config = LoadOrFail(WithRest(R"(
server: {auth: none}
models:
  mistral-large-2512: {context: 4k}
aliases: {qwen: gpt-4.1}
)"));
  EXPECT_TRUE(FindModel(config, "mistral-large-latest")->aliases.empty());
  EXPECT_TRUE(FindModel(config, "qwen-2.5-32b")->aliases.empty());
}

TEST(Load, KeepsTiersInAscendingOrder) {
  const Config config = LoadOrFail(WithRest(R"(
server: {auth: none}
models:
  m:
    price:
      input: 1
      output: 1
      tiers: [{above: 272k, input: 3, output: 3}, {above: 128k, input: 2, output: 2}]
)"));
  const auto& tiers = FindModel(config, "m")->price->context_tiers;
  ASSERT_EQ(tiers.size(), 2u);
  EXPECT_EQ(tiers[0].above, 128'000);
  EXPECT_EQ(tiers[1].row.input, 3 * kNanoPerUsd);
}

}  // namespace
}  // namespace headgate::config
