#include "backends/telemetry/engine_load.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace headgate::backends {
namespace {

using config::Engine;

std::vector<std::string> PathsOf(Engine engine) {
  std::vector<std::string> paths;
  for (const LoadQuestion& question : LoadQuestionsOf(engine)) paths.emplace_back(question.path);
  return paths;
}

// Reads `body` as the engine's answer to the question at `index`.
std::optional<EngineLoad> Read(Engine engine, std::string_view body, std::size_t index = 0) {
  return LoadQuestionsOf(engine)[index].read(body);
}

using Paths = std::vector<std::string>;

TEST(EngineLoadTest, EveryEngineHasItsPaths) {
  EXPECT_EQ(PathsOf(Engine::kVllm), Paths{"/metrics"});
  EXPECT_EQ(PathsOf(Engine::kSglang), (Paths{"/v1/loads", "/metrics"}));
  EXPECT_EQ(PathsOf(Engine::kLlamaCpp), (Paths{"/metrics", "/slots"}));
  EXPECT_EQ(PathsOf(Engine::kTgi), Paths{"/metrics"});
  EXPECT_EQ(PathsOf(Engine::kOllama), Paths{"/api/ps"});
  EXPECT_TRUE(PathsOf(Engine::kNone).empty());
}

TEST(EngineLoadTest, Vllm) {
  const auto load = Read(Engine::kVllm,
                         "# HELP vllm:num_requests_running Requests in execution.\n"
                         "# TYPE vllm:num_requests_running gauge\n"
                         "vllm:num_requests_running{engine=\"0\",model_name=\"q\"} 12.0\n"
                         "vllm:num_requests_waiting{engine=\"0\",model_name=\"q\"} 3.0\n"
                         "vllm:num_requests_waiting_by_reason{reason=\"capacity\"} 3.0\n"
                         "vllm:kv_cache_usage_perc{engine=\"0\",model_name=\"q\"} 0.25\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 12);
  EXPECT_EQ(load->waiting, 3);
  EXPECT_EQ(load->kv_used, 0.25);
  EXPECT_EQ(load->slots, std::nullopt);
  EXPECT_EQ(load->loaded_models, std::nullopt);
}

TEST(EngineLoadTest, VllmWithOldNames) {
  const auto load = Read(Engine::kVllm,
                         "vllm:num_requests_running{model_name=\"q\"} 4\n"
                         "vllm:num_requests_swapped{model_name=\"q\"} 2\n"
                         "vllm:num_requests_waiting{model_name=\"q\"} 1\n"
                         "vllm:gpu_cache_usage_perc{model_name=\"q\"} 0.5\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 4);
  EXPECT_EQ(load->waiting, 3);
  EXPECT_EQ(load->kv_used, 0.5);
}

TEST(EngineLoadTest, TheNewNameOfTheCacheWinsOverTheDeprecatedOne) {
  const auto load = Read(Engine::kVllm,
                         "vllm:gpu_cache_usage_perc 0.9\nvllm:kv_cache_usage_perc 0.1\n"
                         "vllm:gpu_cache_usage_perc{engine=\"1\"} 0.9\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->kv_used, 0.1);
  EXPECT_EQ(load->running, std::nullopt);
  EXPECT_EQ(load->waiting, std::nullopt);
}

TEST(EngineLoadTest, DataParallelEnginesAreAddedUp) {
  std::string text;
  for (int engine = 0; engine < 4; ++engine) {
    const std::string labels = absl::StrCat("{engine=\"", engine, "\",model_name=\"q\"} ");
    absl::StrAppend(&text, "vllm:num_requests_running", labels, engine, "\n");
    absl::StrAppend(&text, "vllm:num_requests_waiting", labels, 10 * engine, "\n");
    absl::StrAppend(&text, "vllm:kv_cache_usage_perc", labels, engine * 0.25, "\n");
  }
  const auto load = Read(Engine::kVllm, text);
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 6);
  EXPECT_EQ(load->waiting, 60);
  EXPECT_DOUBLE_EQ(*load->kv_used, 0.375);
}

TEST(EngineLoadTest, FiguresThatCannotBeAreIgnored) {
  EXPECT_FALSE(Read(Engine::kVllm,
                    "vllm:num_requests_running -1\nvllm:num_requests_waiting NaN\n"
                    "vllm:kv_cache_usage_perc 45\n"));
  const auto load =
      Read(Engine::kVllm, "vllm:num_requests_running 1e300\nvllm:kv_cache_usage_perc 1.0000001\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 1'000'000);
  EXPECT_EQ(load->kv_used, 1.0);
}

TEST(EngineLoadTest, SglangGauges) {
  // Two data-parallel ranks, each repeated by two tensor-parallel ranks, with a breakdown by
  // priority beside the total.
  std::string text =
      "sglang:token_usage{dp_rank=\"0\",tp_rank=\"0\"} 0.2\n"
      "sglang:token_usage{dp_rank=\"1\",tp_rank=\"0\"} 0.4\n"
      "sglang:num_grammar_queue_reqs{dp_rank=\"0\",tp_rank=\"0\"} 1\n";
  for (const char* rank : {"dp_rank=\"0\",tp_rank=\"0\"", "dp_rank=\"0\",tp_rank=\"1\"",
                           "dp_rank=\"1\",tp_rank=\"2\"", "dp_rank=\"1\",tp_rank=\"3\""}) {
    absl::StrAppend(&text, "sglang:num_running_reqs{", rank, ",priority=\"\"} 5\n");
    absl::StrAppend(&text, "sglang:num_running_reqs{", rank, ",priority=\"1\"} 4\n");
    absl::StrAppend(&text, "sglang:num_running_reqs{", rank, ",priority=\"5\"} 1\n");
    absl::StrAppend(&text, "sglang:num_queue_reqs{", rank, ",priority=\"\"} 2\n");
  }
  const auto load = Read(Engine::kSglang, text, 1);
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 10);
  EXPECT_EQ(load->waiting, 5);
  EXPECT_DOUBLE_EQ(*load->kv_used, 0.3);
}

TEST(EngineLoadTest, SglangWithoutRanks) {
  const auto load = Read(Engine::kSglang,
                         "sglang:num_running_reqs{model_name=\"m\"} 7.0\n"
                         "sglang:num_queue_reqs{model_name=\"m\"} 0.0\n"
                         "sglang:token_usage{model_name=\"m\"} 0.28\n",
                         1);
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 7);
  EXPECT_EQ(load->waiting, 0);
  EXPECT_EQ(load->kv_used, 0.28);
}

TEST(EngineLoadTest, SglangLoads) {
  const auto load = Read(Engine::kSglang, R"({"timestamp": "2026-11-29T08:00:00Z", "loads": [
      {"dp_rank": 0, "num_running_reqs": 3, "num_waiting_reqs": 1, "token_usage": 0.5},
      {"dp_rank": 1, "num_running_reqs": 2, "num_waiting_reqs": 0, "token_usage": 0.25},
      {"dp_rank": 2, "num_running_reqs": null}, 7],
      "aggregate": {"total_running_reqs": 5}})");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 5);
  EXPECT_EQ(load->waiting, 1);
  EXPECT_DOUBLE_EQ(*load->kv_used, 0.375);
  EXPECT_EQ(
      Read(Engine::kSglang, R"({"loads":[{"num_running_reqs":1,"num_waiting_reqs":0}]})")->kv_used,
      std::nullopt);
}

TEST(EngineLoadTest, LlamaCppMetrics) {
  auto load = Read(Engine::kLlamaCpp,
                   "# TYPE llamacpp:requests_processing gauge\n"
                   "llamacpp:requests_processing 4\nllamacpp:requests_deferred 46\n"
                   "llamacpp:predicted_tokens_seconds nan\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 4);
  EXPECT_EQ(load->waiting, 46);
  EXPECT_EQ(load->kv_used, std::nullopt);
  load = Read(Engine::kLlamaCpp, "llamacpp:kv_cache_usage_ratio 0.75\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->kv_used, 0.75);
}

TEST(EngineLoadTest, LlamaCppSlots) {
  for (const char* body :
       {R"([{"id":0,"id_task":7,"n_ctx":4096,"is_processing":true},{"id":1,"is_processing":false},
            {"id":2,"is_processing":true},{"note":"no slot"}, 3])",
        R"([{"id":0,"state":1,"prompt":"long"},{"id":1,"state":0},{"id":2,"state":1}])"}) {
    const auto load = Read(Engine::kLlamaCpp, body, 1);
    ASSERT_TRUE(load) << body;
    EXPECT_EQ(load->running, 2) << body;
    EXPECT_EQ(load->slots, 3) << body;
    EXPECT_EQ(load->waiting, std::nullopt) << body;
  }
}

TEST(EngineLoadTest, Tgi) {
  const auto load = Read(Engine::kTgi,
                         "tgi_batch_current_size 4\ntgi_batch_current_max_tokens 2048\n"
                         "tgi_queue_size 7\n");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->running, 4);
  EXPECT_EQ(load->waiting, 7);
  EXPECT_EQ(load->kv_used, std::nullopt);
}

TEST(EngineLoadTest, OllamaTellsItsModelsOnly) {
  const auto load =
      Read(Engine::kOllama, R"({"models":[{"name":"a","size_vram":5},{"name":"b"}]})");
  ASSERT_TRUE(load);
  EXPECT_EQ(load->loaded_models, 2);
  EXPECT_EQ(load->running, std::nullopt);
  EXPECT_EQ(Read(Engine::kOllama, R"({"models":[]})")->loaded_models, 0);
}

TEST(EngineLoadTest, WhatNoEngineSaysIsUnreadable) {
  for (const Engine engine :
       {Engine::kVllm, Engine::kSglang, Engine::kLlamaCpp, Engine::kTgi, Engine::kOllama}) {
    for (const LoadQuestion& question : LoadQuestionsOf(engine)) {
      for (const char* body : {"", " ", "ok", "<html><body>login</body></html>", "{}", "[]", "[[]]",
                               "[{}]", "null", "{\"loads\":[]}", "{\"loads\":{}}", "{\"models\":3}",
                               "{\"models\":[", "[{\"state\":-1}]", "other_metric 3\n",
                               "{\"error\":{\"code\":501}}", "\"models\"", "[1,2"}) {
        EXPECT_FALSE(question.read(body)) << question.path << " " << body;
      }
    }
  }
}

TEST(EngineLoadTest, EndsAtAnyByte) {
  const std::string metrics =
      "vllm:num_requests_running{engine=\"0\"} 12\n"
      "llamacpp:requests_processing 4\ntgi_queue_size 7\n"
      "sglang:num_running_reqs{dp_rank=\"0\",priority=\"\"} 3\n";
  const std::string json = R"([{"is_processing":true,"loads":[{"num_running_reqs":1}]}])";
  for (const std::string& whole : {metrics, json}) {
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      for (const Engine engine :
           {Engine::kVllm, Engine::kSglang, Engine::kLlamaCpp, Engine::kTgi, Engine::kOllama}) {
        for (const LoadQuestion& question : LoadQuestionsOf(engine)) {
          question.read(whole.substr(0, size));
        }
      }
    }
  }
}

}  // namespace
}  // namespace headgate::backends
