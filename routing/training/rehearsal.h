#pragma once

#include <string_view>
#include <vector>

#include "routing/training/example.h"

namespace headgate::routing {

// routing/training/own_prompts.txt, embedded at build time. Immutable.
std::string_view ShippedForms();

// Adds composed texts of the built-in topics that `examples` does not have, a few hundred of each.
// A model that begins with the shipped table and learns a few topics of an operator would forget
// code, mathematics and everything else; with these texts it learns how its topics differ from
// them. The sources are named `own-`. Adds nothing to texts of a single topic, which no model can
// learn, and of so many topics that there is no room for others. The result is the same every time.
void AddRehearsal(std::vector<Example>& examples);

}  // namespace headgate::routing
