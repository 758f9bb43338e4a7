#pragma once

#include <optional>
#include <string>

#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// The answer of /embeddings. Its numbers depend only on the inputs.
std::string EmbeddingsJson(const CompletionRequest& request, const std::optional<Usage>& usage);

}  // namespace headgate::loadtest::sim
