#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "config/base/money.h"
#include "policy/budgets/budget_window.h"

namespace headgate::policy {

// What one call has reserved of the budgets that apply to it. Gives all of it back at its end,
// unless it was settled. A call belongs to the windows that admitted it. The windows outlive the
// hold. Move-only; used by one thread.
class BudgetHold {
 public:
  BudgetHold() = default;
  BudgetHold(BudgetHold&& other) noexcept { *this = std::move(other); }
  BudgetHold& operator=(BudgetHold&& other) noexcept {
    std::swap(few_, other.few_);
    std::swap(count_, other.count_);
    std::swap(more_, other.more_);
    return *this;
  }
  ~BudgetHold() { Settle(0); }

  // Notes a reservation that was made.
  void Add(BudgetWindow& window, NanoUsd amount) {
    const Part part{&window, amount};
    if (count_ < few_.size()) {
      few_[count_++] = part;
    } else {
      more_.push_back(part);
    }
    window.BeginCall();
  }
  // Replaces the reservations by what the call has cost.
  void Settle(NanoUsd cost) {
    for (std::size_t i = 0; i < count_; ++i) few_[i].Settle(cost);
    for (const Part& part : more_) part.Settle(cost);
    count_ = 0;
    more_.clear();
  }
  // Returns the largest reservation: the most that the call may cost. 0: none.
  NanoUsd amount() const {
    NanoUsd most = 0;
    for (std::size_t i = 0; i < count_; ++i) most = std::max(most, few_[i].amount);
    for (const Part& part : more_) most = std::max(most, part.amount);
    return most;
  }

 private:
  struct Part {
    BudgetWindow* window = nullptr;
    NanoUsd amount = 0;

    void Settle(NanoUsd cost) const {
      window->Settle(amount, cost);
      window->EndCall();
    }
  };
  // Not an InlinedVector: GCC 12 warns of its empty places wherever a hold is moved.
  std::array<Part, 4> few_{};
  std::size_t count_ = 0;   // in few_
  std::vector<Part> more_;  // calls to which more than four budgets apply
};

}  // namespace headgate::policy
