#pragma once

#include <boost/json/object.hpp>

#include "gateway/accounting/late_refusal.h"

namespace headgate::gateway {

// Says that the request was refused after its decision: adds the member `refused`, which has the
// word of the metrics, and a part to the answer. The member `queue` of a target where it waited
// says how the wait ended. The forecast of other waits is taken away.
// `explanation`: Explain of the request. Pure; not for the hot path.
void AddRefusal(const LateRefusal& refusal, boost::json::object& explanation);

}  // namespace headgate::gateway
