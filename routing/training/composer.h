#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/training/example.h"

namespace headgate::routing {

// Composes training texts from sentence forms and word lists (own_prompts.txt explains the
// notation). A few lines add texts that public data lacks, and the result may be published. Lists
// and forms are used in turn, shuffled before each round, so that every word occurs. Some texts
// lose their case or their last mark, as people write. The source of a text is `own-` plus its
// topic. The result depends only on forms and seed. Returns kInvalidArgument for a form with an
// unknown list or a list that contains itself. Pure.
absl::StatusOr<std::vector<Example>> ComposePrompts(std::string_view forms, std::uint64_t seed);

}  // namespace headgate::routing
