#include "gateway/snapshot/known_slots.h"

namespace headgate::gateway {

KnownSlots::Backend& KnownSlots::Use(const std::string& backend, backends::TimePoint now) {
  Backend& known = backends_[backend];
  known.last_use = now;
  return known;
}

void KnownSlots::Forget(backends::TimePoint now) {
  std::erase_if(backends_, [&](const auto& known) {
    return now - known.second.last_use >= kRemembered && !known.second.queue->HasWaiters();
  });
  std::erase_if(slots_, [](const auto& known) { return known.second.expired(); });
}

void KnownSlots::Add(const std::string& backend, const std::string& url,
                     const std::shared_ptr<backends::SlotCount>& slots) {
  slots_[{backend, url}] = slots;
}

std::shared_ptr<backends::SlotCount> KnownSlots::SlotsOf(const std::string& backend,
                                                         const std::string& url) const {
  const auto known = slots_.find({backend, url});
  return known == slots_.end() ? nullptr : known->second.lock();
}

void KnownSlots::Kick(backends::TimePoint now) const {
  for (const auto& [backend, known] : backends_) {
    if (known.queue->HasWaiters()) known.queue->Kick(now);
  }
}

}  // namespace headgate::gateway
