// The pages on which the simulator tells what it has seen and done. Every personality has them.
// *stateless*
#pragma once

#include "loadtest/sim/server/call.h"

namespace headgate::loadtest::sim {

// Answers a witness page, whatever outage there is. Returns false, and does nothing, if the request
// is for another page.
bool AnswerWitness(Call& call);

}  // namespace headgate::loadtest::sim
