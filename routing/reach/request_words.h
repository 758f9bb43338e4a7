#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "routing/policy/policy.h"
#include "routing/reach/request_box.h"
#include "routing/reach/request_space.h"

namespace headgate::routing {

// "a", "a and b", "a, b and c".
std::string Listed(const std::vector<std::string>& names, const char* last = " and ");

// The same with at most `most` entries. If there are more names, the last entry is "2 more".
std::string ListedAtMost(std::size_t most, std::vector<std::string> names,
                         const char* last = " and ");

// What the pattern looks at, such as "header x-a" or "metadata job".
std::string TextOf(const Pattern& pattern);

// What the requests of a box have in common, in words: "of class code, without header x-a". Empty
// for a box without restrictions. `zones` are those of the dimensions from kZones on. Pure.
std::string WordsOf(const RequestBox& box, const CompiledPolicy& policy, const RequestSpace& space,
                    const std::vector<absl::TimeZone>& zones);

}  // namespace headgate::routing
