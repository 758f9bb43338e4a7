#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace headgate::backends {

// What a member of an error object is for. Several names mean the same; case and underscores are
// ignored. The order is the order in which the words are believed: a wrapper comes before its
// sibling members.
enum Member : std::uint8_t {
  kError,        // an object or list, in most dialects
  kMessage,      // text in most dialects; an object with `detail` at Mistral
  kDescription,  // OAuth, where `error` is a code
  kDetail,       // FastAPI: text, object or list; RFC 9457: text; Azure: a list
  kErrors,       // Cloudflare, watsonx: a list; ASP.NET: lists by the name of a field
  kErrorText,    // `error` as a text: TGI, Ollama's own protocol, xAI, Hugging Face
  kReason,
  kChoices,   // OpenRouter: each may have an `error`
  kTitle,     // RFC 9457
  kMetadata,  // OpenRouter: `raw` has the words of the server behind it
  kInner,     // Azure: `innererror` with a code
  kLocation,  // FastAPI: which field
  kType,
  kCode,
  kStatusWord,  // a number; Google: "INVALID_ARGUMENT"
  kParam,
  kMemberCount,
};

// Returns the member that `key` names, if any. Pure; thread-safe.
std::optional<Member> MemberOf(std::string_view key);

}  // namespace headgate::backends
