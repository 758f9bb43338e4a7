#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/decide/dry_run.h"

namespace headgate::gateway {

// What POST /explain is asked: about a past request, by its id, or about one that is described.
struct ExplainQuestion {
  std::string id;         // empty: the question is about `dry_run`
  DryRunRequest dry_run;  // its body stands as it was sent, so that it is read as a client's
  bool stated_time = false;
};

// Reads {"id": "req_…"}, or {"request": {…}} with, where they matter, "endpoint", "headers" (an
// object of strings), "key" (a name) and "time" (RFC 3339). The error says what is wrong and what
// to write. Each member may be said once. Pure; thread-safe.
struct QuestionRead {
  std::optional<ExplainQuestion> question;
  std::string error;  // only without a question
};
QuestionRead ReadQuestion(std::string_view json);

}  // namespace headgate::gateway
