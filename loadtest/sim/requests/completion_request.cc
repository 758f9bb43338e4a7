#include "loadtest/sim/requests/completion_request.h"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include "loadtest/sim/base/text.h"
#include "loadtest/sim/requests/json_fields.h"
#include "loadtest/sim/requests/messages_request.h"
#include "loadtest/sim/requests/openai_request.h"
#include "loadtest/sim/requests/responses_request.h"

namespace headgate::loadtest::sim {
namespace {

namespace json = boost::json;

std::string_view ModelName(const json::object& body, const RequestPlace& place) {
  std::string_view model = TextMember(body, "model");
  if (model.empty()) model = place.deployment;
  if (!model.empty()) return model;
  switch (place.endpoint) {
    case Endpoint::kMessages:
    case Endpoint::kCountTokens:
      RefuseBody("model: Field required", "model");
    case Endpoint::kResponses:
      RefuseBody("Missing required parameter: 'model'.", "model", "missing_required_parameter");
    default:
      RefuseBody("you must provide a model parameter", "model");
  }
}

// Anthropic's protocol has no such member, and vLLM and SGLang ignore it there.
std::int64_t ReadPriority(const json::object& body, const RequestPlace& place) {
  const json::value* const given = Member(body, "priority");
  if (given == nullptr || place.priority == PriorityUse::kIgnored ||
      place.endpoint == Endpoint::kMessages || place.endpoint == Endpoint::kCountTokens) {
    return 0;
  }
  using Limits = std::numeric_limits<std::int32_t>;
  const std::int64_t* const priority = given->if_int64();
  if (priority == nullptr || *priority < Limits::min() || *priority > Limits::max()) {
    RefuseBody("`priority` must be an integer", "priority");
  }
  if (place.priority == PriorityUse::kZeroOnly && *priority != 0) {
    RefuseBody(
        "Got priority " + std::to_string(*priority) + " but Priority scheduling is not enabled.",
        "priority");
  }
  return *priority;
}

// Requests that share a cache must have the same model and the same `cache_salt` (vLLM, SGLang).
void BeginPrompt(const json::object& body, const RequestPlace& place, CompletionRequest& request) {
  if (!place.hash_prompt) return;
  std::string seed = request.model;
  request.prompt.Begin(seed.append("\n").append(TextOrNone(body, "cache_salt")));
}

CompletionRequest ReadBody(const RequestPlace& place, const json::value& parsed) {
  if (!parsed.is_object()) RefuseBody("the body must be a JSON object", "");
  const json::object& body = parsed.get_object();
  CompletionRequest request;
  request.endpoint = place.endpoint;
  const auto [name, suffix] = SplitOnce(ModelName(body, place), '#');
  request.model = name;
  request.fault = suffix;
  const std::string_view field = TextMember(body, "x_sim");
  if (!request.fault.empty() && !field.empty()) request.fault += ';';
  request.fault += field;
  request.priority = ReadPriority(body, place);
  BeginPrompt(body, place, request);
  switch (place.endpoint) {
    case Endpoint::kMessages:
    case Endpoint::kCountTokens:
      ReadMessagesBody(body, place, request);
      break;
    case Endpoint::kResponses:
      ReadResponsesBody(body, place, request);
      break;
    default:
      ReadOpenAiBody(body, place, request);
  }
  // A chat template ends with the start of the answer, unless the request already has that.
  if (place.endpoint != Endpoint::kCompletions && request.prefix.empty()) {
    request.prompt.Message("assistant");
  }
  return request;
}

}  // namespace

std::int64_t TextTokens(std::string_view text) {
  return std::max<std::int64_t>(1, (static_cast<std::int64_t>(text.size()) + 3) / 4);
}

std::variant<CompletionRequest, Refusal> ParseCompletionRequest(const RequestPlace& place,
                                                                std::string_view body) {
  std::array<unsigned char, 8192> space;
  json::monotonic_resource memory(space.data(), space.size());
  json::parse_options options;
  options.max_depth = 2048;  // far above the limit of a gateway, and safe for the stack
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error, &memory, options);
  if (error) return Refusal{400, "the body is not valid JSON: " + error.message(), "", ""};
  try {
    return ReadBody(place, parsed);
  } catch (const Refused& refused) {
    return refused.refusal;
  }
}

}  // namespace headgate::loadtest::sim
