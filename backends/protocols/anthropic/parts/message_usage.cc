#include "backends/protocols/anthropic/parts/message_usage.h"

#include <algorithm>

#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::anthropic {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::array;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::size_t kLongestTier = 32;

// Returns whether the member is an object with counts.
bool HasCounts(std::string_view key) {
  return key == "cache_creation" || key == "output_tokens_details" || key == "server_tool_use";
}

}  // namespace

std::optional<MessageUsage::Count> MessageUsage::CountOf(std::string_view key) {
  if (key == "input_tokens") return kInput;
  if (key == "cache_read_input_tokens") return kCacheRead;
  if (key == "cache_creation_input_tokens") return kCacheWrite;
  if (key == "ephemeral_5m_input_tokens") return kCacheWrite5m;
  if (key == "ephemeral_1h_input_tokens") return kCacheWrite1h;
  if (key == "output_tokens") return kOutput;
  if (key == "thinking_tokens") return kThinking;
  if (key == "web_search_requests") return kWebSearches;
  return std::nullopt;
}

// Returns false if the count cannot be billed.
bool MessageUsage::ReadCount(Count count, value value, Counts& counts) {
  if (json::TokenOf(value) == "null") return true;
  const std::optional<std::int64_t> number = json::ReadTokenCount(value);
  left_out_ |= !number;
  if (number) counts[count] = number;
  return number || (count != kInput && count != kOutput);
}

// Returns false if the report cannot be billed.
bool MessageUsage::ReadIterations(array list) {
  Counts sum;
  bool others = false;
  for (auto element : list) {
    object iteration;
    std::string_view type;
    Counts counts;
    if (element.get_object().get(iteration) != SUCCESS ||
        iteration["type"].get_string().get(type) != SUCCESS) {
      left_out_ = true;
      continue;
    }
    if (type == "message") continue;
    others |= type != "compaction";
    if (type != "compaction") continue;
    iteration.reset();
    if (!ReadCounts(iteration, counts)) return false;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (!counts[i]) continue;
      sum[i] = sum[i].value_or(0) + *counts[i];
      if (*sum[i] > json::kMostTokens) return false;
    }
  }
  compaction_ = sum;
  other_charges_ |= others;
  return true;
}

// Returns false if the report cannot be billed.
bool MessageUsage::ReadCounts(object usage, Counts& counts) {
  for (auto field : usage) {
    std::string_view key;
    value value;
    object details;
    array list;
    std::string_view word;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (field.value().get(value) != SUCCESS) return false;
    if (HasCounts(key)) {
      if (value.get_object().get(details) == SUCCESS && !ReadCounts(details, counts)) return false;
    } else if (key == "iterations") {
      if (value.get_array().get(list) == SUCCESS && !ReadIterations(list)) return false;
    } else if (key == "service_tier") {
      // Anthropic's word for OpenAI's default.
      if (value.get_string().get(word) != SUCCESS || word.size() > kLongestTier) continue;
      service_tier_ = word == "standard" ? "default" : word;
    } else if (key == "speed") {
      fast_ = value.get_string().get(word) == SUCCESS ? word == "fast" : fast_;
    } else if (key == "inference_geo") {
      regional_ = value.get_string().get(word) == SUCCESS ? word == "us" : regional_;
    } else if (const std::optional<Count> count = CountOf(key)) {
      if (!ReadCount(*count, value, counts)) return false;
    }
  }
  return true;
}

void MessageUsage::Learn(object usage) {
  Counts counts;
  if (!ReadCounts(usage, counts)) return;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] && (*counts[i] > 0 || !counts_[i])) counts_[i] = counts[i];
  }
  if (counts[kOutput] && *counts[kOutput] > 0) behind_ = 0;
}

bool MessageUsage::known() const {
  return std::any_of(counts_.begin(), counts_.end(),
                     [](const auto& count) { return count.has_value(); });
}

void MessageUsage::CountGenerated() {
  if (counts_[kOutput] && *counts_[kOutput] > 0) ++behind_;
}

AnswerUsage MessageUsage::Usage() const {
  AnswerUsage answer;
  answer.service_tier = service_tier_;
  answer.fast = fast_;
  answer.regional = regional_;
  const auto count = [this](Count which) {
    return counts_[which].value_or(0) + compaction_[which].value_or(0);
  };
  // The two lifetimes are parts of the count, which some servers leave out.
  const std::int64_t lifetimes = count(kCacheWrite5m) + count(kCacheWrite1h);
  const std::int64_t written = std::max(count(kCacheWrite), lifetimes);
  ReportedTokens tokens{.input = count(kInput) + count(kCacheRead) + written,
                        .cached_input = count(kCacheRead),
                        .cache_write = written,
                        .output = count(kOutput) + behind_,
                        .output_said = counts_[kOutput] || compaction_[kOutput],
                        .consistent = !left_out_ && behind_ == 0,
                        .other_charges = other_charges_,
                        .cache_write_1h = std::min(count(kCacheWrite1h), written),
                        .web_searches = count(kWebSearches)};
  tokens.consistent &= count(kThinking) <= tokens.output &&
                       (count(kCacheWrite) == 0 || lifetimes <= count(kCacheWrite));
  tokens.reasoning = std::min(count(kThinking), tokens.output);
  if (tokens.input > 0 || tokens.output > 0) answer.tokens = tokens;
  return answer;
}

}  // namespace headgate::backends::anthropic
