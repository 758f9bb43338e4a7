// What an answer will say, decided before its first token: by the script, by the faults, by the
// tools of the request, or by the options. *thread-compatible*
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

// A part that is not empty. The first token of a call is its name, and its piece stands for that
// alone.
struct PlannedPart {
  AnswerPart part;
  Answer pieces;
};

struct AnswerPlan {
  std::vector<PlannedPart> parts;
  std::int64_t tokens = 0;  // of all parts
  FinishReason reason = FinishReason::kStop;
};

// Whether the simulator made this signature, for thinking that had none.
bool IsOwnSignature(std::string_view signature);

// `step` may be null. `raw_body` is the answer's text if the fault says echo_body. Takes the text
// out of `request`.
AnswerPlan PlanAnswer(CompletionRequest& request, const Fault& fault, const ScriptStep* step,
                      Replica& replica, std::string_view raw_body);

}  // namespace headgate::loadtest::sim
