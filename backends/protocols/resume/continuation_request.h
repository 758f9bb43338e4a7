#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/resume/prefill.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/client_seam.h"

namespace headgate::backends {

// Returns the tokens that an answer has had so far: as reported, else estimated as the larger of
// the number of its events and a quarter of its bytes. Pure.
std::int64_t TokensSoFar(const AnswerUsage& usage, std::int64_t token_events,
                         std::string_view text);

// What a continuation is written from.
struct ContinuationOrder {
  // The body as the backend would get it for an answer from the start: a client's own bytes with
  // its places rewritten, or a translated body.
  std::string_view body;
  const ClientSeam& seam;
  std::int64_t tokens_so_far = 0;
  const PrefillDialect* dialect = nullptr;  // null: the backend cannot continue a text
};

// A request for the rest of an answer.
struct ContinuationRequest {
  std::string body;
  // The views that a Seam wants.
  std::string sent;
  std::string withheld;
  Repeats repeats = Repeats::kNever;
};

// Writes the request for the rest. White space at the end of the text is withheld: some backends
// refuse it, templates of others cut it off, and models go on better from the end of a word. If
// nothing is left, the request is that for the whole answer, which any backend takes. The most
// tokens that the client asked for become fewer by those of the beginning, and at least 1. Members
// that nobody reads stay as they are.
//
// Returns why it cannot be written, or nothing; the text is a constant. Reasons are: the backend
// has no dialect; it is to think, and then refuses; the last message of the client is the
// assistant's and is not a text; the text ends with the beginning of a stop sequence, which no
// backend would find. (A stop sequence that begins with withheld white space is found.) Pure.
std::string_view WriteContinuation(const ContinuationOrder& order, ContinuationRequest& request);

}  // namespace headgate::backends
