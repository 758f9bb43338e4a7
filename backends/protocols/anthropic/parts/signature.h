#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/values/conversation.h"

namespace headgate::backends::anthropic {

// Signatures in the place that Messages has for them. A signature of another protocol is there
// behind a mark, such as "hg1.responses.", so that it finds back to a backend that can use it.
// Pure; thread-safe.

// Returns the mark of a signature's protocol; empty for Messages itself.
std::string_view SignatureMark(ChatProtocol protocol);

// Reads the text of a `signature`, or of the `data` of hidden thoughts.
Signature ReadSignature(std::string_view text);

}  // namespace headgate::backends::anthropic
