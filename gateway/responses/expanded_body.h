#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {

// What the body of POST /v1/responses says about stored state.
struct StateInBody {
  std::string previous;      // previous_response_id; empty: none
  std::string conversation;  // its id; empty: none
  bool store = true;         // as OpenAI's default
  // The ids of the elements of `input` that are references to items, in order; empty texts for
  // those that have none.
  std::vector<std::string> references;
  // The body is an object, and each of these members has its type. Otherwise the reader of the
  // request has to say what is wrong.
  bool readable = false;
};

// Reads `body`, which is followed by at least 64 readable bytes. Pure.
StateInBody ReadState(std::string_view body);

// Returns the body with each reference in `input` replaced by the item at the same place of
// `items`, JSON objects; an empty one leaves the reference out. Everything else is as written. At
// least 64 allocated bytes follow the result. REQUIRES: ReadState finds as many references in
// `body` as there are items. Pure.
std::string ReplaceReferences(std::string_view body, const std::vector<std::string>& items);

// Returns the body for a backend without a store: `input` is `history` and then the items of the
// body's own input, previous_response_id and conversation are gone, and store is false. Everything
// else is as written. At least 64 allocated bytes follow the result. `history`: JSON objects.
// REQUIRES: `body` is a JSON object, followed by at least 64 readable bytes. Pure.
std::string ExpandBody(std::string_view body, const std::vector<std::string>& history);

}  // namespace headgate::gateway
