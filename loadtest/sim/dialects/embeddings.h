#pragma once

#include <optional>
#include <string>

#include "loadtest/sim/dialects/completion_request.h"
#include "loadtest/sim/dialects/openai_shapes.h"

namespace headgate::loadtest::sim {

// The answer of /embeddings. Its numbers depend only on the inputs.
std::string EmbeddingsJson(const CompletionRequest& request, const std::optional<Usage>& usage);

}  // namespace headgate::loadtest::sim
