#include "config/load.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "config/address.h"
#include "config/lookup.h"
#include "config/sections.h"

namespace headgate::config {
namespace {

std::optional<std::string> Variables(const std::string& name) {
  if (name == "DEEPSEEK_API_KEY") return "sk-deepseek-1234";
  if (name == "OPENAI_API_KEY") return "sk-openai-5678";
  if (name == "GPU_HOST") return "10.0.0.5";
  return std::nullopt;
}

// The configuration, or a test failure that prints every diagnostic.
Config LoadOrFail(std::string_view text) {
  LoadResult result = LoadText(text, "test.yaml", Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  return result.config.value_or(Config{});
}

std::string Problems(std::string_view text) {
  std::string out;
  for (const Diagnostic& diagnostic : LoadText(text, "test.yaml", Variables).diagnostics) {
    out += ToString(diagnostic) + "\n";
  }
  return out;
}

const ServedModel& Served(const Config& config, const std::string& backend, std::size_t index) {
  return FindBackend(config, backend)->models.at(index);
}

constexpr std::string_view kRest = R"(
backends:
  up: {hosting: paid_api, url: "https://api.example.com/v1", api_key: k, models: {gpt-4.1: x}}
routes:
  - name: general
)";

std::string WithRest(std::string_view text) { return std::string(text) + std::string(kRest); }

// A folder of its own under the system's temporary one; gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "headgate-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  void Write(const std::string& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  std::string Path(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

constexpr std::string_view kExample = R"(
server:
  listen: 127.0.0.1:8080        # clients
  admin: 127.0.0.1:9464
  auth: keys
  workers: auto
  limits: {body: 32MiB, head: 32KiB, connections: 20000, head_timeout: 10s, body_timeout: 30s, idle_timeout: 75s}
  drain_timeout: 60s
models:
  qwen-2.5-32b: {context: 131072, max_output: 8192, license: apache-2.0, supports: [tools, json_schema],
                 scores: {mmlu: 83.3, humaneval: 88.4}, aliases: [qwen]}
backends:
  gpu:
    protocol: openai
    hosting: self_hosted
    engine: vllm
    replicas: ["http://${GPU_HOST}:8000", http://10.0.0.6:8000]
    models: {qwen-2.5-32b: Qwen/Qwen2.5-32B-Instruct}
    slots: 48
    cost: {per_replica_hour: 2.10}
    labels: {region: eu}
    timeouts: {connect: 2s, first_token: 20s, between_tokens: 15s, total: 10m}
  deepseek:
    protocol: openai
    hosting: paid_api
    url: https://api.deepseek.com/v1
    api_key: ${DEEPSEEK_API_KEY}
    models:
      deepseek-r1: {name: deepseek-reasoner, price: {input: 0.55, cached_input: 0.14, output: 2.19}}
  openai:
    protocol: openai
    hosting: paid_api
    url: https://api.openai.com/v1
    api_key: ${OPENAI_API_KEY}
    auth: {header: Api-Key}
    headers: {OpenAI-Organization: org-1}
    query: {api-version: 2024-10-21}
    models: {gpt-4.1: {name: gpt-4.1}, gpt-4.1-mini: {}}
aliases: {gpt-4o: auto, fast: gpt-4.1-mini@openai}
routes:
  - name: sensitive
    when: {header: {x-data-class: [phi, pci], x-trace: "*"}}
    require: {hosting: self_hosted, context: ">= 32k"}
    prefer: lowest_cost
  - name: autocomplete
    when: {class: latency_critical, stream: true, input_tokens: [">= 1k", "< 32k"]}
    targets: [qwen-2.5-32b@gpu, gpt-4.1-mini@openai]
    prefer: lowest_latency
  - name: split
    when: {model: auto, endpoint: [chat, completions], topic: math, urgency: normal}
    targets: [{target: qwen-2.5-32b@gpu, weight: 9}, {target: gpt-4.1@openai, weight: 1}]
    prefer: weighted
  - name: general
baseline: gpt-4.1@openai
keys:
  - {name: search-prod, team: search, hash: ["sha256:00000000000000000000000000000000000000000000000000000000000000fF"]}
  - {name: clinic, team: health, hash: "sha256:0100000000000000000000000000000000000000000000000000000000000000",
     models: qwen-2.5-32b, trust_hints: all, expose: true}
)";

TEST(Load, ReadsServerAndModels) {
  const Config config = LoadOrFail(kExample);
  EXPECT_EQ(config.server.listen.port, 8080);
  EXPECT_EQ(config.server.workers, 0);
  EXPECT_EQ(config.server.limits.body, 32u << 20);
  EXPECT_EQ(config.server.limits.idle_timeout, Milliseconds(75'000));
  const Model* qwen = FindModel(config, "qwen-2.5-32b");
  ASSERT_NE(qwen, nullptr);
  EXPECT_EQ(qwen->scores.at("humaneval"), 88.4);
  EXPECT_EQ(qwen->place.file, "test.yaml");
  EXPECT_EQ(qwen->place.line, 10);
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
  EXPECT_EQ(gpu.rent_per_replica_hour, 2'100'000'000);
  EXPECT_EQ(gpu.timeouts.total, Milliseconds(600'000));
  EXPECT_EQ(gpu.place.line, 13);
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
  EXPECT_NE(Problems(kRest).find("asks for keys"), std::string::npos);
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

TEST(Load, ReadsSecretsFromFilesBesideTheConfiguration) {
  const TemporaryFolder folder;
  folder.Write("key.secret", "sk-from-a-file\n");
  folder.Write("cert.pem", "x");
  folder.Write("headgate.yaml", R"(
server: {auth: none, admin_token: "file:key.secret", tls: {certificate: cert.pem, private_key: cert.pem}}
backends:
  up:
    hosting: paid_api
    url: https://api.example.com/v1
    api_key: file:key.secret
    headers: {x-team-token: "file:key.secret", x-mixed: "Token ${OPENAI_API_KEY}!", x-plain: "$${A}"}
    ca: cert.pem
    models: {gpt-4.1: x}
routes:
  - name: general
)");
  const LoadResult result = LoadFile(folder.Path("headgate.yaml"), Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  const Backend& up = result.config->backends.at(0);
  EXPECT_EQ(up.api_key.Reveal(), "sk-from-a-file");
  EXPECT_EQ(up.headers.at(0).second, "sk-from-a-file");
  EXPECT_EQ(up.headers.at(1).second, "Token sk-openai-5678!");
  EXPECT_EQ(up.headers.at(2).second, "${A}");
  EXPECT_EQ(up.ca, folder.Path("cert.pem"));
  EXPECT_EQ(result.config->server.admin_token.Reveal(), "sk-from-a-file");
  EXPECT_EQ(result.config->server.tls->certificate, folder.Path("cert.pem"));
}

TEST(Load, AVariableThatHoldsAPathIsNotRead) {
  const Environment environment = [](const std::string&) { return "file:/etc/hostname"; };
  const LoadResult result = LoadText(R"(
server: {auth: none}
backends:
  up: {hosting: paid_api, url: "https://api.example.com", api_key: "${K}", models: {gpt-4.1: x}}
routes: [{name: general}]
)",
                                     "test.yaml", environment);
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->backends[0].api_key.Reveal(), "file:/etc/hostname");
}

constexpr std::string_view kServing = R"(server: {auth: none, workers: 2}
backends:
  up: {hosting: paid_api, url: "https://api.example.com", api_key: k, models: {gpt-4.1: x}}
routes: [{name: general}]
)";

TEST(Load, SaysWhatTakesARestartWhenItIsToReplaceARunningConfiguration) {
  const LoadResult running = LoadText(kServing, "test.yaml", Variables);
  ASSERT_TRUE(running.config);
  EXPECT_TRUE(LoadText(kServing, "test.yaml", Variables, &*running.config).config);
  const LoadResult changed = LoadText(R"(server:
  auth: none
  listen: 127.0.0.1:8081
  admin: 127.0.0.1:9465
  access_log: "off"
  drain_timeout: 1s
backends:
  up: {hosting: paid_api, url: "https://other.example.com", api_key: k, models: {gpt-4.1: x}}
routes: [{name: general}]
)",
                                      "test.yaml", Variables, &*running.config);
  std::string problems;
  for (const Diagnostic& diagnostic : changed.diagnostics) {
    problems.append(ToString(diagnostic)).append("\n");
  }
  EXPECT_EQ(problems,
            "test.yaml:1: server.workers: cannot change from 2 to auto while it runs; restart "
            "headgate, or write 2 again\n"
            "test.yaml:3: server.listen: cannot change from 127.0.0.1:8080 to 127.0.0.1:8081 while "
            "it runs; restart headgate, or write 127.0.0.1:8080 again\n"
            "test.yaml:4: server.admin: cannot change from 127.0.0.1:9464 to 127.0.0.1:9465 while "
            "it runs; restart headgate, or write 127.0.0.1:9464 again\n"
            "test.yaml:5: server.access_log: cannot change from stdout to off while it runs; "
            "restart headgate, or write stdout again\n");
}

TEST(Load, NamesEveryFileThatItDependsOnEvenWhenOneIsMissing) {
  const LoadResult result = LoadText(R"(
server: {auth: none, tls: {certificate: cert.pem, private_key: key.pem}}
backends:
  up: {hosting: paid_api, url: "https://api.example.com", api_key: "file:key.secret", models: {gpt-4.1: x}}
routes: [{name: general}]
)",
                                     "/nonexistent/test.yaml", Variables);
  EXPECT_FALSE(result.config);
  EXPECT_EQ(result.files, (std::vector<std::string>{"/nonexistent/cert.pem", "/nonexistent/key.pem",
                                                    "/nonexistent/key.secret"}));
  EXPECT_EQ(LoadFile("/nonexistent/test.yaml", Variables).files,
            std::vector<std::string>{"/nonexistent/test.yaml"});
}

TEST(Load, ReportsAFileThatIsNotThere) {
  const LoadResult result = LoadFile("/nonexistent/headgate.yaml", Variables);
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(ToString(result.diagnostics[0]),
            "/nonexistent/headgate.yaml: is not a file that can be read; check the path");
}

TEST(Load, RefusesHugeAndManyNodedFiles) {
  EXPECT_NE(Problems(std::string(5u << 20, ' ')).find("larger than 4 MiB"), std::string::npos);
  std::string many = "server: [";
  for (int i = 0; i < 250'000; ++i) many += "1,";
  EXPECT_NE(Problems(many + "]").find("more than 50000 values"), std::string::npos);
}

TEST(Load, KeepsADiagnosticOnOneLineWhateverTheKey) {
  const std::string problems = Problems(WithRest("server: {auth: none, \"a\\nb\": 1}\n"));
  EXPECT_EQ(std::count(problems.begin(), problems.end(), '\n'), 1) << problems;
}

TEST(Load, StopsAnAliasBombAtItsFirstAnchor) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    const std::string previous = std::string("*") + static_cast<char>(c - 1);
    bomb.append(1, c).append(": &").append(1, c);
    bomb.append(" [").append(previous).append(", ").append(previous).append("]\n");
  }
  EXPECT_NE(Problems(bomb).find("has a YAML anchor"), std::string::npos);
}

TEST(Load, SurvivesEveryTruncationOfAFile) {
  for (std::size_t size = 0; size < kExample.size(); size += 7) {
    const LoadResult result = LoadText(kExample.substr(0, size), "test.yaml", Variables);
    EXPECT_EQ(result.config.has_value(), result.diagnostics.empty());
  }
}

TEST(Load, LoadsTheYardstickConfiguration) {
  const std::filesystem::path path =
      std::filesystem::path(HEADGATE_SOURCE_DIR) / ".." / "shared" / "bench" / "yardstick.yaml";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no yardstick.yaml beside this tree";
  const LoadResult result = LoadFile(path.string(), Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->routes.size(), 4u);
}

// What matches at run time is not called unmatched: letters match in either case.
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

TEST(Language, WritesATestsRequestAsJson) {
  const Config config = LoadOrFail("server: {auth: none}\n" + WithRest(R"(
tests:
  - request: {model: auto, stream: true, max_tokens: 5, stop: "5", user: null, list: [1.5, 007, "a\"b"]}
    time: "2026-11-24T09:30:00+01:00"
    load: {up: {up: false, in_flight: 96, ttft_p95: 3s, error_rate: 5%}}
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

TEST(Include, PutsIncludedFilesBeforeTheFilesOwn) {
  const TemporaryFolder folder;
  folder.Write("main.yaml",
               "include: [a.yaml, b.yaml]\nserver: {auth: none}\nroutes: [{name: z}]\n");
  folder.Write("a.yaml", "include: c.yaml\nroutes: [{name: x}]\n");
  folder.Write("b.yaml", "server: {workers: 2}\nroutes: [{name: y}]\n");
  folder.Write("c.yaml", kRest);
  const LoadResult result = LoadFile(folder.Path("main.yaml"), Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(result.config);
  std::string names;
  for (const Route& route : result.config->routes) names += route.name + " ";
  EXPECT_EQ(names, "general x y z ");
  EXPECT_EQ(result.config->server.workers, 2);
  EXPECT_EQ(result.config->routes.at(1).place.file, folder.Path("a.yaml"));
  EXPECT_EQ(result.files.size(), 4u);
  EXPECT_EQ(result.files.front(), folder.Path("main.yaml"));
}

}  // namespace
}  // namespace headgate::config
