#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"
#include "tests/support/temporary_folder.h"

namespace headgate::config {

// Fixtures of the reader's tests.

inline std::optional<std::string> Variables(const std::string& name) {
  if (name == "DEEPSEEK_API_KEY") return "sk-deepseek-1234";
  if (name == "OPENAI_API_KEY") return "sk-openai-5678";
  if (name == "GPU_HOST") return "10.0.0.5";
  return std::nullopt;
}

// The configuration, or a test failure that prints every diagnostic.
inline Config LoadOrFail(std::string_view text) {
  LoadResult result = LoadText(text, "test.yaml", Variables);
  for (const Diagnostic& diagnostic : result.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  return result.config.value_or(Config{});
}

inline std::string Problems(std::string_view text) {
  std::string out;
  for (const Diagnostic& diagnostic : LoadText(text, "test.yaml", Variables).diagnostics) {
    out += ToString(diagnostic) + "\n";
  }
  return out;
}

inline constexpr std::string_view kRest = R"(
backends:
  up: {hosting: paid_api, url: "https://api.example.com/v1", api_key: k, models: {gpt-4.1: x}}
routes:
  - name: general
)";

inline std::string WithRest(std::string_view text) {
  return std::string(text) + std::string(kRest);
}

inline constexpr std::string_view kExample = R"(
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

}  // namespace headgate::config
