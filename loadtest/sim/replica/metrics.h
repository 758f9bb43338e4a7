#pragma once

#include <string>

#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

// GET /metrics of the vLLM personality, in the Prometheus text format.
std::string EngineMetrics(const Replica& replica);

}  // namespace headgate::loadtest::sim
