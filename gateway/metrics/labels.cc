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

std::string LabelTable::Name(LabelId id) const {
  MutexLock lock(mutex_);
  return names_[id];
}

}  // namespace headgate::gateway
