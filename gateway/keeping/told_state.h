#pragma once

#include <string>

namespace headgate::gateway {

// What a client has asked for of the state that this gateway keeps for it. Backends store nothing,
// and are never told of what is continued, so their answers deny all of it: the gateway writes it
// into the response object of the answer. All functions are pure.
struct ToldState {
  bool store = true;
  std::string previous;      // previous_response_id; empty: as the answer has it
  std::string conversation;  // its id; empty: as the answer has it
};

// Writes the state into a whole answer, a response object. Anything else is left as it is.
void TellInAnswer(const ToldState& state, std::string& answer);

// Writes the state into those of the events, whole ones of a stream, that have a response object.
void TellInEvents(const ToldState& state, std::string& events);

}  // namespace headgate::gateway
