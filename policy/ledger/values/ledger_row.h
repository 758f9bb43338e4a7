#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/string_view.h"
#include "config/base/money.h"
#include "config/supply.h"
#include "policy/money/cost.h"

namespace headgate::policy {

// What the ledger knows of one request. Texts are views: `names` of the row keeps them alive.

// Who sent a request, and how it was decided. What there is none of is empty.
struct LedgerLabels {
  std::string_view key;
  std::string_view team;
  std::string_view route;
  std::string_view request_class;

  bool operator==(const LedgerLabels&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const LedgerLabels& labels) {
    const auto text = [](std::string_view view) {
      return absl::string_view(view.data(), view.size());
    };
    return H::combine(std::move(state), text(labels.key), text(labels.team), text(labels.route),
                      text(labels.request_class));
  }
};

// Where an attempt went.
struct LedgerTarget {
  std::string_view name;       // "model@backend"
  std::string_view billed_as;  // the model's name at the backend, as its bill has it
  config::Hosting hosting = config::Hosting::kPaidApi;

  bool operator==(const LedgerTarget&) const = default;
  template <typename H>
  friend H AbslHashValue(H state, const LedgerTarget& target) {
    const auto text = [](std::string_view view) {
      return absl::string_view(view.data(), view.size());
    };
    return H::combine(std::move(state), text(target.name), text(target.billed_as),
                      static_cast<int>(target.hosting));
  }
};

// How far a request is. Numbers in files: new values come last.
enum class RowState : std::uint8_t {
  kReserved,   // it runs
  kSettled,    // its costs are known, or known to be unpriced
  kEstimated,  // some part of its costs is an estimate
  kReleased,   // it cost nothing: no backend worked on it
};
inline constexpr std::array<std::string_view, 4> kRowStateNames = {"reserved", "settled",
                                                                   "estimated", "released"};

struct LedgerAttempt {
  LedgerTarget target;
  Usage usage;  // tokens
  UsageStatus status = UsageStatus::kExact;
  ServiceTier tier = ServiceTier::kStandard;
  bool answered = false;  // the client got its answer, or the beginning of it
  NanoUsd cost = 0;       // while it runs: what it is expected to cost
};

// Numbers requests of one process, from 1. 0: of none.
using LedgerId = std::int64_t;

struct LedgerRow {
  LedgerId id = 0;
  std::int64_t started = 0;                 // milliseconds since 1970
  std::array<unsigned char, 12> request{};  // the hexadecimal digits of x-request-id, as bytes
  LedgerLabels labels;
  RowState state = RowState::kReserved;
  NanoUsd reserved = 0;  // the most that it may cost, by the budgets; 0: not limited
  absl::InlinedVector<LedgerAttempt, 2> attempts;
  std::shared_ptr<const void> names;

  NanoUsd Cost() const {
    NanoUsd total = 0;
    for (const LedgerAttempt& attempt : attempts) total += attempt.cost;
    return total;
  }
};

}  // namespace headgate::policy
