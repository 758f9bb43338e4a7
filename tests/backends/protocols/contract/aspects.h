#pragma once

#include <map>
#include <string>

#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends::contract {

// What a conversation or an answer says, by aspect: "temperature" -> "0.5". Only what is said is
// there. Two forms that mean the same have the same aspects: texts of one turn in several parts or
// in one, turns of one role in a row, a note of the system to the user.
using Aspects = std::map<std::string, std::string>;

Aspects AspectsOf(const Conversation& conversation);
Aspects AspectsOf(const Answer& answer);

// Returns the aspects in which they differ, with both values.
std::map<std::string, std::string> DifferencesOf(const Aspects& before, const Aspects& after);

}  // namespace headgate::backends::contract
