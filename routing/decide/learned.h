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

// What was measured at a target: tokens per byte of its tokenizer, the share of its prompt cache,
// the length of its answers by class, its time to first token. Shared by all workers; lock-free,
// thread-safe. If two workers update at once, an average may lose one sample. Times are passed in.
class LearnedTarget {
 public:
  using Clock = std::chrono::steady_clock;

  // The exact usage of an answer. `input_tokens` are those of `text_bytes` of text alone, without
  // images and audio. They are ignored for texts under 64 bytes and if no tokenizer has such a
  // ratio. `output_tokens` are those of one choice. The length of answers without output is
  // ignored.
  void ObserveTokens(std::size_t text_bytes, std::int64_t input_tokens, std::int64_t output_tokens,
                     Class request_class);
  // The input of an answer whose usage is exact: all tokens, and those that came from a cache.
  void ObserveCached(std::int64_t input_tokens, std::int64_t cached_tokens);
  // The time of one streamed answer from its first token to its last. `output_tokens`: of one
  // choice, as engines generate the choices of a request side by side.
  void ObservePace(std::chrono::nanoseconds generating, std::int64_t output_tokens);
  // How long the generation of an answer may take after its first token: three times what the
  // averages say, at least 5 s; 30 s while there are no averages.
  std::chrono::nanoseconds LongestGeneration(Class request_class) const;
  // The end of an attempt. `failed`: the target was at fault.
  void ObserveAttempt(bool failed, Clock::time_point now);
  // Time to the first token of a stream.
  void ObserveFirstToken(std::chrono::nanoseconds ttft, Clock::time_point now);
  // A stream whose first token did not come within `waited`: a lower bound of its time.
  void ObserveGivenUp(std::chrono::nanoseconds waited, Clock::time_point now);

  float TokensPerByte() const;  // 0 = not learned
  // The share of input tokens that came from a cache, 0..1: over about 64 answers, in which a long
  // input counts for more than a short one. 0 = nothing learned.
  float CachedShare() const;
  // Of one choice: moving average over about 64 answers; 0 until there are 8.
  float ExpectedOutputTokens(Class request_class) const;
  float MsPerOutputToken() const;  // moving average over about 64 answers; 0 = nothing learned
  struct Latency {
    float median_ms = 0;
    float p95_ms = 0;
    std::uint32_t samples = 0;
  };
  // Over the last 5 to 10 minutes (two half windows that rotate), with an error of at most an
  // eighth. Requests that were given up count as samples that are at least that late (the estimate
  // of Kaplan and Meier, 1958). So do requests that still wait after a second or more
  // (WaitingStream). They move a quantile as soon as they have waited longer than it.
  Latency FirstToken(Clock::time_point now) const;
  // For how long requests have waited for a first token while no request got one; 0 if under a
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
    // Number of the 5-minute period that the counts belong to, kEmpty, or kClearing while a worker
    // clears them for the next period.
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
  // The requests that wait, by age (from one second on), and when a request was last served.
  // Streams and whole answers have a queue each: whole answers may come while all streams wait, and
  // one slow whole answer does not make a target silent.
  struct Queue {
    std::array<std::atomic<std::int32_t>, kBuckets> waiting{};
    std::atomic<std::int32_t> total{0};
    std::atomic<Clock::rep> last_served{0};
  };
  static std::chrono::nanoseconds SilenceIn(const Queue& queue, Clock::time_point now);
  struct FirstTokens;
  FirstTokens CountFirstTokens(Clock::time_point now) const;
  LiveHalves Live(Clock::time_point now) const;
  static std::int64_t EpochOf(Clock::time_point now);
  bool Prepare(Half& half, std::int64_t epoch);

  std::array<Half, 2> halves_;   // by epoch modulo 2
  std::array<Queue, 2> queues_;  // streams, and answers that come whole
  std::atomic<float> tokens_per_byte_{0};
  // Moving averages of the same answers, and their number.
  std::atomic<float> input_tokens_{0};
  std::atomic<float> cached_tokens_{0};
  std::atomic<std::uint32_t> inputs_{0};
  std::atomic<float> ms_per_output_token_{0};
  std::array<std::atomic<float>, kMaxClasses> output_tokens_{};
  std::array<std::atomic<std::uint32_t>, kMaxClasses> answers_{};  // in the averages
};

// The age of one stream that waits for its first token, visible to all workers: so a target that
// hangs is known to be slow before its requests time out. Costs nothing during the first second.
// After that it updates a shared count each time that its age grows by a quarter. A request that
// ends without an answer (Stop) leaves no trace. Worker-bound; the target is shared.
class WaitingStream {
 public:
  using Clock = LearnedTarget::Clock;
  WaitingStream() = default;
  ~WaitingStream() { Stop(); }
  WaitingStream(const WaitingStream&) = delete;
  WaitingStream& operator=(const WaitingStream&) = delete;

  // `target` must outlive the wait. `generating`: for a non-streamed answer, whose first token is
  // not seen, the time that generation may take. Only what it waits beyond that counts as waiting.
  void Begin(LearnedTarget& target, Clock::time_point now,
             std::chrono::nanoseconds generating = {});
  // Call this from time to time while the request waits.
  void Age(Clock::time_point now);
  // Four ways to end the wait. They do nothing if no wait has begun.
  void FirstToken(Clock::time_point now);
  void Answered(Clock::time_point now);  // a whole answer came
  void GiveUp(Clock::time_point now);
  void Stop();

 private:
  LearnedTarget* target_ = nullptr;
  LearnedTarget::Queue* queue_ = nullptr;  // of the target
  Clock::time_point since_{};
  Clock::time_point next_{};           // when its age reaches the next bucket
  std::optional<std::size_t> bucket_;  // in which it is counted
};

}  // namespace headgate::routing
