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

// The same of at most `most` names; of more, the last is "2 more".
std::string ListedAtMost(std::size_t most, std::vector<std::string> names,
                         const char* last = " and ");

// "header x-a", "metadata job": what the pattern looks at.
std::string TextOf(const Pattern& pattern);

// What the requests of a box have in common, for people: "of class code, without header x-a". Empty
// for a box that says nothing. `zones`: of the dimensions from kZones on. Pure.
std::string WordsOf(const RequestBox& box, const CompiledPolicy& policy, const RequestSpace& space,
                    const std::vector<absl::TimeZone>& zones);

}  // namespace headgate::routing
