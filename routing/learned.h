#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "routing/classifier.h"
#include "routing/condition.h"

namespace headgate::routing {

// What a target has taught us: tokens per byte of its tokenizer, how long its answers are by
// class, how fast its first token comes. Shared by all workers; lock-free, thread-safe. A lost
// update between two workers costs one sample of an average and nothing else. Times are passed in.
class LearnedTarget {
 public:
  using Clock = std::chrono::steady_clock;

  // An answer's exact usage. `input_tokens` are those of `text_bytes` of text alone, without images
  // and audio; ignored under 64 bytes, and when the ratio is none that a tokenizer has. Answers
  // without output teach nothing about length.
  void ObserveTokens(std::size_t text_bytes, std::int64_t input_tokens, std::int64_t output_tokens,
                     Class request_class);
  // The pace of one streamed answer, from its first token to its last.
  void ObservePace(std::chrono::nanoseconds generating, std::int64_t output_tokens);
  // How an attempt ended: `failed` where the target was at fault.
  void ObserveAttempt(bool failed, Clock::time_point now);
  // Time to first token (or to the whole answer, if it is not streamed).
  void ObserveFirstToken(std::chrono::nanoseconds ttft, Clock::time_point now);

  float TokensPerByte() const;  // 0 = nothing learned
  // Moving average over about 64 answers; 0 until there are 8.
  float ExpectedOutputTokens(Class request_class) const;
  float MsPerOutputToken() const;  // moving average over about 64 answers; 0 = nothing learned
  struct Latency {
    float median_ms = 0;
    float p95_ms = 0;
    std::uint32_t samples = 0;
  };
  // Over the last 5 to 10 minutes (two half windows that rotate), within an eighth.
  Latency FirstToken(Clock::time_point now) const;
  struct Errors {
    float rate = 0;  // 0..1
    std::uint32_t samples = 0;
  };
  Errors Attempts(Clock::time_point now) const;  // over the same time

 private:
  // See learned.cc for the representation.
  static constexpr std::size_t kBuckets = 64;  // 1 ms .. ~21 min, a factor of 1.25 each
  static constexpr std::int64_t kEmpty = -1;
  static constexpr std::int64_t kClearing = -2;
  struct Half {
    // Number of the 5-minute period the counts belong to, kEmpty, or kClearing while one worker
    // empties them for the next.
    std::atomic<std::int64_t> epoch{kEmpty};
    std::atomic<std::uint32_t> total{0};
    std::array<std::atomic<std::uint32_t>, kBuckets> counts{};
    std::atomic<std::uint32_t> attempts{0};
    std::atomic<std::uint32_t> failures{0};
  };
  struct LiveHalves {
    std::array<const Half*, 2> halves{};
    std::size_t size = 0;
    const Half* const* begin() const { return halves.data(); }
    const Half* const* end() const { return halves.data() + size; }
  };
  LiveHalves Live(Clock::time_point now) const;
  static std::int64_t EpochOf(Clock::time_point now);
  bool Prepare(Half& half, std::int64_t epoch);

  std::array<Half, 2> halves_;  // by epoch modulo 2
  std::atomic<float> tokens_per_byte_{0};
  std::atomic<float> ms_per_output_token_{0};
  std::array<std::atomic<float>, kMaxClasses> output_tokens_{};
  std::array<std::atomic<std::uint32_t>, kMaxClasses> answers_{};  // that the averages are made of
};

}  // namespace headgate::routing
