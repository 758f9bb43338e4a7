#include "policy/limits/token_bucket.h"

#include <algorithm>
#include <limits>

namespace headgate::policy {
namespace {

__extension__ using Int128 = __int128;

constexpr std::int64_t kMinuteNs = TokenBucket::kMinute.count();
// Far longer than any bucket is empty, and far from an overflow.
constexpr std::int64_t kLongestNs = std::numeric_limits<std::int64_t>::max() / 8;

std::int64_t NsOf(TokenBucket::Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

// Returns how long a bucket needs to refill `amount`, rounded down: rounded up, a minute would
// refill a little less than the limit.
std::int64_t RefillTime(std::int64_t amount, std::int64_t limit) {
  if (amount <= std::numeric_limits<std::int64_t>::max() / kMinuteNs) {
    return std::min(amount * kMinuteNs / limit, kLongestNs);
  }
  const Int128 time = static_cast<Int128>(amount) * kMinuteNs / limit;
  return time > kLongestNs ? kLongestNs : static_cast<std::int64_t>(time);
}

std::int64_t RefilledIn(std::int64_t time, std::int64_t limit) {
  return static_cast<std::int64_t>(static_cast<Int128>(time) * limit / kMinuteNs);
}

}  // namespace

void TokenBucket::SetLimit(std::int64_t limit, Clock::time_point now) {
  const std::int64_t before = limit_.exchange(limit, std::memory_order_relaxed);
  if (before == limit || before == 0 || limit == 0) return;
  const std::int64_t at = NsOf(now);
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    // What was taken is a part of a unit too: whole units would be rounded down.
    const Int128 empty = static_cast<Int128>(std::max<std::int64_t>(full_at - at, 0)) * before;
    next = at + static_cast<std::int64_t>(std::min<Int128>(empty / limit, kLongestNs));
  } while (!full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed));
}

bool TokenBucket::Take(std::int64_t amount, Clock::time_point now) {
  const std::int64_t most = limit();
  if (most == 0) return true;
  const std::int64_t at = NsOf(now);
  const std::int64_t time = RefillTime(amount, most);
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  std::int64_t next = 0;
  do {
    next = std::max(full_at, at) + time;
    if (next - at > kMinuteNs) return false;
  } while (!full_at_.compare_exchange_weak(full_at, next, std::memory_order_relaxed));
  return true;
}

void TokenBucket::GiveBack(std::int64_t amount) {
  const std::int64_t most = limit();
  if (most == 0) return;
  full_at_.fetch_sub(RefillTime(amount, most), std::memory_order_relaxed);
}

void TokenBucket::TakeMore(std::int64_t amount, Clock::time_point now) {
  const std::int64_t most = limit();
  if (most == 0) return;
  const std::int64_t at = NsOf(now);
  const std::int64_t time = RefillTime(amount, most);
  std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  while (!full_at_.compare_exchange_weak(full_at, std::max(full_at, at) + time,
                                         std::memory_order_relaxed)) {
  }
}

std::chrono::nanoseconds TokenBucket::WaitFor(std::int64_t amount, Clock::time_point now) const {
  const std::int64_t most = limit();
  if (most == 0) return std::chrono::nanoseconds{0};
  const std::int64_t at = NsOf(now);
  const std::int64_t full_at =
      std::max(full_at_.load(std::memory_order_relaxed), at) + RefillTime(amount, most);
  return std::chrono::nanoseconds(std::max<std::int64_t>(full_at - at - kMinuteNs, 0));
}

std::int64_t TokenBucket::Remaining(Clock::time_point now) const {
  const std::int64_t left = kMinuteNs - UntilFull(now).count();
  return left <= 0 ? 0 : RefilledIn(left, limit());
}

std::chrono::nanoseconds TokenBucket::UntilFull(Clock::time_point now) const {
  const std::int64_t full_at = full_at_.load(std::memory_order_relaxed);
  return std::chrono::nanoseconds(std::max<std::int64_t>(full_at - NsOf(now), 0));
}

}  // namespace headgate::policy
