#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "gateway/decide/request_decision.h"
#include "routing/classify/topic_explanation.h"
#include "routing/classify/topic_opinions.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Explains a decision in words:
// * the answer as one sentence;
// * the class and its reason, and why custom classes do not match;
// * when the first token is due, which orders requests that wait;
// * whether the request stays where its conversation was answered;
// * the route, and why earlier routes do not match;
// * every target kept or dropped and why, expected cost, latency and score;
// * at self-hosted targets the predicted wait, and whether the request waits there or spills;
// * the parts of a blend, and the plan.
// It has signals and figures only, never words of a prompt or values of headers. `continuation` is
// nullopt if conversations are not known. Pure; not for the hot path.
boost::json::object Explain(const config::Config& config, const routing::CompiledPolicy& policy,
                            const routing::DecisionInput& input, const routing::Decision& decision,
                            std::optional<Continuation> continuation);

// Puts the model name as the client wrote it into the explanation of a request whose model is
// unknown. Recorded requests do not have that name. Does nothing for other outcomes.
void NameUnknownModel(std::string_view written, boost::json::object& explanation);

// Adds why hints of the request do not count (PassedOverHints). Only for people who ask about their
// own request. Adds nothing if all count.
void AddPassedOverHints(const std::vector<std::string>& hints, boost::json::object& explanation);

// Adds what the topic models said, if they decided the topic (AddTopicModels). With `features` also
// what the model that decided saw, words of the prompt included: only for people who ask about
// their own prompt.
void AddTopicDetails(const routing::TopicOpinions* opinions,
                     const std::vector<routing::TopicEvidence>& features,
                     boost::json::object& explanation);

}  // namespace headgate::gateway
