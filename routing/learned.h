#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "routing/classifier.h"

namespace headgate::routing {

// What a target has taught us: tokens per byte of its tokenizer, how long its answers are by
// class, how fast its first token comes. Shared by all workers; lock-free, thread-safe. A lost
// update between two workers costs one sample of an average and nothing else.
class LearnedTarget {
 public:
  using Clock = std::chrono::steady_clock;

  // An answer's exact usage: `input_tokens` for `text_bytes` of text (ignored under 64 bytes).
  void ObserveTokens(std::size_t text_bytes, std::int64_t input_tokens, std::int64_t output_tokens,
                     Class request_class);
  // Time to first token (or to the whole answer, if it is not streamed).
  void ObserveFirstToken(std::chrono::nanoseconds ttft, Clock::time_point now);

  float TokensPerByte() const;                            // 0 = nothing learned
  float ExpectedOutputTokens(Class request_class) const;  // 0 = nothing learned
  struct Latency {
    float median_ms = 0;
    std::uint32_t samples = 0;
  };
  // Over the last 5 to 10 minutes (two half windows that rotate).
  Latency FirstToken(Clock::time_point now) const;

 private:
  // See learned.cc for the representation.
  static constexpr std::size_t kBuckets = 64;  // 1 ms .. ~18 min, a factor of 1.25 each
  struct Half {
    std::atomic<std::int64_t> epoch{-1};  // number of the 5-minute period the counts belong to
    std::array<std::atomic<std::uint32_t>, kBuckets> counts{};
  };
  std::array<Half, 2> halves_;
  std::atomic<float> tokens_per_byte_{0};
  std::array<std::atomic<float>, 4> output_tokens_{};
};

}  // namespace headgate::routing
