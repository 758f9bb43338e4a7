#pragma once

#include <string>

#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

// GET /metrics of vLLM, SGLang, TGI and llama.cpp, in the Prometheus text format, with the names of
// the personality: those of its releases in 2026, or with --old-names those of older releases. The
// figures are the state by which the engine decides. REQUIRES: the personality has the page.
std::string EngineMetrics(const Replica& replica);

}  // namespace headgate::loadtest::sim
