#include "loadtest/sim/replica/metrics.h"

#include <array>
#include <charconv>
#include <span>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {
namespace {

// One family: its name today and in older releases (empty if the release lacks it), and its value.
struct MetricRow {
  std::string_view name;
  std::string_view old_name;
  std::string_view type;
  std::string_view help;
  double (*value)(const Replica&);
};

struct HistogramRow {
  std::string_view name;
  std::string_view old_name;
  std::string_view help;
  TimeHistogram EngineCounters::*times;
};

double Running(const Replica& replica) {
  return static_cast<double>(replica.queue.running_sequences());
}
double Waiting(const Replica& replica) {
  return static_cast<double>(replica.queue.waiting_sequences());
}
double KvTokens(const Replica& replica) { return static_cast<double>(replica.queue.kv_used()); }
double KvRoom(const Replica& replica) {
  return static_cast<double>(replica.queue.limits().kv_tokens);
}
// Without a KV room, each slot has an equal part of it.
double KvUsage(const Replica& replica) {
  const EngineLimits& limits = replica.queue.limits();
  if (limits.kv_tokens > 0) return KvTokens(replica) / KvRoom(replica);
  return limits.slots > 0
             ? static_cast<double>(replica.queue.running()) / static_cast<double>(limits.slots)
             : 0;
}
double Preemptions(const Replica& replica) {
  return static_cast<double>(replica.queue.preemptions());
}
double CacheHitRate(const Replica& replica) {
  const EngineCounters& counters = replica.counters;
  if (counters.prompt_tokens == 0) return 0;
  return static_cast<double>(counters.cached_tokens) / static_cast<double>(counters.prompt_tokens);
}
template <std::int64_t EngineCounters::*kCounter>
double Counted(const Replica& replica) {
  return static_cast<double>(replica.counters.*kCounter);
}
double Successes(const Replica& replica) {
  return static_cast<double>(replica.counters.successes_stop + replica.counters.successes_length);
}

constexpr std::array kVllmFamilies = {
    MetricRow{"vllm:num_requests_running", "vllm:num_requests_running", "gauge",
              "Requests in a slot.", Running},
    MetricRow{"vllm:num_requests_waiting", "vllm:num_requests_waiting", "gauge",
              "Requests waiting for a slot.", Waiting},
    MetricRow{"vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "gauge",
              "Cache usage, 1 is full.", KvUsage},
    MetricRow{"vllm:prompt_tokens_total", "vllm:prompt_tokens_total", "counter",
              "Prompt tokens processed.", Counted<&EngineCounters::prompt_tokens>},
    MetricRow{"vllm:generation_tokens_total", "vllm:generation_tokens_total", "counter",
              "Tokens generated.", Counted<&EngineCounters::generation_tokens>},
    MetricRow{"vllm:num_preemptions_total", "vllm:num_preemptions_total", "counter",
              "Requests put back into the queue.", Preemptions},
    MetricRow{"vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total", "counter",
              "Prompt tokens looked up in the cache.", Counted<&EngineCounters::prompt_tokens>},
    MetricRow{"vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total", "counter",
              "Prompt tokens found in the cache.", Counted<&EngineCounters::cached_tokens>}};

constexpr std::array kSglangFamilies = {
    MetricRow{"sglang:num_running_reqs", "sglang:num_running_reqs", "gauge", "Requests in a slot.",
              Running},
    MetricRow{"sglang:num_queue_reqs", "sglang:num_queue_reqs", "gauge",
              "Requests waiting for a slot.", Waiting},
    MetricRow{"sglang:num_used_tokens", "sglang:num_used_tokens", "gauge", "KV tokens in use.",
              KvTokens},
    MetricRow{"sglang:max_total_num_tokens", "", "gauge", "KV room.", KvRoom},
    MetricRow{"sglang:token_usage", "sglang:token_usage", "gauge", "KV usage, 1 is full.", KvUsage},
    MetricRow{"sglang:cache_hit_rate", "sglang:cache_hit_rate", "gauge",
              "Share of prompt tokens found in the cache.", CacheHitRate},
    MetricRow{"sglang:prompt_tokens_total", "sglang:prompt_tokens_total", "counter",
              "Prompt tokens processed.", Counted<&EngineCounters::prompt_tokens>},
    MetricRow{"sglang:generation_tokens_total", "sglang:generation_tokens_total", "counter",
              "Tokens generated.", Counted<&EngineCounters::generation_tokens>},
    MetricRow{"sglang:cached_tokens_total", "", "counter", "Prompt tokens found in the cache.",
              Counted<&EngineCounters::cached_tokens>},
    MetricRow{"sglang:num_requests_total", "sglang:num_requests_total", "counter",
              "Requests answered to the end.", Successes}};

constexpr std::array kTgiFamilies = {
    MetricRow{"tgi_batch_current_size", "tgi_batch_current_size", "gauge", "Requests in the batch.",
              Running},
    MetricRow{"tgi_queue_size", "tgi_queue_size", "gauge", "Requests in the queue.", Waiting},
    MetricRow{"tgi_batch_current_max_tokens", "tgi_batch_current_max_tokens", "gauge",
              "Tokens of the batch.", KvTokens},
    MetricRow{"tgi_request_count", "tgi_request_count", "counter", "Requests.",
              Counted<&EngineCounters::requests>},
    MetricRow{"tgi_request_success", "tgi_request_success", "counter",
              "Requests answered to the end.", Successes}};

constexpr std::array kLlamaCppFamilies = {
    MetricRow{"llamacpp:requests_processing", "llamacpp:requests_processing", "gauge",
              "Requests in a slot.", Running},
    MetricRow{"llamacpp:requests_deferred", "llamacpp:requests_deferred", "gauge",
              "Requests waiting for a slot.", Waiting},
    MetricRow{"", "llamacpp:kv_cache_usage_ratio", "gauge", "KV usage, 1 is full.", KvUsage},
    MetricRow{"", "llamacpp:kv_cache_tokens", "gauge", "KV tokens in use.", KvTokens},
    MetricRow{"llamacpp:prompt_tokens_total", "llamacpp:prompt_tokens_total", "counter",
              "Prompt tokens processed.", Counted<&EngineCounters::prompt_tokens>},
    MetricRow{"llamacpp:tokens_predicted_total", "llamacpp:tokens_predicted_total", "counter",
              "Tokens generated.", Counted<&EngineCounters::generation_tokens>}};

constexpr std::array kVllmTimes = {
    HistogramRow{"vllm:time_to_first_token_seconds", "vllm:time_to_first_token_seconds",
                 "Time to first token.", &EngineCounters::ttft},
    HistogramRow{"vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds",
                 "Time between tokens.", &EngineCounters::inter_token},
    HistogramRow{"vllm:request_queue_time_seconds", "vllm:request_queue_time_seconds",
                 "Time in the queue.", &EngineCounters::queue},
    HistogramRow{"vllm:e2e_request_latency_seconds", "vllm:e2e_request_latency_seconds",
                 "Time of whole answers.", &EngineCounters::latency}};

constexpr std::array kSglangTimes = {
    HistogramRow{"sglang:time_to_first_token_seconds", "sglang:time_to_first_token_seconds",
                 "Time to first token.", &EngineCounters::ttft},
    HistogramRow{"sglang:inter_token_latency_seconds", "sglang:time_per_output_token_seconds",
                 "Time between tokens.", &EngineCounters::inter_token},
    HistogramRow{"sglang:queue_time_seconds", "", "Time in the queue.", &EngineCounters::queue},
    HistogramRow{"sglang:e2e_request_latency_seconds", "sglang:e2e_request_latency_seconds",
                 "Time of whole answers.", &EngineCounters::latency}};

constexpr std::array kTgiTimes = {
    HistogramRow{"tgi_request_queue_duration", "tgi_request_queue_duration", "Time in the queue.",
                 &EngineCounters::queue},
    HistogramRow{"tgi_request_mean_time_per_token_duration",
                 "tgi_request_mean_time_per_token_duration", "Time between tokens.",
                 &EngineCounters::inter_token},
    HistogramRow{"tgi_request_duration", "tgi_request_duration", "Time of whole answers.",
                 &EngineCounters::latency}};

std::string Number(double value) {
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), error == std::errc{} ? end : text.data()};
}

// A label value with the three characters escaped that the format requires.
std::string Label(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

class MetricsPage {
 public:
  MetricsPage(const Replica& replica, std::string labels)
      : replica_(replica), labels_(std::move(labels)) {}

  void Add(std::span<const MetricRow> rows) {
    for (const MetricRow& row : rows) {
      if (Family(NameOf(row.name, row.old_name), row.type, row.help)) Sample(row.value(replica_));
    }
  }
  void Add(std::span<const HistogramRow> rows) {
    for (const HistogramRow& row : rows) {
      if (!Family(NameOf(row.name, row.old_name), "histogram", row.help)) continue;
      AddBuckets(replica_.counters.*row.times);
    }
  }
  void AddSuccesses() {
    Family("vllm:request_success_total", "counter", "Requests answered to the end.");
    const EngineCounters& counters = replica_.counters;
    Sample(static_cast<double>(counters.successes_stop), "", "finished_reason=\"stop\"");
    Sample(static_cast<double>(counters.successes_length), "", "finished_reason=\"length\"");
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string_view NameOf(std::string_view name, std::string_view old_name) const {
    return replica_.options.engine.old_names ? old_name : name;
  }
  // Returns false, and writes nothing, if the release has no such family.
  bool Family(std::string_view name, std::string_view type, std::string_view help) {
    if (name.empty()) return false;
    name_ = name;
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
    return true;
  }
  void Sample(double value, std::string_view suffix = "", const std::string& label = "") {
    text_.append(name_).append(suffix);
    if (!labels_.empty() || !label.empty()) {
      const bool both = !labels_.empty() && !label.empty();
      text_.append("{").append(labels_).append(both ? "," : "").append(label).append("}");
    }
    text_.append(" ").append(Number(value)).append("\n");
  }
  void AddBuckets(const TimeHistogram& times) {
    std::int64_t below = 0;
    for (std::size_t i = 0; i < times.counts().size(); ++i) {
      below += times.counts()[i];
      const bool last = i == TimeHistogram::kBounds.size();
      const std::string bound = last ? "+Inf" : Number(TimeHistogram::kBounds[i]);
      Sample(static_cast<double>(below), "_bucket", "le=\"" + bound + "\"");
    }
    Sample(times.sum(), "_sum");
    Sample(static_cast<double>(below), "_count");
  }

  const Replica& replica_;
  std::string labels_;
  std::string name_;
  std::string text_;
};

}  // namespace

std::string EngineMetrics(const Replica& replica) {
  const auto& models = replica.options.models;
  const std::string model = Label(models.empty() ? "sim" : models.front());
  const Personality personality = replica.options.personality;
  const bool labelled = replica.options.HasPriorities();  // vLLM and SGLang
  MetricsPage page(replica, labelled ? "model_name=\"" + model + "\"" : std::string());
  switch (personality) {
    case Personality::kSglang:
      page.Add(kSglangFamilies);
      page.Add(kSglangTimes);
      break;
    case Personality::kTgi:
      page.Add(kTgiFamilies);
      page.Add(kTgiTimes);
      break;
    case Personality::kLlamaCpp:
      page.Add(kLlamaCppFamilies);
      break;
    default:
      page.Add(kVllmFamilies);
      page.AddSuccesses();
      page.Add(kVllmTimes);
  }
  return page.Take();
}

}  // namespace headgate::loadtest::sim
