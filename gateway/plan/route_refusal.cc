#include "gateway/plan/route_refusal.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "backends/protocols/values/body_facts.h"
#include "config/base/text.h"
#include "gateway/snapshot/models.h"
#include "routing/decide/words/refusal.h"

namespace headgate::gateway {
namespace {

// Seconds until another try if live windows leave no target. The windows reach ten minutes back and
// change with every answer. A shorter wait would give the same result, and a longer wait would be
// wasted.
constexpr int kRetryRequirement = 10;

// Returns the refusal for a route without a target; the caller adds the message.
ClientError NoTarget(const routing::Decision& decision, routing::Endpoint endpoint) {
  if (routing::MayFindTargetLater(decision)) {
    return {.status = 503,
            .type = "server_error",
            .code = "no_target",
            .param = {},
            .message = {},
            .retry_after_s = kRetryRequirement};
  }
  // Checked after everything else that does not change, because a shorter request would find a
  // target.
  const bool too_long =
      std::any_of(decision.dropped.begin(), decision.dropped.end(),
                  [](const auto& dropped) { return dropped.reason == routing::Drop::kContext; });
  if (too_long) {
    const bool responses = endpoint == routing::Endpoint::kResponses;
    return {.code = "context_length_exceeded",
            .param = responses ? "input" : "messages",
            .message = {},
            .retry_after_s = {}};
  }
  return {.code = "no_target", .param = {}, .message = {}, .retry_after_s = {}};
}

// Returns whether the request would have a target if it had no thread. Anthropic's SDKs send the
// whole conversation without one when they read the code of this refusal.
bool LacksAThread(const RequestDecision& decided) {
  const auto& dropped = decided.decision().dropped;
  return decided.input().native_only == backends::kNativeThread &&
         std::any_of(dropped.begin(), dropped.end(), [](const auto& target) {
           return target.reason == routing::Drop::kNativeOnly;
         });
}

ClientError NoRoute(const Snapshot& snapshot, RequestAccount& account) {
  account.rejection = Rejection::kNoRoute;
  const std::size_t routes = snapshot.policy->routes().size();
  account.error = routes == 1 ? "the only route does not match"
                              : "none of the " + std::to_string(routes) + " routes matches";
  return {.status = 400,
          .code = "no_route",
          .message =
              "No route of this gateway's policy takes this request; ask "
              "whoever runs it for a route without `when`."};
}

// Returns whether the request continues a response, or refers to an item, that only a backend could
// have stored. Where the gateway stores responses, requests are planned with their history and
// their items, and never ask for this.
bool ContinuesUnknownResponse(const RequestDecision& decided) {
  const std::string_view need = decided.input().native_only;
  const auto& dropped = decided.decision().dropped;
  return (need == "previous_response_id" || need == "conversation" || need == "item_reference") &&
         std::any_of(dropped.begin(), dropped.end(), [](const auto& target) {
           return target.reason == routing::Drop::kNativeOnly;
         });
}

bool OnlyNativeNeed(const routing::Decision& decision) {
  return decision.outcome == routing::Outcome::kNoTarget && !decision.dropped.empty() &&
         std::all_of(decision.dropped.begin(), decision.dropped.end(), [](const auto& target) {
           return target.reason == routing::Drop::kNativeOnly ||
                  target.reason == routing::Drop::kNotRequestedModel;
         });
}

// Needs of Signals::native_only, and the members of the body that make them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kMembersOfNeeds = {
    {{"logprobs", "logprobs"},
     {"prediction", "prediction"},
     {"moderation", "moderation"},
     {"web_search_options", "web_search_options"},
     {"more than one choice (n)", "n"},
     {"tools that are not functions", "tools"},
     {"built-in tools", "tools"},
     {"Anthropic's own tools", "tools"},
     {"mcp_servers", "mcp_servers"},
     {"a container", "container"},
     {backends::kNativeThread, "thread"},
     {"prompt", "prompt"},
     {"previous_response_id", "previous_response_id"},
     {"conversation", "conversation"}}};

// Says what the client can change if each target lacks nothing but the client's own protocol.
void AdviseOnNativeNeed(const routing::DecisionInput& input, ClientError& refusal) {
  const auto member =
      std::find_if(kMembersOfNeeds.begin(), kMembersOfNeeds.end(),
                   [&input](const auto& one) { return one.first == input.native_only; });
  if (member == kMembersOfNeeds.end()) {
    refusal.message += " Leave that out, or ask for a model of such a backend.";
    return;
  }
  refusal.param = member->second;
  const bool tools = refusal.param == "tools";
  refusal.message +=
      config::Concat(tools ? " Offer functions only" : " Leave out `", tools ? "" : refusal.param,
                     tools ? "" : "`", ", or ask for a model of such a backend.");
}

}  // namespace

std::optional<ClientError> RouteRefusal(const RequestDecision& decided, bool expose,
                                        RequestAccount& account) {
  const routing::Decision& decision = decided.decision();
  const Snapshot& snapshot = *account.snapshot;
  switch (decision.outcome) {
    case routing::Outcome::kPlanned:
      return std::nullopt;
    case routing::Outcome::kUnknownModel:
      account.rejection = Rejection::kModel;
      account.error = "the model is in no backend, and no alias";
      return UnknownModel(account.model);
    case routing::Outcome::kModelNotAllowed:
      account.rejection = Rejection::kModel;
      account.error = "key " + snapshot.config->keys[*account.key].name + " may not use model " +
                      std::string(decided.input().model.model);
      return UnknownModel(account.model);
    case routing::Outcome::kNoRoute:
      return NoRoute(snapshot, account);
    case routing::Outcome::kNoTarget:
      break;
  }
  account.rejection = Rejection::kNoTarget;
  account.error =
      routing::WhyNoTarget(*snapshot.config, *snapshot.policy, decided.input(), decision);
  ClientError refusal = NoTarget(decision, decided.input().endpoint);
  if (refusal.status == 400 && LacksAThread(decided)) refusal.code = "thread_unsupported_request";
  refusal.message = routing::WhyNoTargetInGeneral(*snapshot.policy, decided.input(), decision);
  if (ContinuesUnknownResponse(decided)) {
    refusal.message +=
        " This gateway can store responses itself, for every backend: whoever runs it sets "
        "`responses` and `server.state`. Without them send the whole input each time.";
  }
  // The general words say it all then.
  const bool native_alone = OnlyNativeNeed(decision);
  if (native_alone) AdviseOnNativeNeed(decided.input(), refusal);
  if (expose && !native_alone)
    refusal.message.append(" Precisely: ").append(account.error).append(".");
  return refusal;
}

}  // namespace headgate::gateway
