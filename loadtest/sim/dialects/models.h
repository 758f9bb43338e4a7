// The answers of GET /v1/models and /v1/models/{id}. *stateless*
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/replica/options.h"

namespace headgate::loadtest::sim {

std::string ModelJson(Personality personality, std::string_view id);

// A list of all. Anthropic's is one page of it, as `limit`, `after_id` and `before_id` in the query
// of `target` say; a limit that is not 1..1000 counts as 20.
std::string ModelsJson(Personality personality, const std::vector<std::string>& models,
                       std::string_view target);

}  // namespace headgate::loadtest::sim
