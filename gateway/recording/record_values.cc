#include "gateway/recording/record_values.h"

#include <algorithm>

namespace headgate::gateway {
namespace {

using simdjson::ondemand::array;
using simdjson::ondemand::value;

// No request takes a year.
constexpr std::int64_t kMostSeconds = 366LL * 86'400;
constexpr auto kTiers = static_cast<std::int64_t>(policy::kServiceTierNames.size());

template <typename Enum>
Enum As(double number) {
  return static_cast<Enum>(static_cast<int>(number));
}

}  // namespace

// The order is that of AppendCandidate.
bool ReadCandidate(value from, routing::Candidate& candidate) {
  std::array<double, 14> numbers{};
  if (!ReadNumbers(from, numbers)) return false;
  constexpr double kMost = 1e9;
  for (const double number : numbers) {
    if (!(number >= 0 && number < 1e15)) return false;
  }
  const auto count = [&](std::size_t i) {
    return static_cast<std::uint32_t>(std::min(numbers[i], kMost));
  };
  const auto real = [&](std::size_t i) { return static_cast<float>(numbers[i]); };
  candidate.in_flight = static_cast<int>(count(0));
  candidate.ttft_samples = count(1);
  candidate.ttft_median_ms = real(2);
  candidate.ttft_p95_ms = real(3);
  candidate.attempt_samples = count(4);
  candidate.tokens_per_byte = real(5);
  candidate.expected_output_tokens = real(6);
  candidate.ms_per_output_token = real(7);
  candidate.slots = static_cast<int>(count(8));
  candidate.predicted_wait_ms = real(9);
  candidate.error_rate = real(10);
  candidate.available = numbers[11] == 0;
  candidate.silent_wait_ms = real(12);
  candidate.firm_wait = numbers[13] != 0;
  return true;
}

bool ReadCall(value from, std::size_t targets, routing::RecordedCall& call) {
  array elements;
  if (from.get_array().get(elements) != simdjson::SUCCESS) return false;
  // The target, then all numbers behind the result's word. Zeros at the end are left out, and older
  // recordings do not have the last three.
  std::array<std::int64_t, 15> n{};
  constexpr std::size_t kAlways = 12;
  std::size_t count = 0;
  int position = 0;
  for (auto element : elements) {
    if (position++ == 1) continue;
    if (count == n.size() || element.get(n[count++]) != simdjson::SUCCESS) return false;
  }
  const bool sound = count >= kAlways && std::all_of(n.begin(), n.end(), [](std::int64_t number) {
                       return number >= 0;
                     });
  if (!sound || n[0] >= static_cast<std::int64_t>(targets) || n[8] >= kTiers ||
      n[14] > kMostSeconds) {
    return false;
  }
  call.target = static_cast<std::size_t>(n[0]);
  call.answered = n[1] != 0;
  call.exact = n[2] != 0;
  call.usage = {.input = n[3],
                .cached_input = n[4],
                .cache_write = n[5],
                .cache_write_1h = n[12],
                .output = n[6],
                .reasoning = n[7],
                .web_searches = n[13]};
  call.tier = static_cast<policy::ServiceTier>(n[8]);
  call.cost = n[9];
  call.ttft_us = n[10];
  call.duration_us = n[11];
  call.ended_after_s = n[14];
  return true;
}

bool ReadClassification(value from, std::size_t classes, std::size_t topics,
                        routing::Classification& c) {
  std::array<double, 10> n{};
  if (ReadNumbers(from, n) != n.size()) return false;
  constexpr std::size_t kReasons = routing::kReasonCount;
  const std::array<std::size_t, 9> below = {
      classes, kReasons, routing::kClassNames.size(), kReasons, topics, kReasons, 3, kReasons, 2};
  for (std::size_t i = 0; i < below.size(); ++i) {
    if (!InRange(n[i], below[i])) return false;
  }
  c.request_class = As<routing::Class>(n[0]);
  c.class_reason = As<routing::Reason>(n[1]);
  c.built_in_class = As<routing::Class>(n[2]);
  c.built_in_reason = As<routing::Reason>(n[3]);
  c.topic = As<routing::Topic>(n[4]);
  c.topic_reason = As<routing::Reason>(n[5]);
  c.urgency = As<routing::Urgency>(n[6]);
  c.urgency_reason = As<routing::Reason>(n[7]);
  c.clamped = n[8] != 0;
  c.topic_confidence = static_cast<float>(n[9]);
  return true;
}

}  // namespace headgate::gateway
