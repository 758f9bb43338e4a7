#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "policy/ledger/values/ledger_row.h"

namespace headgate::policy {

// Gives equal keys the same number, from 1 on, and keeps their texts. Key: LedgerLabels or
// LedgerTarget. Nothing is ever removed. Thread-compatible.
template <typename Key>
class Interned {
 public:
  std::int64_t IdOf(const Key& key) {
    if (const auto found = ids_.find(key); found != ids_.end()) return found->second;
    Key kept = key;
    ForEachText(kept, [this](std::string_view& text) { text = texts_.emplace_back(text); });
    keys_.push_back(kept);
    const auto id = static_cast<std::int64_t>(keys_.size());
    ids_.emplace(kept, id);
    return id;
  }
  std::int64_t size() const { return static_cast<std::int64_t>(keys_.size()); }
  bool Has(std::int64_t id) const { return id >= 1 && id <= size(); }
  // REQUIRES: Has(id). The texts live as long as this object.
  const Key& At(std::int64_t id) const { return keys_[static_cast<std::size_t>(id - 1)]; }

 private:
  template <typename Function>
  static void ForEachText(LedgerLabels& labels, Function function) {
    function(labels.key);
    function(labels.team);
    function(labels.route);
    function(labels.request_class);
  }
  template <typename Function>
  static void ForEachText(LedgerTarget& target, Function function) {
    function(target.name);
    function(target.billed_as);
  }

  std::deque<std::string> texts_;  // never move
  std::vector<Key> keys_;
  absl::flat_hash_map<Key, std::int64_t> ids_;
};

}  // namespace headgate::policy
