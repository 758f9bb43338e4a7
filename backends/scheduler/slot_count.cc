#include "backends/scheduler/slot_count.h"

#include <algorithm>

#include "config/base/check.h"

namespace headgate::backends {

void SlotCount::SetLimits(int slots, std::int64_t slot_tokens) {
  slots_.store(std::max(slots, 0), std::memory_order_relaxed);
  slot_tokens_.store(std::max<std::int64_t>(slot_tokens, 0), std::memory_order_relaxed);
}

void SlotCount::SetOthers(int others) {
  others_.store(std::max(others, 0), std::memory_order_relaxed);
}

int SlotCount::SlotsLeft() const {
  const int all = slots();
  return all == 0 ? 0 : std::max(all - others(), 1);
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
  const std::int64_t room = slot_tokens();
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

void SlotCount::Take(std::int64_t tokens) {
  const std::uint64_t before = word_.fetch_add(Share(tokens), std::memory_order_acq_rel);
  HEADGATE_CHECK(InFlightOf(before) < kMostInFlight);
}

bool SlotCount::Return(std::int64_t tokens) {
  const std::uint64_t before = word_.fetch_sub(Share(tokens), std::memory_order_acq_rel);
  HEADGATE_CHECK(InFlightOf(before) > 0);
  return (before & kContended) != 0;
}

bool SlotCount::HasRoom(std::int64_t tokens) const {
  return Fits(word_.load(std::memory_order_relaxed), tokens);
}

void SlotCount::Contend(const std::shared_ptr<SlotContender>& queue, std::uint64_t generation) {
  MutexLock lock(mutex_);
  const auto later = std::find_if(queues_.begin(), queues_.end(), [&](const Contention& other) {
    return other.generation > generation;
  });
  queues_.insert(later, {generation, queue.get(), queue});
  word_.fetch_or(kContended, std::memory_order_acq_rel);
}

void SlotCount::EndContention(const SlotContender& queue) {
  MutexLock lock(mutex_);
  std::erase_if(queues_, [&](const Contention& other) { return other.queue == &queue; });
  if (queues_.empty()) word_.fetch_and(~kContended, std::memory_order_acq_rel);
}

void SlotCount::KickQueues(TimePoint now) {
  // Nearly always there is one queue. Each is kept alive while it is kicked.
  std::shared_ptr<SlotContender> first;
  std::vector<std::shared_ptr<SlotContender>> others;
  {
    MutexLock lock(mutex_);
    for (const Contention& contention : queues_) {
      std::shared_ptr<SlotContender> queue = contention.alive.lock();
      if (queue == nullptr) continue;
      if (first == nullptr) {
        first = std::move(queue);
      } else {
        others.push_back(std::move(queue));
      }
    }
  }
  if (first != nullptr) first->Kick(now);
  for (const std::shared_ptr<SlotContender>& queue : others) queue->Kick(now);
}

}  // namespace headgate::backends
