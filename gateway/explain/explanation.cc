#include "gateway/explain/explanation.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <string_view>

#include "config/base/text.h"
#include "gateway/decide/topic_words.h"
#include "gateway/explain/explained_scope.h"
#include "gateway/explain/failover_words.h"
#include "gateway/http/json_text.h"
#include "routing/decide/ranking.h"
#include "routing/decide/spill.h"
#include "routing/decide/words/refusal.h"
#include "routing/decide/words/spill_words.h"
#include "routing/decide/words/why.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::CompiledPolicy;
using routing::Decision;
using routing::DecisionInput;
using std::string_view;

json::string_view View(string_view text) { return {text.data(), text.size()}; }

double Thousandths(double value) { return std::round(value * 1000) / 1000; }

// When the first token is due after the request has come, and what says so.
void AddDeadline(const CompiledPolicy& policy, const DecisionInput& input, json::object& request) {
  const routing::Class request_class = input.classification.request_class;
  if (input.slo_ttft_ms) {
    request["deadline_ms"] = *input.slo_ttft_ms;
    request["deadline_from"] = "x-slo-ttft-ms";
  } else {
    request["deadline_ms"] = policy.TargetTtft(request_class).count();
    request["deadline_from"] = "target_ttft of class " + policy.NameOf(request_class);
  }
}

json::object Request(const CompiledPolicy& policy, const DecisionInput& input,
                     const Decision& decision) {
  json::object request;
  request["endpoint"] = View(routing::kEndpointNames[static_cast<std::size_t>(input.endpoint)]);
  request["model"] = input.model.kind == routing::ModelRequest::Kind::kTarget
                         ? View(policy.targets()[input.model.target].name)
                     : input.model.kind == routing::ModelRequest::Kind::kModel
                         ? View(input.model.model)
                     : input.model.kind == routing::ModelRequest::Kind::kAuto ? View("auto")
                                                                              : View("unknown");
  request["stream"] = input.stream;
  request["input_tokens"] = decision.input_tokens;
  if (input.max_tokens) request["max_tokens"] = *input.max_tokens;
  if (input.slo_ttft_ms) request["slo_ttft_ms"] = *input.slo_ttft_ms;
  AddDeadline(policy, input, request);
  json::array uses;
  for (const auto& [name, ability] : routing::kAbilityWords) {
    if ((input.uses & ability) != 0) uses.emplace_back(View(name));
  }
  request["uses"] = std::move(uses);
  if (!input.native_only.empty()) request["native_only"] = View(input.native_only);
  if (input.key) {
    request["key"] = policy.keys()[*input.key].name;
    request["team"] = policy.keys()[*input.key].team;
  }
  return request;
}

json::object Classification(const CompiledPolicy& policy, const routing::Classification& c) {
  json::object out;
  out["class"] = policy.NameOf(c.request_class);
  out["class_reason"] = View(routing::ToString(c.class_reason));
  out["band"] = View(config::WordFor(config::kBands, policy.BandOf(c.request_class)));
  out["topic"] = policy.NameOf(c.topic);
  out["topic_reason"] = View(routing::ToString(c.topic_reason));
  out["topic_confidence"] = Thousandths(static_cast<double>(c.topic_confidence));
  out["urgency"] = View(routing::ToString(c.urgency));
  out["urgency_reason"] = View(routing::ToString(c.urgency_reason));
  out["clamped"] = c.clamped;
  return out;
}

// Returns the custom classes up to the class of the request, or all if it got none of them.
json::array Classes(const config::Config& config, const CompiledPolicy& policy, DecisionInput input,
                    const Decision& decision) {
  json::array classes;
  input.classification.request_class = input.classification.built_in_class;
  for (const config::CustomClass& custom_class : config.classes) {
    const std::string why =
        routing::WhyNot(custom_class.when, policy, input, decision.input_tokens);
    json::object described{{"class", custom_class.name}, {"matches", why.empty()}};
    described["because"] =
        why.empty() ? routing::WhatHolds(custom_class.when, policy, input, decision.input_tokens)
                    : why;
    classes.push_back(std::move(described));
    if (why.empty()) break;
  }
  return classes;
}

// Returns the routes up to the route that matched, or all if no route matched.
json::array Routes(const config::Config& config, const CompiledPolicy& policy,
                   const DecisionInput& input, const Decision& decision) {
  json::array routes;
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const std::string why =
        routing::WhyNot(config.routes[i].when, policy, input, decision.input_tokens);
    json::object route{{"route", config.routes[i].name}, {"matches", why.empty()}};
    if (!why.empty()) route["because"] = why;
    routes.push_back(std::move(route));
    if (why.empty()) break;
  }
  return routes;
}

json::object Kept(const CompiledPolicy& policy, const DecisionInput& input,
                  const routing::PlannedTarget& planned) {
  const routing::Candidate& candidate = input.candidates[planned.target];
  json::object out{{"target", policy.targets()[planned.target].name}, {"kept", true}};
  out["expected_cost_usd"] = UsdText(planned.expected_cost);
  out["cost_basis"] = View(routing::ToString(planned.cost_basis));
  out["expected_latency_ms"] = std::llround(planned.expected_latency_ms);
  if (planned.quality) out["score"] = std::round(static_cast<double>(*planned.quality) * 10) / 10;
  out["available"] = planned.available;
  out["in_flight"] = candidate.in_flight;
  if (candidate.slots > 0) out["slots"] = candidate.slots;
  if (policy.targets()[planned.target].hosting == config::Hosting::kSelfHosted) {
    out["predicted_wait_ms"] = std::llround(candidate.predicted_wait_ms);
    out["spilled"] = planned.spilled;
  }
  if (candidate.silent_wait_ms > 0) out["silent_wait_ms"] = std::llround(candidate.silent_wait_ms);
  out["samples"] = candidate.ttft_samples;
  return out;
}

json::array Targets(const config::Config& config, const CompiledPolicy& policy,
                    const DecisionInput& input, const Decision& decision) {
  const config::Prefer prefer = policy.routes()[decision.route].prefer;
  const std::vector<routing::BlendParts> parts = routing::BlendPartsOf(decision.plan);
  json::array targets;
  for (std::size_t i = 0; i < decision.plan.size(); ++i) {
    const routing::PlannedTarget& planned = decision.plan[i];
    json::object kept = Kept(policy, input, planned);
    const std::string queue = routing::QueueWords(policy, input, decision, i);
    if (!queue.empty()) kept["queue"] = queue;
    if (prefer == config::Prefer::kWeighted) kept["weight"] = planned.weight;
    if (prefer == config::Prefer::kBlend) {
      kept["blend"] = Thousandths(planned.blend);
      kept["blend_parts"] = json::object{{"cost", Thousandths(parts[i].cost)},
                                         {"latency", Thousandths(parts[i].latency)},
                                         {"quality", Thousandths(parts[i].quality)}};
    }
    targets.push_back(std::move(kept));
  }
  for (const routing::DroppedTarget& dropped : decision.dropped) {
    targets.push_back(
        json::object{{"target", policy.targets()[dropped.target].name},
                     {"kept", false},
                     {"reason", View(routing::ToString(dropped.reason))},
                     {"because", routing::DropDetail(config, policy, input, decision, dropped)}});
  }
  return targets;
}

// Where the conversation was answered last, and whether the request stays there.
json::object Conversation(const config::Config& config, const CompiledPolicy& policy,
                          const DecisionInput& input, const Decision& decision,
                          Continuation continuation) {
  static constexpr std::array<std::pair<string_view, string_view>, 4> kUnknown = {
      {{"none", "the client names no conversation, and its messages contain no reply"},
       {"new",
        "no target has answered it in the last half hour, or only targets to which it spilled"},
       {"other_topic", "its topic was another one"},
       {"target_gone", "the target that answered it is not configured any more"}}};
  json::object out;
  if (continuation != Continuation::kKnown) {
    const auto& [state, because] = kUnknown[static_cast<std::size_t>(continuation)];
    out["state"] = View(state);
    out["stays"] = false;
    out["because"] = View(because);
    return out;
  }
  out["state"] = "known";
  out["target"] = policy.targets()[*input.conversation_target].name;
  out["stays"] = decision.sticky;
  out["because"] = decision.sticky ? "it answered the conversation before"
                                   : routing::WhyNotKept(config, policy, input, decision);
  return out;
}

string_view PreferName(config::Prefer prefer) {
  return prefer == config::Prefer::kBlend ? "blend" : config::WordFor(config::kPreferences, prefer);
}

bool AnySelfHosted(const CompiledPolicy& policy, const Decision& decision) {
  return std::any_of(decision.plan.begin(), decision.plan.end(), [&](const auto& planned) {
    return policy.targets()[planned.target].hosting == config::Hosting::kSelfHosted;
  });
}

// The route and what became of its targets. REQUIRES: a route matched.
void AddRouting(const config::Config& config, const CompiledPolicy& policy,
                const DecisionInput& input, const Decision& decision, json::object& out) {
  const routing::CompiledRoute& route = policy.routes()[decision.route];
  out["route"] = route.name;
  out["prefer"] = View(PreferName(route.prefer));
  if (route.prefer == config::Prefer::kBlend) {
    out["weights"] = json::object{{"cost", route.blend.cost},
                                  {"latency", route.blend.latency},
                                  {"quality", route.blend.quality}};
  }
  std::string relaxed;
  routing::AppendRelaxed(decision.relaxed, relaxed);
  out["relaxed"] = relaxed.empty() ? "nothing" : relaxed;
  out["sticky"] = decision.sticky;
  out["targets"] = Targets(config, policy, input, decision);
  json::array plan;
  for (const routing::PlannedTarget& planned : decision.plan) {
    plan.emplace_back(policy.targets()[planned.target].name);
  }
  out["plan"] = std::move(plan);
  if (AnySelfHosted(policy, decision)) out["spill"] = routing::SpillRule(route.spill);
  if (decision.spilled_from) out["spilled_from"] = policy.targets()[*decision.spilled_from].name;
  out["failover"] = FailoverWords(config.routes[decision.route].failover);
}

// Rounded to two significant digits, such as 0.00081: it is an estimate.
std::string AboutUsd(NanoUsd amount) {
  NanoUsd unit = 1;
  while (amount / unit >= 100) unit *= 10;
  std::string text = UsdText((amount + unit / 2) / unit * unit);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string CostOf(const routing::PlannedTarget& first) {
  if (first.cost_basis == routing::CostBasis::kUnpriced) return "price unknown";
  if (first.cost_basis == routing::CostBasis::kFreeSlot) return "at no cost, in a free slot";
  return "about " + AboutUsd(first.expected_cost) + " USD";
}

// The result in one line.
std::string Answer(const config::Config& config, const CompiledPolicy& policy,
                   const DecisionInput& input, const Decision& decision) {
  switch (decision.outcome) {
    case routing::Outcome::kPlanned: {
      const routing::PlannedTarget& first = decision.plan.front();
      std::string answer = "route " + policy.routes()[decision.route].name + " \u2192 " +
                           policy.targets()[first.target].name + ", " + CostOf(first);
      if (!first.available) return answer + " (down: no target of the route is up)";
      if (!decision.spilled_from) return answer;
      return answer + " (spilled from " + policy.targets()[*decision.spilled_from].name + ")";
    }
    case routing::Outcome::kNoTarget:
      return "route " + policy.routes()[decision.route].name +
             " \u2192 refused: " + routing::WhyNoTarget(config, policy, input, decision);
    case routing::Outcome::kNoRoute:
      return "refused: no route matches";
    case routing::Outcome::kUnknownModel:
      return "refused: the model is in no backend and no alias";
    case routing::Outcome::kModelNotAllowed:
      return "refused: the key may not use this model";
  }
  return {};
}

}  // namespace

json::object Explain(const config::Config& config, const CompiledPolicy& policy,
                     const DecisionInput& input, const Decision& decision,
                     std::optional<Continuation> continuation) {
  json::object out;
  out["answer"] = Answer(config, policy, input, decision);
  out["request"] = Request(policy, input, decision);
  if (!input.key && config.server.auth == config::AuthMode::kKeys) {
    out["note"] =
        "no key was named: no hint may raise the urgency, and no require of a key or team applies";
  }
  out["classification"] = Classification(policy, input.classification);
  if (!config.classes.empty()) out["classes"] = Classes(config, policy, input, decision);
  if (continuation) {
    out["conversation"] = Conversation(config, policy, input, decision, *continuation);
  }
  out["outcome"] = View(routing::ToString(decision.outcome));
  const bool routed = decision.outcome == routing::Outcome::kPlanned ||
                      decision.outcome == routing::Outcome::kNoTarget;
  if (routed || decision.outcome == routing::Outcome::kNoRoute) {
    out["routes"] = Routes(config, policy, input, decision);
  }
  if (routed) AddRouting(config, policy, input, decision, out);
  if (decision.outcome != routing::Outcome::kPlanned) return out;
  AddScope(config, policy, input, decision, out);
  if (routing::ComesTooLateAt(policy, input, decision, 0)) {
    const std::string_view answer = out.at("answer").as_string();
    out["answer"] = config::Concat(answer, "; ", routing::QueueWords(policy, input, decision, 0));
  }
  return out;
}

void AddTopicDetails(const routing::TopicOpinions* opinions,
                     const std::vector<routing::TopicEvidence>& features,
                     json::object& explanation) {
  if (opinions == nullptr) return;
  AddTopicModels(*opinions, explanation.at("classification").as_object());
  if (features.empty()) return;
  explanation["features"] = FeaturesJson(*opinions->decider().model, features);
}

void AddPassedOverHints(const std::vector<std::string>& hints, json::object& explanation) {
  if (hints.empty()) return;
  json::array& out = explanation["passed_over"].emplace_array();
  for (const std::string& hint : hints) out.emplace_back(hint);
}

void NameUnknownModel(std::string_view written, json::object& explanation) {
  if (explanation.at("outcome").as_string() != "unknown_model" || written.empty()) return;
  explanation.at("request").as_object()["model"] = View(written);
  explanation["answer"] =
      config::Concat("refused: model `", written, "` is in no backend and no alias");
}

}  // namespace headgate::gateway
