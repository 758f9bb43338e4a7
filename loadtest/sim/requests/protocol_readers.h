// The readers of one protocol each. They throw Refused (json_fields.h). *stateless*
#pragma once

#include <boost/json.hpp>

#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Chat completions, completions and embeddings.
void ReadOpenAiBody(const boost::json::object& body, CompletionRequest& request);

// POST /v1/messages and /v1/messages/count_tokens.
void ReadMessagesBody(const boost::json::object& body, const RequestPlace& place,
                      CompletionRequest& request);

// What Anthropic's own servers refuse in a body of Messages that is otherwise well formed: tool
// results without their calls, thinking without its signature, fields of another protocol. The
// texts are theirs as far as known (2026). Throws Refused.
void CheckAnthropicRules(const boost::json::object& body, const RequestPlace& place);

// POST /v1/responses.
void ReadResponsesBody(const boost::json::object& body, const RequestPlace& place,
                       CompletionRequest& request);

}  // namespace headgate::loadtest::sim
