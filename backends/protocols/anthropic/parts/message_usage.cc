#include "backends/protocols/anthropic/parts/message_usage.h"

#include <algorithm>

#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::anthropic {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::int64_t kMostTokens = 1'000'000'000'000;
constexpr std::size_t kLongestTier = 32;

}  // namespace

std::optional<MessageUsage::Count> MessageUsage::CountOf(std::string_view key) {
  if (key == "input_tokens") return kInput;
  if (key == "cache_read_input_tokens") return kCacheRead;
  if (key == "cache_creation_input_tokens") return kCacheWrite;
  if (key == "output_tokens") return kOutput;
  if (key == "thinking_tokens") return kThinking;
  return std::nullopt;
}

// Returns false if the report cannot be billed.
bool MessageUsage::ReadCounts(object usage, Counts& counts, MessageUsage& to) {
  for (auto field : usage) {
    std::string_view key;
    value value;
    object details;
    std::string_view tier;
    if (field.unescaped_key().get(key) != SUCCESS) return false;
    if (field.value().get(value) != SUCCESS) return false;
    if (key == "output_tokens_details") {
      if (value.get_object().get(details) == SUCCESS && !ReadCounts(details, counts, to)) {
        return false;
      }
    } else if (key == "service_tier") {
      // Anthropic's word for OpenAI's default.
      if (value.get_string().get(tier) != SUCCESS || tier.size() > kLongestTier) continue;
      to.service_tier_ = tier == "standard" ? "default" : tier;
    } else if (const std::optional<Count> count = CountOf(key);
               count && json::TokenOf(value) != "null") {
      std::int64_t number = 0;
      const bool good =
          value.get_int64().get(number) == SUCCESS && number >= 0 && number <= kMostTokens;
      to.left_out_ |= !good;
      if (good) counts[*count] = number;
      if (!good && (*count == kInput || *count == kOutput)) return false;
    }
  }
  return true;
}

void MessageUsage::Learn(object usage) {
  Counts counts;
  if (!ReadCounts(usage, counts, *this)) return;
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
  const auto count = [this](Count which) { return counts_[which].value_or(0); };
  ReportedTokens tokens{.input = count(kInput) + count(kCacheRead) + count(kCacheWrite),
                        .cached_input = count(kCacheRead),
                        .cache_write = count(kCacheWrite),
                        .output = count(kOutput) + behind_,
                        .output_said = counts_[kOutput].has_value(),
                        .consistent = !left_out_ && behind_ == 0};
  tokens.consistent &= count(kThinking) <= tokens.output;
  tokens.reasoning = std::min(count(kThinking), tokens.output);
  if (tokens.input > 0 || tokens.output > 0) answer.tokens = tokens;
  return answer;
}

}  // namespace headgate::backends::anthropic
