#include "gateway/accounting/recording_line.h"

#include <algorithm>
#include <string_view>

#include "gateway/recording/record_text.h"

namespace headgate::gateway {

void AppendRecordingLine(const RequestAccount& record, std::string& out) {
  const auto micros = [](std::chrono::nanoseconds time) {
    return std::max<std::int64_t>(0, time.count() / 1000);
  };
  absl::InlinedVector<CallOutcome, 2> calls;
  for (std::size_t i = 0; i < record.attempts.size(); ++i) {
    const AttemptAccount& attempt = record.attempts[i];
    const bool answered = record.committed == i;
    const bool streamed = answered && record.stream && record.first_token != TimePoint{};
    calls.push_back(
        {.call = {.target = attempt.target,
                  .answered = answered,
                  .exact = attempt.usage_status != policy::UsageStatus::kEstimated,
                  .usage = attempt.usage,
                  .tier = attempt.tier,
                  .cost = attempt.cost,
                  .ttft_us = streamed ? micros(record.first_token - attempt.started) : 0,
                  .duration_us = micros(attempt.ended - attempt.started),
                  .ended_after_s = record.UnixSecondsAt(attempt.ended) - record.unix_seconds},
         .result = backends::ToString(attempt.result)});
  }
  absl::InlinedVector<std::size_t, 2> left;
  for (const SpilledFrom& spilled : record.spilled) {
    if (spilled.why != SpilledFrom::Why::kDecided) left.push_back(spilled.target);
  }
  std::string_view refused;
  if (record.rejection) refused = kRejectionNames[static_cast<std::size_t>(*record.rejection)];
  out += record.decided;
  AppendOutcome(
      {.calls = calls, .left = left, .queued_us = micros(record.queued), .refused = refused}, out);
}

}  // namespace headgate::gateway
