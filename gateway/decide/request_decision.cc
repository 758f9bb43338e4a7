#include "gateway/decide/request_decision.h"

#include <algorithm>
#include <string>

#include "gateway/decide/request_signals.h"
#include "routing/classify/classifier.h"
#include "routing/decide/request_facts.h"

namespace headgate::gateway {

std::optional<backends::BodyProblem> RequestDecision::Make(const IncomingRequest& request,
                                                           const Circumstances& around) {
  const routing::CompiledPolicy& policy = around.policy;
  if (std::optional<backends::BodyProblem> problem =
          reader_.Read(BodyOf(request.endpoint), request.body.data(), request.body.size(), view_,
                       request.path_model)) {
    return problem;
  }
  FillSignals(request.endpoint, view_.facts, request.head, signals_);
  const std::optional<SessionTable::Entry> session = FindConversation(request, around);
  // A reload may have taken the model that knew the topic.
  if (session && static_cast<std::size_t>(session->topic) < policy.topic_names().size()) {
    signals_.session_topic = session->topic;
  }
  input_.classification =
      routing::Classify(signals_, policy.TrustOf(request.key), policy.classifier());
  input_.seed = around.seed;
  input_.unix_seconds = around.unix_seconds;
  TakeSession(session, around.conversations);
  Describe(request, policy);
  around.load(input_.classification.request_class, input_.candidates);
  routing::Decide(policy, input_, decision_);
  return std::nullopt;
}

std::optional<SessionTable::Entry> RequestDecision::FindConversation(const IncomingRequest& request,
                                                                     const Circumstances& around) {
  const Conversations& conversations = around.conversations;
  conversation_.reset();
  if (conversations.namer == nullptr) return std::nullopt;
  const std::string_view key =
      request.key ? std::string_view(around.policy.keys()[*request.key].name) : "";
  conversation_ = conversations.namer->NameOf(key, signals_);
  if (!conversation_) return std::nullopt;
  return conversations.use ? conversations.table->Find(*conversation_, conversations.now)
                           : conversations.table->Peek(*conversation_, conversations.now);
}

// Where the conversation was answered last, while it is about the same.
void RequestDecision::TakeSession(const std::optional<SessionTable::Entry>& session,
                                  const Conversations& conversations) {
  input_.session_target.reset();
  if (!session) {
    continuation_ = conversation_ ? Continuation::kNew : Continuation::kNone;
    return;
  }
  if (session->topic != input_.classification.topic) {
    continuation_ = Continuation::kOtherTopic;
    return;
  }
  const std::vector<LabelId>& labels = *conversations.target_labels;
  const auto found = std::find(labels.begin(), labels.end(), session->target);
  if (found == labels.end()) {  // a reload has removed it
    continuation_ = Continuation::kTargetGone;
    return;
  }
  continuation_ = Continuation::kKnown;
  input_.session_target = static_cast<std::size_t>(found - labels.begin());
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
