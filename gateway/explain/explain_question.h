#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/decide/dry_run.h"

namespace headgate::gateway {

// A question to POST /explain: about a past request, by its id, or about a request that it holds.
struct ExplainQuestion {
  std::string id;         // empty: the question is about `dry_run`
  DryRunRequest dry_run;  // its body is unchanged, so that it is read like a client's
  bool stated_time = false;
  bool verbose = true;  // with what the topic model saw, words of the prompt included
};

// Reads {"id": "req_…"}, or {"request": {…}} with optional "endpoint", "headers" (an object of
// strings), "key" (a name), "time" (RFC 3339) and "verbose" (true or false). Each member may occur
// once. The error says what is wrong, then what to write. Pure; thread-safe.
struct QuestionRead {
  std::optional<ExplainQuestion> question;
  std::string error;  // set if there is no question
};
QuestionRead ReadQuestion(std::string_view json);

}  // namespace headgate::gateway
