#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "routing/classify/classifier.h"
#include "routing/policy/condition.h"

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
  // How long a whole answer may well take to be written once its first token is there: three times
  // what the averages say, at least 5 s; 30 s while there are none.
  std::chrono::nanoseconds LongestGeneration(Class request_class) const;
  // How an attempt ended: `failed` where the target was at fault.
  void ObserveAttempt(bool failed, Clock::time_point now);
  // Time to the first token of a stream.
  void ObserveFirstToken(std::chrono::nanoseconds ttft, Clock::time_point now);
  // A stream of which no first token was waited for any longer than this: a lower bound.
  void ObserveGivenUp(std::chrono::nanoseconds waited, Clock::time_point now);

  float TokensPerByte() const;  // 0 = nothing learned
  // Moving average over about 64 answers; 0 until there are 8.
  float ExpectedOutputTokens(Class request_class) const;
  float MsPerOutputToken() const;  // moving average over about 64 answers; 0 = nothing learned
  struct Latency {
    float median_ms = 0;
    float p95_ms = 0;
    std::uint32_t samples = 0;
  };
  // Over the last 5 to 10 minutes (two half windows that rotate), within an eighth. Requests that
  // were given up, and those that have waited for a second or more and still wait (WaitingStream),
  // count as samples that are at least so late: Kaplan and Meier's estimate (1958), so that they
  // move a quantile as soon as they have waited longer than it, and say nothing before.
  Latency FirstToken(Clock::time_point now) const;
  // For how long somebody has been waiting for a first token while nobody got one; 0 under a
  // second.
  std::chrono::nanoseconds Silence(Clock::time_point now) const;
  struct Errors {
    float rate = 0;  // 0..1
    std::uint32_t samples = 0;
  };
  Errors Attempts(Clock::time_point now) const;  // over the same time

 private:
  friend class WaitingStream;
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
    std::array<std::atomic<std::uint32_t>, kBuckets> given_up{};  // by the time waited
    std::atomic<std::uint32_t> attempts{0};
    std::atomic<std::uint32_t> failures{0};
  };
  struct LiveHalves {
    std::array<const Half*, 2> halves{};
    std::size_t size = 0;
    const Half* const* begin() const { return halves.data(); }
    const Half* const* end() const { return halves.data() + size; }
  };
  // Who waits, by age (those under a second are not there), and when somebody last got what they
  // wait for. Streams and whole answers are counted apart: while whole answers come, a stream may
  // still wait in vain, and while others come, one slow whole answer does not make a target silent.
  struct Queue {
    std::array<std::atomic<std::int32_t>, kBuckets> waiting{};
    std::atomic<std::int32_t> total{0};
    std::atomic<Clock::rep> last_served{0};
  };
  static std::chrono::nanoseconds SilenceIn(const Queue& queue, Clock::time_point now);
  LiveHalves Live(Clock::time_point now) const;
  static std::int64_t EpochOf(Clock::time_point now);
  bool Prepare(Half& half, std::int64_t epoch);

  std::array<Half, 2> halves_;   // by epoch modulo 2
  std::array<Queue, 2> queues_;  // streams, and answers that come whole
  std::atomic<float> tokens_per_byte_{0};
  std::atomic<float> ms_per_output_token_{0};
  std::array<std::atomic<float>, kMaxClasses> output_tokens_{};
  std::array<std::atomic<std::uint32_t>, kMaxClasses> answers_{};  // that the averages are made of
};

// The age of one stream that waits for its first token, where all workers see it: a hung target is
// known to be slow while it hangs, not when its requests have timed out. Costs nothing until it has
// waited for a second; from then on one step in a shared count for each quarter that it ages. A
// request that goes without a word leaves no trace. Worker-bound, the target is shared.
class WaitingStream {
 public:
  using Clock = LearnedTarget::Clock;
  WaitingStream() = default;
  ~WaitingStream() { Stop(); }
  WaitingStream(const WaitingStream&) = delete;
  WaitingStream& operator=(const WaitingStream&) = delete;

  // `target` must stay until the wait has ended. `generating`: of an answer that is not streamed,
  // so that its first token is not seen; what it has waited beyond that is what it has waited for
  // it.
  void Begin(LearnedTarget& target, Clock::time_point now,
             std::chrono::nanoseconds generating = {});
  // From time to time.
  void Age(Clock::time_point now);
  // Four ways to end; without a wait that has begun they do nothing.
  void FirstToken(Clock::time_point now);
  void Answered(Clock::time_point now);  // whole
  void GiveUp(Clock::time_point now);
  void Stop();

 private:
  LearnedTarget* target_ = nullptr;
  LearnedTarget::Queue* queue_ = nullptr;  // of the target
  Clock::time_point since_{};
  Clock::time_point next_{};           // when it comes into the next bucket
  std::optional<std::size_t> bucket_;  // that it is counted in
};

}  // namespace headgate::routing
