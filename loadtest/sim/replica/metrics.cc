#include "loadtest/sim/replica/metrics.h"

#include <array>
#include <charconv>
#include <string>

namespace headgate::loadtest::sim {
namespace {

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
  explicit MetricsPage(std::string_view model) : labels_("model_name=\"" + Label(model) + "\"") {}

  void Family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name_).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type).append("\n");
  }
  void Sample(double value, std::string_view suffix = "", const std::string& label = "") {
    text_.append(name_).append(suffix).append("{").append(labels_);
    if (!label.empty()) text_.append(",").append(label);
    text_.append("} ").append(Number(value)).append("\n");
  }
  void One(std::string_view name, std::string_view type, std::string_view help, double value) {
    Family(name, type, help);
    Sample(value);
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string labels_;
  std::string name_;
  std::string text_;
};

void AddTtft(MetricsPage& page, const EngineCounters& engine) {
  page.Family("vllm:time_to_first_token_seconds", "histogram", "Time to first token.");
  std::int64_t below = 0;
  for (std::size_t i = 0; i < engine.ttft_buckets.size(); ++i) {
    below += engine.ttft_buckets[i];
    const std::string bound = i < kTtftBounds.size() ? Number(kTtftBounds[i]) : "+Inf";
    page.Sample(static_cast<double>(below), "_bucket", "le=\"" + bound + "\"");
  }
  page.Sample(engine.ttft_sum, "_sum");
  page.Sample(static_cast<double>(below), "_count");
}

}  // namespace

std::string EngineMetrics(const Replica& replica) {
  const auto& models = replica.options.models;
  MetricsPage page(models.empty() ? "sim" : models.front());
  const EngineCounters& engine = replica.engine;
  const auto running = static_cast<double>(replica.slots.running());
  page.One("vllm:num_requests_running", "gauge", "Requests in a slot.", running);
  page.One("vllm:num_requests_waiting", "gauge", "Requests waiting for a slot.",
           static_cast<double>(replica.slots.waiting()));
  page.One("vllm:kv_cache_usage_perc", "gauge", "Cache usage, 1 is full.",
           running / static_cast<double>(replica.options.slots));
  page.One("vllm:prompt_tokens_total", "counter", "Prompt tokens processed.",
           static_cast<double>(engine.prompt_tokens));
  page.One("vllm:generation_tokens_total", "counter", "Tokens generated.",
           static_cast<double>(engine.generation_tokens));
  page.Family("vllm:request_success_total", "counter", "Requests answered to the end.");
  page.Sample(static_cast<double>(engine.successes_stop), "", "finished_reason=\"stop\"");
  page.Sample(static_cast<double>(engine.successes_length), "", "finished_reason=\"length\"");
  AddTtft(page, engine);
  return page.Take();
}

}  // namespace headgate::loadtest::sim
