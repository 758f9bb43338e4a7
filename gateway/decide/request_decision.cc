#include "gateway/decide/request_decision.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "gateway/decide/request_signals.h"
#include "routing/classify/classifier.h"
#include "routing/decide/request_facts.h"

namespace headgate::gateway {

namespace {

// What the daemon replaces by the history before it reads the request.
bool IsStoredState(std::string_view need) {
  return need == "previous_response_id" || need == "conversation" || need == "item_reference";
}

}  // namespace

std::optional<backends::BodyProblem> RequestDecision::Make(const IncomingRequest& request,
                                                           const DecisionContext& context) {
  const routing::CompiledPolicy& policy = context.policy;
  if (std::optional<backends::BodyProblem> problem =
          reader_.Read(BodyOf(request.endpoint), request.body.data(), request.body.size(), view_,
                       request.path_model)) {
    return problem;
  }
  FillSignals(request.endpoint, view_.facts, request.head, signals_);
  if (request.stores_responses && IsStoredState(signals_.native_only)) signals_.native_only = {};
  const std::optional<ConversationTable::Entry> last = FindConversation(request, context);
  // A reload may have removed the model that has the topic.
  if (last && static_cast<std::size_t>(last->topic) < policy.topic_names().size()) {
    signals_.conversation_topic = last->topic;
  }
  input_.classification =
      routing::Classify(signals_, policy.TrustOf(request.key), policy.classifier());
  input_.seed = context.seed;
  input_.unix_seconds = context.unix_seconds;
  TakeConversation(last, context.conversations);
  Describe(request, policy);
  context.load(input_, input_.candidates);
  routing::Decide(policy, input_, decision_);
  return std::nullopt;
}

std::optional<ConversationTable::Entry> RequestDecision::FindConversation(
    const IncomingRequest& request, const DecisionContext& context) {
  const Conversations& conversations = context.conversations;
  conversation_.reset();
  if (conversations.namer == nullptr) return std::nullopt;
  const std::string_view key =
      request.key ? std::string_view(context.policy.keys()[*request.key].name) : "";
  conversation_ = conversations.namer->NameOf(key, signals_);
  if (!conversation_) return std::nullopt;
  return conversations.use ? conversations.table->Find(*conversation_, conversations.now)
                           : conversations.table->Peek(*conversation_, conversations.now);
}

// Sets the target that answered the conversation last, if the topic is still the same.
void RequestDecision::TakeConversation(const std::optional<ConversationTable::Entry>& last,
                                       const Conversations& conversations) {
  input_.conversation_target.reset();
  if (!last || last->target == ConversationTable::kNoPlace) {
    continuation_ = conversation_ ? Continuation::kNew : Continuation::kNone;
    return;
  }
  if (last->topic != input_.classification.topic) {
    continuation_ = Continuation::kOtherTopic;
    return;
  }
  const std::vector<LabelId>& labels = *conversations.target_labels;
  const auto found = std::find(labels.begin(), labels.end(), last->target);
  if (found == labels.end()) {  // a reload has removed it
    continuation_ = Continuation::kTargetGone;
    return;
  }
  continuation_ = Continuation::kKnown;
  input_.conversation_target = static_cast<std::size_t>(found - labels.begin());
}

void RequestDecision::Describe(const IncomingRequest& request,
                               const routing::CompiledPolicy& policy) {
  routing::FillRequest(policy, signals_, request.key, input_);
  for (const std::string& name : policy.header_names()) {
    request.head.ForEachValue(
        name, [&](std::string_view value) { routing::AddHeader(policy, name, value, input_); });
  }
  routing::ApplyCustomClasses(policy, input_);
}

}  // namespace headgate::gateway
