#pragma once

#include <string_view>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// Returns why no answer to the client's `body` can go on elsewhere, as "it asks for logprobs", or
// nothing. The text is a constant. Pure.
//
// * More than one choice: they are generated together.
// * Log probabilities: the client could not tell those of two models apart.
// * A call of a tool that must come: its beginning cannot be continued as text.
// * An answer in JSON, with a schema or without, and vLLM's other grammars: engines begin the
//   grammar anew with the first token that they generate, so the rest would be a second document.
// * A conversation, or an answer before it, that only its provider knows.
std::string_view WhyNotResumable(ChatProtocol client, std::string_view body);

}  // namespace headgate::backends
