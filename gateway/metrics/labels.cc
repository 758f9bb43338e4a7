#include "gateway/metrics/labels.h"

#include <limits>

namespace headgate::gateway {

LabelTable::LabelTable() {
  Intern("none");
  Intern("other");
}

LabelId LabelTable::Intern(std::string_view name) {
  MutexLock lock(mutex_);
  if (const auto found = ids_.find(absl::string_view(name.data(), name.size()));
      found != ids_.end())
    return found->second;
  if (names_.size() > std::numeric_limits<LabelId>::max()) return kOther;
  const auto id = static_cast<LabelId>(names_.size());
  names_.emplace_back(name);
  ids_.emplace(std::string(name), id);
  return id;
}

void LabelTable::SetUsed(const std::vector<LabelId>& used, Clock::time_point now) {
  MutexLock lock(mutex_);
  std::vector<bool> is_used(names_.size());
  is_used[kNone] = is_used[kOther] = true;
  for (const LabelId id : used) is_used[id] = true;
  for (std::size_t i = 0; i < is_used.size(); ++i) {
    const auto id = static_cast<LabelId>(i);
    if (is_used[i]) {
      removed_.erase(id);
    } else {
      removed_.emplace(id, now);
    }
  }
}

std::vector<bool> LabelTable::Expired(Clock::time_point now) {
  MutexLock lock(mutex_);
  std::vector<bool> expired;
  for (auto& [id, since] : removed_) {
    if (now - since < kKept) continue;
    since = now;
    expired.resize(names_.size());
    expired[id] = true;
  }
  return expired;
}

std::string LabelTable::Name(LabelId id) const {
  MutexLock lock(mutex_);
  return names_[id];
}

}  // namespace headgate::gateway
