#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/metrics/families.h"

namespace headgate::gateway {

// How a wait for a slot ended without one.
struct EndedWait {
  std::string backend;  // whose slots
  std::string how;      // a sentence without a full stop
};

// How a request was refused after its decision, for later explanations. A value.
struct LateRefusal {
  Rejection why = Rejection::kQueueFull;
  std::vector<EndedWait> waits = {};  // in their order
  std::string_view code = {};         // that the client got, of a budget; a constant
  std::string words = {};             // the same
};

}  // namespace headgate::gateway
