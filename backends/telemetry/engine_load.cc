#include "backends/telemetry/engine_load.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>

#include "backends/telemetry/prometheus_text.h"

namespace headgate::backends {
namespace {

namespace dom = simdjson::dom;

constexpr double kMostRequests = 1e6;
// A full cache may be rounded up. A share beyond is in a unit that is not known.
constexpr double kMostUsed = 1.01;

int CountOf(double sum) { return static_cast<int>(std::lround(std::min(sum, kMostRequests))); }

// A gauge of all engines behind a server, by the label that tells them apart. The largest of
// several samples of one engine counts.
class GaugeByEngine {
 public:
  void Add(std::string_view engine, double value) {
    const auto [place, added] = values_.try_emplace(engine, value);
    if (!added) place->second = std::max(place->second, value);
  }
  bool any() const { return !values_.empty(); }
  double Sum() const {
    double sum = 0;
    for (const auto& [engine, value] : values_) sum += value;
    return sum;
  }
  double Mean() const { return Sum() / static_cast<double>(values_.size()); }

 private:
  std::map<std::string_view, double> values_;
};

// The names of a dialect's gauges; an empty name is unused.
struct GaugeNames {
  std::string_view running;
  std::array<std::string_view, 2> waiting;  // added up
  std::array<std::string_view, 2> kv_used;  // the first one that is there
};

// vLLM before its engine 1 had requests that were swapped out of the KV cache and wait for room,
// and another name of the cache.
constexpr GaugeNames kVllm = {
    "vllm:num_requests_running",
    {"vllm:num_requests_waiting", "vllm:num_requests_swapped"},
    {"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"},
};
// Requests that wait for their grammar are not in the queue yet.
constexpr GaugeNames kSglang = {
    "sglang:num_running_reqs",
    {"sglang:num_queue_reqs", "sglang:num_grammar_queue_reqs"},
    {"sglang:token_usage", ""},
};
constexpr GaugeNames kLlamaCpp = {
    "llamacpp:requests_processing",
    {"llamacpp:requests_deferred", ""},
    {"llamacpp:kv_cache_usage_ratio", ""},  // removed in 2025
};
constexpr GaugeNames kTgi = {"tgi_batch_current_size", {"tgi_queue_size", ""}, {"", ""}};

// Returns what tells the engines behind a server apart, or nullopt if the sample is a part of
// another one.
using EngineOf = std::optional<std::string_view> (*)(std::string_view labels);

std::optional<std::string_view> AnyLabels(std::string_view labels) { return labels; }

std::optional<std::string_view> DataParallelRank(std::string_view labels) {
  if (!LabelValue(labels, "priority").empty()) return std::nullopt;
  return LabelValue(labels, "dp_rank");
}

// Reads the text format of Prometheus.
template <const GaugeNames& names, EngineOf engine_of>
std::optional<EngineLoad> ReadGauges(std::string_view text) {
  GaugeByEngine running;
  std::array<GaugeByEngine, 2> waiting;
  std::array<GaugeByEngine, 2> kv_used;
  const auto gauge_of = [&](std::string_view name) -> GaugeByEngine* {
    if (name == names.running) return &running;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (name == names.waiting[i]) return &waiting[i];
      if (name == names.kv_used[i]) return &kv_used[i];
    }
    return nullptr;
  };
  PrometheusText samples(text);
  PrometheusSample sample;
  while (samples.Next(sample)) {
    GaugeByEngine* const gauge = gauge_of(sample.name);
    if (gauge == nullptr || sample.value < 0) continue;
    const bool is_share = gauge == &kv_used[0] || gauge == &kv_used[1];
    if (is_share && sample.value > kMostUsed) continue;
    if (const auto engine = engine_of(sample.labels)) gauge->Add(*engine, sample.value);
  }
  EngineLoad load;
  if (running.any()) load.running = CountOf(running.Sum());
  if (waiting[0].any() || waiting[1].any()) {
    load.waiting = CountOf(waiting[0].Sum() + waiting[1].Sum());
  }
  const GaugeByEngine& used = kv_used[0].any() ? kv_used[0] : kv_used[1];
  if (used.any()) load.kv_used = std::min(used.Mean(), 1.0);
  if (!load.running && !load.waiting && !load.kv_used) return std::nullopt;
  return load;
}

// Calls element(object) for each object of a list: of the member `name`, or of the text itself if
// the name is empty. Returns whether there is such a list.
template <typename Element>
bool ForEachOf(std::string_view text, std::string_view name, Element&& element) {
  dom::parser parser;
  dom::element whole;
  if (parser.parse(text.data(), text.size()).get(whole) != simdjson::SUCCESS) return false;
  dom::array list;
  if (!name.empty() && whole[name].get(whole) != simdjson::SUCCESS) return false;
  if (whole.get(list) != simdjson::SUCCESS) return false;
  for (const dom::element item : list) {
    dom::object object;
    if (item.get(object) == simdjson::SUCCESS) element(object);
  }
  return true;
}

std::optional<double> NumberOf(const dom::object& object, std::string_view name) {
  double value = 0;
  if (object[name].get(value) != simdjson::SUCCESS || value < 0) return std::nullopt;
  return value;
}

std::optional<EngineLoad> ReadSglangLoads(std::string_view text) {
  double running = 0;
  double waiting = 0;
  double used = 0;
  int ranks = 0;
  int ranks_with_use = 0;
  ForEachOf(text, "loads", [&](const dom::object& rank) {
    const std::optional<double> runs = NumberOf(rank, "num_running_reqs");
    const std::optional<double> waits = NumberOf(rank, "num_waiting_reqs");
    if (!runs || !waits) return;
    ++ranks;
    running += *runs;
    waiting += *waits;
    const std::optional<double> use = NumberOf(rank, "token_usage");
    if (!use || *use > kMostUsed) return;
    ++ranks_with_use;
    used += *use;
  });
  if (ranks == 0) return std::nullopt;
  EngineLoad load;
  load.running = CountOf(running);
  load.waiting = CountOf(waiting);
  if (ranks_with_use > 0) load.kv_used = std::min(used / ranks_with_use, 1.0);
  return load;
}

// Old releases tell the state of a slot: 0 is idle.
std::optional<EngineLoad> ReadSlots(std::string_view text) {
  double slots = 0;
  double busy = 0;
  ForEachOf(text, "", [&](const dom::object& slot) {
    bool is_processing = false;
    if (slot["is_processing"].get(is_processing) != simdjson::SUCCESS) {
      const std::optional<double> state = NumberOf(slot, "state");
      if (!state) return;
      is_processing = *state != 0;
    }
    ++slots;
    if (is_processing) ++busy;
  });
  if (slots == 0) return std::nullopt;
  EngineLoad load;
  load.running = CountOf(busy);
  load.slots = CountOf(slots);
  return load;
}

std::optional<EngineLoad> ReadLoadedModels(std::string_view text) {
  double models = 0;
  if (!ForEachOf(text, "models", [&](const dom::object&) { ++models; })) return std::nullopt;
  EngineLoad load;
  load.loaded_models = CountOf(models);
  return load;
}

constexpr std::array kVllmQuestions = {LoadQuestion{"/metrics", ReadGauges<kVllm, AnyLabels>}};
constexpr std::array kSglangQuestions = {
    LoadQuestion{"/v1/loads", ReadSglangLoads},
    LoadQuestion{"/metrics", ReadGauges<kSglang, DataParallelRank>, /*lags_when_idle=*/true}};
constexpr std::array kLlamaCppQuestions = {
    LoadQuestion{"/metrics", ReadGauges<kLlamaCpp, AnyLabels>}, LoadQuestion{"/slots", ReadSlots}};
constexpr std::array kTgiQuestions = {LoadQuestion{"/metrics", ReadGauges<kTgi, AnyLabels>}};
constexpr std::array kOllamaQuestions = {LoadQuestion{"/api/ps", ReadLoadedModels}};

}  // namespace

std::span<const LoadQuestion> LoadQuestionsOf(config::Engine engine) {
  switch (engine) {
    case config::Engine::kVllm:
      return kVllmQuestions;
    case config::Engine::kSglang:
      return kSglangQuestions;
    case config::Engine::kLlamaCpp:
      return kLlamaCppQuestions;
    case config::Engine::kTgi:
      return kTgiQuestions;
    case config::Engine::kOllama:
      return kOllamaQuestions;
    case config::Engine::kNone:
      break;
  }
  return {};
}

}  // namespace headgate::backends
