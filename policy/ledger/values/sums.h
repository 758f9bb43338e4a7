#pragma once

#include <cstdint>
#include <span>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "policy/ledger/values/packed_row.h"

namespace headgate::policy {

// What requests of one hour, one LedgerLabels and one target add up to.
struct LedgerSums {
  std::int64_t requests = 0;  // at the target that answered; if none did, at the last target
  std::int64_t attempts = 0;
  Usage usage;                // tokens
  NanoUsd cost = 0;           // with the estimated part
  NanoUsd estimated = 0;      // the part of the cost that is an estimate
  std::int64_t unpriced = 0;  // attempts whose price is not known: their cost is not in `cost`

  void Add(const LedgerSums& other);
};

// Labels and target by their numbers in the file; the hour since 1970.
struct SumKey {
  std::int64_t hour = 0;
  std::int64_t labels = 0;
  std::int64_t target = 0;

  bool operator==(const SumKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const SumKey& key) {
    return H::combine(std::move(state), key.hour, key.labels, key.target);
  }
};

using SumTable = absl::flat_hash_map<SumKey, LedgerSums>;

// Adds one request that began in `hour`.
void AddRequest(std::int64_t hour, std::int64_t labels, std::span<const PackedAttempt> attempts,
                SumTable& table);

}  // namespace headgate::policy
