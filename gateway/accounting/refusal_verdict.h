#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "backends/protocols/values/error_body.h"
#include "backends/upstream/upstream_error.h"

namespace headgate::gateway {

// Whom a failed attempt speaks against, and so what is left alone after several of them.
enum class Blame : std::uint8_t {
  kReplica,  // and all its models: a key is the backend's
  kModel,    // a right or a name may be one model's
  kRequest,  // another request may be answered there
};

// What the gateway knows of a refusal beside its body.
struct RefusalContext {
  bool markup = false;         // the body is a page: something on the way may have written it
  bool usual_endpoint = true;  // chat, or embeddings of a model that has nothing else
  std::optional<std::chrono::milliseconds> retry_after;
};

struct RefusalVerdict {
  backends::AttemptResult result = backends::AttemptResult::kStatus4xx;
  Blame blame = Blame::kReplica;
  std::string_view alert;  // for the operator's log; empty: none
};

// The status of an error inside an answer: what the error says, or what its words mean; 0: neither.
// Pure.
int ImpliedStatus(const backends::ErrorBody& body);

// What an answer with a status of 400 or more, or an error inside an answer, means for its attempt.
// A client must not be able to have a target passed over for the others: what the request may have
// caused is blamed on the request. Pure.
RefusalVerdict JudgeRefusal(const backends::ErrorBody& body, const RefusalContext& context);

}  // namespace headgate::gateway
