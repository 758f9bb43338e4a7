// The plan of one answer. The script, the faults, the tools of the request or the options decide it
// before the first token. *thread-compatible*
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/answers/answer.h"
#include "loadtest/sim/answers/script.h"
#include "loadtest/sim/dialects/answer_shapes.h"
#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/replica.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// A part with at least one token. The first token of a call is its name. The piece of that token is
// not a piece of the arguments.
struct PlannedPart {
  AnswerPart part;
  Answer pieces;
};

struct AnswerPlan {
  std::vector<PlannedPart> parts;
  std::int64_t tokens = 0;  // the sum of all parts
  FinishReason reason = FinishReason::kStop;
};

// Returns whether the simulator made this signature. It signs thinking that has no signature in the
// script.
bool IsOwnSignature(std::string_view signature);

// Returns the plan of the answer to `request`, and moves the text out of `request`. `step` may be
// null. `raw_body` is the text of the answer if the fault has echo_body.
AnswerPlan PlanAnswer(CompletionRequest& request, const Fault& fault, const ScriptStep* step,
                      Replica& replica, std::string_view raw_body);

}  // namespace headgate::loadtest::sim
