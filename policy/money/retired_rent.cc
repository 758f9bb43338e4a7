#include "policy/money/retired_rent.h"

#include <algorithm>
#include <utility>

namespace headgate::policy {
namespace {

void AddTo(const RentMeter::Books& books, RetiredRent::Totals& totals) {
  totals.accrued += books.accrued;
  totals.allocated += books.allocated;
  totals.idle += books.idle;
  totals.holders += books.holders;
}

}  // namespace

void RetiredRent::Add(const std::string& backend, const std::string& replica,
                      std::shared_ptr<RentMeter> meter, Clock::time_point now) {
  meter->Retire(now);
  const MutexLock lock(mutex_);
  sums_[backend].last_use = now;
  entries_.push_back({backend, replica, std::move(meter)});
}

std::shared_ptr<RentMeter> RetiredRent::Find(const std::string& backend,
                                             const std::string& replica) const {
  const MutexLock lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.backend == backend && entry.replica == replica) return entry.meter;
  }
  return nullptr;
}

void RetiredRent::Remove(const std::shared_ptr<RentMeter>& meter) {
  const MutexLock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.meter == meter; });
}

void RetiredRent::MergeUnshared(const std::vector<std::string>& configured, Clock::time_point now) {
  const MutexLock lock(mutex_);
  std::erase_if(entries_, [&](const Entry& entry) {
    Sum& sum = sums_[entry.backend];
    sum.last_use = now;
    if (entry.meter.use_count() > 1) return false;
    AddTo(entry.meter->Read(now), sum.totals);
    return true;
  });
  for (const std::string& backend : configured) {
    if (const auto known = sums_.find(backend); known != sums_.end()) known->second.last_use = now;
  }
  std::erase_if(sums_,
                [&](const auto& known) { return now - known.second.last_use >= kRemembered; });
}

std::map<std::string, RetiredRent::Totals> RetiredRent::Read(Clock::time_point now) {
  const MutexLock lock(mutex_);
  std::map<std::string, Totals> totals;
  for (const auto& [backend, sum] : sums_) totals[backend] = sum.totals;
  for (const Entry& entry : entries_) AddTo(entry.meter->Read(now), totals[entry.backend]);
  return totals;
}

}  // namespace headgate::policy
