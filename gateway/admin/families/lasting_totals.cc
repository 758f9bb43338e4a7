#include "gateway/admin/families/lasting_totals.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace headgate::gateway {
namespace {

using Figures = backends::SlotQueue::Figures;

void AddTotals(const Figures& from, Figures& to) {
  for (std::size_t i = 0; i < backends::kBands; ++i) {
    to.granted[i] += from.granted[i];
    to.shed[i] += from.shed[i];
    to.full[i] += from.full[i];
  }
  to.moved_aside += from.moved_aside;
}

// Returns whether some total is less than it was: another queue counts.
bool HasFallen(const Figures& from, const Figures& to) {
  for (std::size_t i = 0; i < backends::kBands; ++i) {
    if (to.granted[i] < from.granted[i] || to.shed[i] < from.shed[i] || to.full[i] < from.full[i]) {
      return true;
    }
  }
  return to.moved_aside < from.moved_aside;
}

}  // namespace

void LastingTotals::Apply(std::vector<QueueState>& states, backends::TimePoint now) {
  for (QueueState& state : states) {
    if (!state.queue) continue;
    Totals& totals = totals_[state.backend];
    if (HasFallen(totals.seen, *state.queue)) AddTotals(totals.seen, totals.before);
    totals.seen = *state.queue;
    totals.last_seen = now;
    AddTotals(totals.before, *state.queue);
    if (state.affinity) totals.affinity = state.affinity;
    state.affinity = totals.affinity;
  }
  std::erase_if(totals_,
                [&](const auto& entry) { return now - entry.second.last_seen > kRemembered; });
  for (const auto& [backend, totals] : totals_) {
    if (totals.last_seen == now) continue;
    QueueState gone;
    gone.backend = backend;
    AddTotals(totals.before, gone.queue.emplace());
    AddTotals(totals.seen, *gone.queue);
    gone.affinity = totals.affinity;
    states.push_back(std::move(gone));
  }
}

}  // namespace headgate::gateway
