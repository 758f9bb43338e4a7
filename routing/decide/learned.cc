#include "routing/decide/learned.h"

#include <algorithm>
#include <cmath>

namespace headgate::routing {
namespace {

constexpr std::size_t kLeastBytes = 64;
// A tokenizer hardly ever makes more than one token of a byte, or a token of over 64 bytes. Beyond
// these bounds the usage is not about the text.
constexpr float kLeastTokensPerByte = 1.0f / 64;
constexpr float kMostTokensPerByte = 2;
// The share of one sample in the average. Short texts count less, because most of their tokens come
// from the chat template.
constexpr float kTokensShare = 1.0f / 16;
constexpr float kFullTextBytes = 1024;

constexpr std::uint32_t kAnswersRemembered = 64;
constexpr std::uint32_t kAnswersNeeded = 8;

// Shorter waits are normal, so they are not counted.
constexpr std::chrono::seconds kLeastWait{1};

constexpr std::chrono::minutes kHalfWindow{5};
constexpr double kGrowth = 1.25;
constexpr double kRounding = 1e-9;  // of sums of shares

double LowerBoundMs(double bucket) { return std::pow(kGrowth, bucket); }

std::size_t BucketOf(std::chrono::nanoseconds ttft, std::size_t buckets) {
  static const double kScale = 1 / std::log(kGrowth);
  const double ms = std::chrono::duration<double, std::milli>(ttft).count();
  if (!(ms > 1)) return 0;
  return std::min(static_cast<std::size_t>(std::log(ms) * kScale), buckets - 1);
}

// Counts an answer. Returns of how many the average is, with this one.
std::uint32_t CountAnswer(std::atomic<std::uint32_t>& answers) {
  const std::uint32_t known = answers.load(std::memory_order_relaxed);
  if (known >= kAnswersRemembered) return kAnswersRemembered;
  answers.store(known + 1, std::memory_order_relaxed);
  return known + 1;
}

void MoveAverage(std::atomic<float>& average, std::int64_t sample, std::uint32_t answers) {
  const float mean = average.load(std::memory_order_relaxed);
  const float moved = mean + (static_cast<float>(sample) - mean) / static_cast<float>(answers);
  average.store(moved, std::memory_order_relaxed);
}

}  // namespace

void LearnedTarget::ObserveTokens(std::size_t text_bytes, std::int64_t input_tokens,
                                  std::int64_t output_tokens, Class request_class) {
  if (output_tokens > 0) {
    const auto index = static_cast<std::size_t>(request_class);
    const std::uint32_t answers = CountAnswer(answers_[index]);
    MoveAverage(output_tokens_[index], output_tokens, answers);
  }

  if (text_bytes < kLeastBytes || input_tokens <= 0) return;
  const float ratio = static_cast<float>(input_tokens) / static_cast<float>(text_bytes);
  if (ratio < kLeastTokensPerByte || ratio > kMostTokensPerByte) return;
  const float known = tokens_per_byte_.load(std::memory_order_relaxed);
  const float share =
      kTokensShare * std::min(1.0f, static_cast<float>(text_bytes) / kFullTextBytes);
  tokens_per_byte_.store(known > 0 ? known + (ratio - known) * share : ratio,
                         std::memory_order_relaxed);
}

void LearnedTarget::ObserveCached(std::int64_t input_tokens, std::int64_t cached_tokens) {
  if (input_tokens <= 0 || cached_tokens < 0 || cached_tokens > input_tokens) return;
  const std::uint32_t answers = CountAnswer(inputs_);
  MoveAverage(input_tokens_, input_tokens, answers);
  MoveAverage(cached_tokens_, cached_tokens, answers);
}

float LearnedTarget::CachedShare() const {
  const float input = input_tokens_.load(std::memory_order_relaxed);
  const float cached = cached_tokens_.load(std::memory_order_relaxed);
  // Two workers may have updated one average each.
  return input > 0 ? std::min(cached / input, 1.0f) : 0;
}

float LearnedTarget::TokensPerByte() const {
  return tokens_per_byte_.load(std::memory_order_relaxed);
}

float LearnedTarget::ExpectedOutputTokens(Class request_class) const {
  const auto index = static_cast<std::size_t>(request_class);
  if (answers_[index].load(std::memory_order_relaxed) < kAnswersNeeded) return 0;
  return output_tokens_[index].load(std::memory_order_relaxed);
}

std::int64_t LearnedTarget::EpochOf(Clock::time_point now) {
  return now.time_since_epoch() / kHalfWindow;
}

// Makes `half` ready to count for `epoch`. Returns false if another worker is doing so, or if the
// sample is older than the half; the caller then drops the sample.
bool LearnedTarget::Prepare(Half& half, std::int64_t epoch) {
  std::int64_t seen = half.epoch.load(std::memory_order_acquire);
  if (seen == epoch) return true;
  if (seen == kClearing || seen > epoch) return false;
  if (!half.epoch.compare_exchange_strong(seen, kClearing, std::memory_order_acq_rel)) return false;
  for (auto& count : half.counts) count.store(0, std::memory_order_relaxed);
  for (auto& count : half.given_up) count.store(0, std::memory_order_relaxed);
  half.total.store(0, std::memory_order_relaxed);
  half.attempts.store(0, std::memory_order_relaxed);
  half.failures.store(0, std::memory_order_relaxed);
  half.epoch.store(epoch, std::memory_order_release);
  return true;
}

void LearnedTarget::ObserveFirstToken(std::chrono::nanoseconds ttft, Clock::time_point now) {
  const std::int64_t epoch = EpochOf(now);
  Half& half = halves_[static_cast<std::size_t>(epoch & 1)];
  if (!Prepare(half, epoch)) return;
  half.counts[BucketOf(ttft, kBuckets)].fetch_add(1, std::memory_order_relaxed);
  half.total.fetch_add(1, std::memory_order_relaxed);
}

void LearnedTarget::ObserveGivenUp(std::chrono::nanoseconds waited, Clock::time_point now) {
  if (waited < kLeastWait) return;
  const std::int64_t epoch = EpochOf(now);
  Half& half = halves_[static_cast<std::size_t>(epoch & 1)];
  if (!Prepare(half, epoch)) return;
  half.given_up[BucketOf(waited, kBuckets)].fetch_add(1, std::memory_order_relaxed);
  half.total.fetch_add(1, std::memory_order_relaxed);
}

std::chrono::nanoseconds LearnedTarget::LongestGeneration(Class request_class) const {
  constexpr std::chrono::nanoseconds kLeast = std::chrono::seconds(5);
  constexpr std::chrono::nanoseconds kUnknown = std::chrono::seconds(30);
  constexpr float kTimes = 3;
  const float usual_ms = ExpectedOutputTokens(request_class) * MsPerOutputToken();
  if (usual_ms <= 0) return kUnknown;
  const std::chrono::duration<float, std::milli> longest(kTimes * usual_ms);
  return std::max(kLeast, std::chrono::duration_cast<std::chrono::nanoseconds>(longest));
}

void LearnedTarget::ObserveAttempt(bool failed, Clock::time_point now) {
  const std::int64_t epoch = EpochOf(now);
  Half& half = halves_[static_cast<std::size_t>(epoch & 1)];
  if (!Prepare(half, epoch)) return;
  half.attempts.fetch_add(1, std::memory_order_relaxed);
  if (failed) half.failures.fetch_add(1, std::memory_order_relaxed);
}

void LearnedTarget::ObservePace(std::chrono::nanoseconds generating, std::int64_t output_tokens) {
  if (output_tokens < 2 || generating.count() <= 0) return;
  const float pace = std::chrono::duration<float, std::milli>(generating).count() /
                     static_cast<float>(output_tokens - 1);
  const float known = ms_per_output_token_.load(std::memory_order_relaxed);
  ms_per_output_token_.store(
      known > 0 ? known + (pace - known) / static_cast<float>(kAnswersRemembered) : pace,
      std::memory_order_relaxed);
}

float LearnedTarget::MsPerOutputToken() const {
  return ms_per_output_token_.load(std::memory_order_relaxed);
}

LearnedTarget::LiveHalves LearnedTarget::Live(Clock::time_point now) const {
  const std::int64_t epoch = EpochOf(now);
  LiveHalves live;
  for (const Half& half : halves_) {
    const std::int64_t held = half.epoch.load(std::memory_order_acquire);
    if (held == epoch || held == epoch - 1) live.halves[live.size++] = &half;
  }
  return live;
}

LearnedTarget::Errors LearnedTarget::Attempts(Clock::time_point now) const {
  std::uint32_t attempts = 0;
  std::uint32_t failures = 0;
  for (const Half* half : Live(now)) {
    attempts += half->attempts.load(std::memory_order_relaxed);
    failures += half->failures.load(std::memory_order_relaxed);
  }
  if (attempts == 0) return {};
  return {static_cast<float>(failures) / static_cast<float>(attempts), attempts};
}

// First tokens by bucket: how many came within it, and how many had not come by then.
struct LearnedTarget::FirstTokens {
  std::array<double, kBuckets> came{};
  std::array<double, kBuckets> at_least{};
  double total = 0;
  std::size_t latest_bound = 0;  // the last bucket with some that had not come
};

LearnedTarget::FirstTokens LearnedTarget::CountFirstTokens(Clock::time_point now) const {
  FirstTokens counts;
  bool some = false;
  for (const Queue& queue : queues_) {
    if (queue.total.load(std::memory_order_relaxed) <= 0) continue;
    some = true;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      counts.at_least[bucket] += std::max(0, queue.waiting[bucket].load(std::memory_order_relaxed));
    }
  }
  for (const Half* half : Live(now)) {
    if (half->total.load(std::memory_order_relaxed) == 0) continue;
    some = true;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      counts.came[bucket] += half->counts[bucket].load(std::memory_order_relaxed);
      counts.at_least[bucket] += half->given_up[bucket].load(std::memory_order_relaxed);
    }
  }
  if (!some) return counts;  // as of a target whose answers are never streamed
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    counts.total += counts.came[bucket] + counts.at_least[bucket];
    if (counts.at_least[bucket] > 0) counts.latest_bound = bucket;
  }
  return counts;
}

LearnedTarget::Latency LearnedTarget::FirstToken(Clock::time_point now) const {
  const FirstTokens counts = CountFirstTokens(now);
  double at_risk = counts.total;  // samples in the present bucket and later ones
  if (at_risk == 0) return {};
  Latency latency;
  latency.samples = static_cast<std::uint32_t>(at_risk);
  // A quantile lies in the first bucket at which the cumulated share reaches it. Inside the bucket
  // the samples are taken to be spread evenly on the logarithmic scale. If the share is not
  // reached, the quantile is at least the longest wait.
  const auto bound = static_cast<float>(LowerBoundMs(static_cast<double>(counts.latest_bound)));
  latency.median_ms = latency.p95_ms = bound;
  bool median_found = false;
  double share = 0;
  for (std::size_t bucket = 0; bucket < kBuckets && at_risk > 0; ++bucket) {
    const double here = (1 - share) * counts.came[bucket] / at_risk;
    const auto at = [&](double quantile) {
      return static_cast<float>(
          LowerBoundMs(static_cast<double>(bucket) + (quantile - share) / here));
    };
    if (here > 0 && !median_found && share + here >= 0.5 - kRounding) {
      latency.median_ms = at(0.5);
      median_found = true;
    }
    if (here > 0 && share + here >= 0.95 - kRounding) {
      latency.p95_ms = at(0.95);
      break;
    }
    share += here;
    at_risk -= counts.came[bucket] + counts.at_least[bucket];
  }
  latency.p95_ms = std::max(latency.p95_ms, latency.median_ms);
  return latency;
}

std::chrono::nanoseconds LearnedTarget::Silence(Clock::time_point now) const {
  return std::max(SilenceIn(queues_[0], now), SilenceIn(queues_[1], now));
}

std::chrono::nanoseconds LearnedTarget::SilenceIn(const Queue& queue, Clock::time_point now) {
  if (queue.total.load(std::memory_order_relaxed) <= 0) return {};
  std::size_t oldest = kBuckets;
  while (oldest > 0 && queue.waiting[oldest - 1].load(std::memory_order_relaxed) <= 0) --oldest;
  if (oldest == 0) return {};
  const std::chrono::duration<double, std::milli> waited(
      LowerBoundMs(static_cast<double>(oldest - 1)));
  const Clock::time_point last(Clock::duration(queue.last_served.load(std::memory_order_relaxed)));
  const std::chrono::nanoseconds silence =
      std::min(std::chrono::duration_cast<std::chrono::nanoseconds>(waited),
               std::chrono::nanoseconds(now - last));
  return silence < kLeastWait ? std::chrono::nanoseconds(0) : silence;
}

// --- WaitingStream -------------------------------------------------------------------------------

void WaitingStream::Begin(LearnedTarget& target, Clock::time_point now,
                          std::chrono::nanoseconds generating) {
  Stop();
  target_ = &target;
  queue_ = &target.queues_[generating.count() > 0 ? 1 : 0];
  since_ = now + std::chrono::duration_cast<Clock::duration>(generating);
  next_ = since_ + kLeastWait;
}

void WaitingStream::Age(Clock::time_point now) {
  if (target_ == nullptr || now < next_) return;
  const std::size_t bucket = BucketOf(now - since_, LearnedTarget::kBuckets);
  queue_->waiting[bucket].fetch_add(1, std::memory_order_relaxed);
  if (bucket_) {
    queue_->waiting[*bucket_].fetch_sub(1, std::memory_order_relaxed);
  } else {
    queue_->total.fetch_add(1, std::memory_order_relaxed);
  }
  bucket_ = bucket;
  next_ = since_ +
          std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(
              LowerBoundMs(static_cast<double>(bucket + 1))));
}

void WaitingStream::FirstToken(Clock::time_point now) {
  if (target_ == nullptr) return;
  target_->ObserveFirstToken(now - since_, now);
  Answered(now);
}

void WaitingStream::Answered(Clock::time_point now) {
  if (target_ == nullptr) return;
  queue_->last_served.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  Stop();
}

void WaitingStream::GiveUp(Clock::time_point now) {
  if (target_ == nullptr) return;
  target_->ObserveGivenUp(now - since_, now);
  Stop();
}

void WaitingStream::Stop() {
  if (target_ != nullptr && bucket_) {
    queue_->waiting[*bucket_].fetch_sub(1, std::memory_order_relaxed);
    queue_->total.fetch_sub(1, std::memory_order_relaxed);
  }
  target_ = nullptr;
  bucket_.reset();
}

}  // namespace headgate::routing
