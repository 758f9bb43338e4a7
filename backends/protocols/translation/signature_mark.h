#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// A signature can only be used by the backend that wrote it: others refuse the whole request. So a
// signature of a translated answer is handed to the client behind a mark, which says the protocol
// and the backend: "hg1.messages.1a2b3c4d.", or "hg1.chat.…", "hg1.responses.…". Thoughts that
// nobody signed get the mark alone. A mark comes back with the conversation, so nothing has to be
// remembered. Pure; thread-safe.

// Returns the name of a backend in marks: eight hexadecimal digits that are made of its name in the
// configuration, so that they are the same after a restart and in each instance, and tell the
// client nothing of the supplier.
std::string SignatureOrigin(std::string_view backend_name);

// Returns the mark of a signature. `origin` is empty if the backend is not known: there is none in
// the mark then.
std::string SignatureMark(ChatProtocol protocol, std::string_view origin);

// Returns a backend's signature as a client of `client` gets it: as it is if the backend has the
// client's protocol. An empty signature gets the mark alone if the origin is known. `protocol`: of
// the signature.
std::string SignatureFor(ChatProtocol client, std::string_view signature, ChatProtocol protocol,
                         const AnswerContext& context);

// Reads a signature in a client's body. One without a mark is of `protocol`, the client's own.
Signature ReadSignature(ChatProtocol protocol, std::string_view text);

// All marks begin so.
inline constexpr std::string_view kSignatureMarkBegin = "hg1.";
inline bool HasSignatureMark(std::string_view text) {
  return text.starts_with(kSignatureMarkBegin);
}

}  // namespace headgate::backends
