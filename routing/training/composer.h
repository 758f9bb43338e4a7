#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "routing/training/example.h"

namespace headgate::routing {

// Composes training texts from sentence forms and word lists (own_prompts.txt explains their
// notation): what public data lacks can be said in a few lines, and may be published. Lists and
// forms are walked in turn, in an order shuffled anew each time, so every word occurs; some texts
// lose their case or their last mark, as people write. The source of a text is `own-` and its
// topic. The same for the same forms and seed. A form with a list that there is not, or that
// contains itself, is kInvalidArgument. Pure.
absl::StatusOr<std::vector<Example>> ComposePrompts(std::string_view forms, std::uint64_t seed);

}  // namespace headgate::routing
