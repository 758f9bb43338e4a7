#include "loadtest/sim/dialects/answer_shapes.h"

#include "loadtest/sim/dialects/chat_shapes.h"
#include "loadtest/sim/dialects/messages_shapes.h"
#include "loadtest/sim/dialects/responses_shapes.h"

namespace headgate::loadtest::sim {

std::unique_ptr<AnswerShapes> MakeShapes(Personality personality, const CompletionRequest& request,
                                         std::uint64_t tag, std::int64_t created) {
  switch (request.endpoint) {
    case Endpoint::kMessages:
    case Endpoint::kCountTokens:
      return std::make_unique<MessagesShapes>(personality, request, tag);
    case Endpoint::kResponses:
      return std::make_unique<ResponsesShapes>(personality, request, tag, created);
    default:
      return std::make_unique<ChatShapes>(personality, request, tag, created);
  }
}

std::string CallId(const ToolCall& call, std::string_view prefix, std::string_view tag,
                   std::int64_t number) {
  if (!call.id.empty()) return call.id;
  std::string id(prefix);
  return id.append(tag).append("_").append(std::to_string(number));
}

}  // namespace headgate::loadtest::sim
