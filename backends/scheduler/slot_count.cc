#include "backends/scheduler/slot_count.h"

#include <algorithm>
#include <utility>

#include "config/base/check.h"

namespace headgate::backends {

void SlotCount::SetLimits(int slots, std::int64_t slot_tokens) {
  slots_.store(std::max(slots, 0), std::memory_order_relaxed);
  slot_tokens_.store(std::max<std::int64_t>(slot_tokens, 0), std::memory_order_relaxed);
}

void SlotCount::SetOthers(int requests, std::int64_t tokens) {
  others_.store(std::max(requests, 0), std::memory_order_relaxed);
  others_tokens_.store(std::max<std::int64_t>(tokens, 0), std::memory_order_relaxed);
}

int SlotCount::SlotsLeft() const {
  const int all = slots();
  return all == 0 ? 0 : std::max(all - others(), 1);
}

std::int64_t SlotCount::TokensLeft() const {
  const std::int64_t all = slot_tokens();
  return all == 0 ? 0 : std::max<std::int64_t>(all - others_tokens(), 1);
}

// Returns what one request with so many tokens adds to the word.
std::uint64_t SlotCount::Share(std::int64_t tokens) {
  const auto counted = static_cast<std::uint64_t>(std::clamp<std::int64_t>(tokens, 0, kMostTokens));
  return (counted << kTokenShift) + 1;
}

bool SlotCount::Fits(std::uint64_t word, std::int64_t tokens) const {
  const int running = InFlightOf(word);
  if (running == 0) return true;
  const int left = SlotsLeft();
  if (running >= (left == 0 ? kMostInFlight : left)) return false;
  const std::int64_t room = TokensLeft();
  return room == 0 || TokensOf(word) + std::clamp<std::int64_t>(tokens, 0, kMostTokens) <= room;
}

bool SlotCount::Enter(std::int64_t tokens, std::uint64_t refusing) {
  std::uint64_t word = word_.load(std::memory_order_relaxed);
  do {
    if ((word & refusing) != 0 || !Fits(word, tokens)) return false;
  } while (!word_.compare_exchange_weak(word, word + Share(tokens), std::memory_order_acq_rel,
                                        std::memory_order_relaxed));
  return true;
}

bool SlotCount::TryTake(std::int64_t tokens) { return Enter(tokens, kContended); }

bool SlotCount::TryGrant(std::int64_t tokens) { return Enter(tokens, 0); }

bool SlotCount::Return(std::int64_t tokens) {
  const std::uint64_t before = word_.fetch_sub(Share(tokens), std::memory_order_acq_rel);
  HEADGATE_CHECK(InFlightOf(before) > 0);
  return (before & kContended) != 0;
}

bool SlotCount::HasRoom(std::int64_t tokens) const {
  return Fits(word_.load(std::memory_order_relaxed), tokens);
}

void SlotCount::Contend(std::weak_ptr<SlotContender> queue) {
  MutexLock lock(mutex_);
  queue_ = std::move(queue);
  word_.fetch_or(kContended, std::memory_order_acq_rel);
}

void SlotCount::EndContention() {
  MutexLock lock(mutex_);
  queue_.reset();
  word_.fetch_and(~kContended, std::memory_order_acq_rel);
}

void SlotCount::KickQueue(TimePoint now) {
  std::shared_ptr<SlotContender> queue;
  {
    MutexLock lock(mutex_);
    queue = queue_.lock();
  }
  if (queue != nullptr) queue->Kick(now);
}

}  // namespace headgate::backends
