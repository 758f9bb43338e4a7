#include "loadtest/load/measurement/tally.h"

namespace headgate::loadtest::load {

std::uint64_t Tally::Failed() const {
  std::uint64_t failed = 0;
  for (const auto& [kind, count] : errors) failed += count;
  return failed;
}

void Tally::Add(const Tally& other) {
  sent += other.sent;
  ok += other.ok;
  aborted += other.aborted;
  for (const auto& [kind, count] : other.errors) errors[kind] += count;
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  for (const auto& [target, count] : other.targets) targets[target] += count;
  slo_met += other.slo_met;
  slo_missed += other.slo_missed;
  chunks += other.chunks;
  bytes += other.bytes;
  stalls += other.stalls;
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  cached_tokens += other.cached_tokens;
  latency.Add(other.latency);
  ttft.Add(other.ttft);
  served.Add(other.served);
  gap.Add(other.gap);
  retry_after.Add(other.retry_after);
}

}  // namespace headgate::loadtest::load
