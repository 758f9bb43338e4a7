#include "gateway/explain/explained_translation.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/request_reader.h"
#include "gateway/dialect/dialect.h"
#include "gateway/dialect/translated_request.h"
#include "gateway/http/endpoints.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

const EndpointRow* RowOfEndpoint(routing::Endpoint endpoint) {
  const auto* const row =
      std::find_if(kEndpoints.begin(), kEndpoints.end(), [endpoint](const EndpointRow& candidate) {
        return candidate.action == Action::kProxy && candidate.endpoint == endpoint;
      });
  return row == kEndpoints.end() ? nullptr : row;
}

std::string_view WordsOf(backends::ChatProtocol protocol) {
  switch (protocol) {
    case backends::ChatProtocol::kChatCompletions:
      return "chat completions";
    case backends::ChatProtocol::kMessages:
      return "Messages";
    case backends::ChatProtocol::kResponses:
      break;
  }
  return "Responses";
}

json::string_view TextView(std::string_view text) { return {text.data(), text.size()}; }

// Whether the problem is about state that the gateway stores: the daemon replaces it by the history
// before it translates.
bool IsAboutStoredState(const backends::BodyProblem& problem) {
  return problem.param == "previous_response_id" || problem.param == "conversation" ||
         problem.message.find("item_reference") != std::string::npos;
}

void DescribeTranslation(const Translation& translation, const backends::BackendTraits& traits,
                         bool stores_responses, TranslatedRequest& request, json::object& target) {
  WrittenBody written;
  const std::optional<backends::BodyProblem> problem =
      request.Write(translation, traits, /*stream_options=*/true, written);
  target["translated_into"] = TextView(WordsOf(translation.backend));
  if (problem && stores_responses && IsAboutStoredState(*problem)) return;
  if (problem) {
    target["untranslatable"] = problem->message;
  } else if (!written.dropped.empty()) {
    target["dropped"] = written.dropped;
  }
}

}  // namespace

void AddTranslations(const config::Config& config, const routing::CompiledPolicy& policy,
                     const DryRunRequest& request, const DryRunResult& result,
                     json::object& explanation) {
  const EndpointRow* const row = RowOfEndpoint(result.input.endpoint);
  json::value* const targets = explanation.if_contains("targets");
  if (row == nullptr || targets == nullptr) return;
  std::string body = request.body;
  body.resize(body.size() + backends::RequestReader::kPadding, ' ');
  TranslatedRequest translated({body.data(), request.body.size()}, result.model, "req_explained");
  // The kept targets come first, in the order of the plan.
  for (std::size_t i = 0; i < result.decision.plan.size(); ++i) {
    const routing::Target& target = policy.targets()[result.decision.plan[i].target];
    const std::optional<Dialect> dialect = DialectOf(target, *row);
    if (!dialect || !dialect->translation) continue;
    DescribeTranslation(*dialect->translation, TraitsOf(config.backends[target.backend], target),
                        request.stores_responses, translated, targets->as_array()[i].as_object());
  }
}

}  // namespace headgate::gateway
