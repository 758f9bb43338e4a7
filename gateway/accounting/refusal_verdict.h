#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/values/error_body.h"
#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// What a failed attempt is blamed on, and so what is avoided after several such failures.
enum class Blame : std::uint8_t {
  kReplica,  // and all its models: a key belongs to the backend
  kModel,    // a right or a name may concern one model
  kRequest,  // another request may be answered there
};

// What the gateway knows of a refusal besides its body.
struct RefusalContext {
  bool markup = false;         // the body is HTML or XML: a proxy on the way may have written it
  bool usual_endpoint = true;  // chat, or embeddings of a model that offers nothing else
  std::optional<std::chrono::milliseconds> retry_after;
};

struct RefusalVerdict {
  backends::AttemptResult result = backends::AttemptResult::kStatus4xx;
  Blame blame = Blame::kReplica;
  std::string_view alert;  // for the operator's log; empty: no alert
};

// Returns the status of an error inside an answer: the status that the error states, or the status
// that its words mean. Returns 0 if neither is known. Pure.
int ImpliedStatus(const backends::ErrorBody& body);

// Returns what an answer with a status of 400 or more, or an error inside an answer, means for its
// attempt. A client must not be able to make the gateway avoid a target, so an error that the
// request may have caused is blamed on the request. Pure.
RefusalVerdict JudgeRefusal(const backends::ErrorBody& body, const RefusalContext& context);

}  // namespace headgate::gateway
