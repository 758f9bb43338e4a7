// The pages on which llama.cpp and Ollama tell their load as JSON. *stateless*
#pragma once

#include <string>

#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

// GET /slots of llama.cpp: an array with an object for each slot. Releases up to 2024 say `state`
// (0 or 1) instead of `is_processing`, which --old-names asks for.
std::string SlotsPage(const Replica& replica);

// GET /api/ps of Ollama: the models that are loaded. A model is loaded by its first request, and
// unloaded five minutes after its last one. `wall` is the time of day at `now`.
std::string LoadedModelsPage(const Replica& replica, TimePoint now,
                             std::chrono::system_clock::time_point wall);

}  // namespace headgate::loadtest::sim
