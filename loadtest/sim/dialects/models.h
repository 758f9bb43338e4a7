// The answers of GET /v1/models and /v1/models/{id}. *stateless*
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadtest/sim/replica/options.h"

namespace headgate::loadtest::sim {

// Returns the description of one model.
std::string ModelJson(Personality personality, std::string_view id);

// Returns the list of all models. Anthropic returns one page of it: `limit`, `after_id` and
// `before_id` in the query of `target` choose the page. A limit outside 1..1000 counts as 20.
std::string ModelsJson(Personality personality, const std::vector<std::string>& models,
                       std::string_view target);

}  // namespace headgate::loadtest::sim
