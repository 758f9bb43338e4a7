#include "gateway/explain/explained_queue.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "config/base/text.h"
#include "routing/decide/estimates.h"
#include "routing/decide/spill.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

std::size_t LengthOf(const QueueLine& line) {
  std::size_t sum = 0;
  for (const std::size_t count : line.waiting) sum += count;
  return sum;
}

// What becomes of one request at full queues.
class FullQueues {
 public:
  FullQueues(const routing::CompiledPolicy& policy, const std::vector<QueueLine>& lines,
             const DryRunResult& result)
      : policy_(policy),
        lines_(lines),
        result_(result),
        band_(
            static_cast<backends::Band>(policy.BandOf(result.input.classification.request_class))) {
  }

  // Returns whether the target of this place in the plan would turn the request away.
  bool IsFull(std::size_t position) const {
    const routing::PlannedTarget& planned = result_.decision.plan[position];
    return planned.available && !ComesTooLate(position) &&
           !routing::HasFreeSlot(result_.input.candidates[planned.target]) &&
           TurnsAway(lines_[planned.target], band_);
  }
  std::string Words(std::size_t position) const {
    const QueueLine& line = lines_[result_.decision.plan[position].target];
    const std::string full =
        config::Concat("the queue is full (", LengthOf(line), " of ", *line.limit, " wait): ");
    const std::optional<std::size_t> next = NextAfter(position);
    if (!next) return full + "it would be refused with 429 queue_full";
    return full + "goes to " + policy_.targets()[result_.decision.plan[*next].target].name;
  }

 private:
  bool ComesTooLate(std::size_t position) const {
    return routing::ComesTooLateAt(policy_, result_.input, result_.decision, position);
  }
  // Returns the place of the next target that is up, not full, and not too late.
  std::optional<std::size_t> NextAfter(std::size_t position) const {
    const std::vector<routing::PlannedTarget>& plan = result_.decision.plan;
    for (std::size_t i = position + 1; i < plan.size(); ++i) {
      if (plan[i].available && !ComesTooLate(i) && !IsFull(i)) return i;
    }
    return std::nullopt;
  }

  const routing::CompiledPolicy& policy_;
  const std::vector<QueueLine>& lines_;
  const DryRunResult& result_;
  const backends::Band band_;
};

}  // namespace

bool TurnsAway(const QueueLine& line, backends::Band band) {
  if (!line.limit || LengthOf(line) < static_cast<std::size_t>(*line.limit)) return false;
  for (std::size_t lower = backends::IndexOf(band) + 1; lower < line.waiting.size(); ++lower) {
    if (line.waiting[lower] > 0) return false;
  }
  return true;
}

void AddFullQueues(const routing::CompiledPolicy& policy, const std::vector<QueueLine>& lines,
                   const DryRunResult& result, json::object& explanation) {
  if (result.decision.outcome != routing::Outcome::kPlanned) return;
  const FullQueues queues(policy, lines, result);
  json::array& targets = explanation.at("targets").as_array();
  for (std::size_t i = 0; i < result.decision.plan.size(); ++i) {
    if (queues.IsFull(i)) targets[i].as_object()["queue"] = queues.Words(i);
  }
  if (!queues.IsFull(0)) return;
  const std::string_view answer = explanation.at("answer").as_string();
  explanation["answer"] = config::Concat(answer, "; ", queues.Words(0));
}

}  // namespace headgate::gateway
