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
  chunks += other.chunks;
  bytes += other.bytes;
  stalls += other.stalls;
  input_tokens += other.input_tokens;
  output_tokens += other.output_tokens;
  latency.Add(other.latency);
  ttft.Add(other.ttft);
  gap.Add(other.gap);
}

}  // namespace headgate::loadtest::load
