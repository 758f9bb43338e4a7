#include "gateway/explanation.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gateway/http/json_text.h"
#include "routing/why.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using routing::CompiledPolicy;
using routing::Decision;
using routing::DecisionInput;
using std::string_view;

json::string_view View(string_view text) { return {text.data(), text.size()}; }

std::string Usd(NanoUsd amount) {
  std::string out;
  AppendUsd(amount, out);
  return out;
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
  json::array uses;
  if ((input.uses & routing::kTools) != 0) uses.emplace_back("tools");
  if ((input.uses & routing::kJsonSchema) != 0) uses.emplace_back("json_schema");
  if ((input.uses & routing::kImages) != 0) uses.emplace_back("images");
  if ((input.uses & routing::kAudio) != 0) uses.emplace_back("audio");
  request["uses"] = std::move(uses);
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
  out["topic"] = View(routing::ToString(c.topic));
  out["topic_reason"] = View(routing::ToString(c.topic_reason));
  out["topic_confidence"] = std::round(static_cast<double>(c.topic_confidence) * 1000) / 1000;
  out["urgency"] = View(routing::ToString(c.urgency));
  out["urgency_reason"] = View(routing::ToString(c.urgency_reason));
  out["clamped"] = c.clamped;
  return out;
}

// Every route up to the one that took the request; all of them when none did.
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
                  const routing::PlannedTarget& planned, config::Prefer prefer) {
  const routing::Candidate& candidate = input.candidates[planned.target];
  json::object out{{"target", policy.targets()[planned.target].name}, {"kept", true}};
  out["expected_cost_usd"] = Usd(planned.expected_cost);
  out["cost_basis"] = View(routing::ToString(planned.cost_basis));
  out["expected_latency_ms"] = std::llround(planned.expected_latency_ms);
  if (planned.quality) out["score"] = std::round(static_cast<double>(*planned.quality) * 10) / 10;
  if (prefer == config::Prefer::kBlend) {
    out["blend"] = std::round(planned.blend * 1000) / 1000;
  }
  out["available"] = planned.available;
  out["in_flight"] = candidate.in_flight;
  if (candidate.slots > 0) out["slots"] = candidate.slots;
  out["samples"] = candidate.ttft_samples;
  return out;
}

json::array Targets(const CompiledPolicy& policy, const DecisionInput& input,
                    const Decision& decision) {
  json::array targets;
  for (const routing::PlannedTarget& planned : decision.plan) {
    targets.push_back(Kept(policy, input, planned, policy.routes()[decision.route].prefer));
  }
  for (const routing::DroppedTarget& dropped : decision.dropped) {
    targets.push_back(
        json::object{{"target", policy.targets()[dropped.target].name},
                     {"kept", false},
                     {"reason", View(routing::ToString(dropped.reason))},
                     {"because", routing::DropDetail(policy, input, decision, dropped)}});
  }
  return targets;
}

string_view PreferName(config::Prefer prefer) {
  static constexpr std::array<string_view, 6> kNames = {
      "ordered", "lowest_cost", "lowest_latency", "highest_quality", "weighted", "blend"};
  return kNames[static_cast<std::size_t>(prefer)];
}

std::string Text(const json::object& object, string_view key) {
  const json::value* value = object.if_contains(View(key));
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->as_string().data(), value->as_string().size());
  if (value->is_double()) return absl::StrFormat("%g", value->as_double());
  return json::serialize(*value);
}

}  // namespace

json::object Explain(const config::Config& config, const CompiledPolicy& policy,
                     const DecisionInput& input, const Decision& decision) {
  json::object out;
  out["request"] = Request(policy, input, decision);
  if (!input.key && config.server.auth == config::AuthMode::kKeys) {
    out["note"] =
        "no key was named: no hint may raise urgency, and no key's or team's require holds";
  }
  out["classification"] = Classification(policy, input.classification);
  out["outcome"] = View(routing::ToString(decision.outcome));
  const bool routed = decision.outcome == routing::Outcome::kPlanned ||
                      decision.outcome == routing::Outcome::kNoTarget;
  if (routed || decision.outcome == routing::Outcome::kNoRoute) {
    out["routes"] = Routes(config, policy, input, decision);
  }
  if (!routed) return out;
  const routing::CompiledRoute& route = policy.routes()[decision.route];
  out["route"] = route.name;
  out["prefer"] = View(PreferName(route.prefer));
  out["relaxed"] = View(routing::ToString(decision.relaxed));
  out["sticky"] = decision.sticky;
  out["targets"] = Targets(policy, input, decision);
  json::array plan;
  for (const routing::PlannedTarget& planned : decision.plan) {
    plan.emplace_back(policy.targets()[planned.target].name);
  }
  out["plan"] = std::move(plan);
  return out;
}

std::string ExplanationText(const json::object& explanation) {
  const json::object& request = explanation.at("request").as_object();
  const json::object& c = explanation.at("classification").as_object();
  std::string out = absl::StrFormat(
      "class    %s (%s)\ntopic    %s (%s, confidence %s)\nurgency  %s (%s)\n", Text(c, "class"),
      Text(c, "class_reason"), Text(c, "topic"), Text(c, "topic_reason"),
      Text(c, "topic_confidence"), Text(c, "urgency"), Text(c, "urgency_reason"));
  absl::StrAppend(&out, "request  ", Text(request, "endpoint"), ", model ", Text(request, "model"),
                  ", about ", Text(request, "input_tokens"), " input tokens\n");
  if (explanation.contains("note"))
    absl::StrAppend(&out, "note     ", Text(explanation, "note"), "\n");
  out += '\n';
  if (const json::value* routes = explanation.if_contains("routes")) {
    for (const json::value& value : routes->as_array()) {
      const json::object& route = value.as_object();
      absl::StrAppendFormat(
          &out, "route %-20s %s\n", Text(route, "route"),
          route.at("matches").as_bool() ? "takes the request" : "no: " + Text(route, "because"));
    }
  }
  const json::value* targets = explanation.if_contains("targets");
  if (targets == nullptr)
    return absl::StrCat(out, "\noutcome  ", Text(explanation, "outcome"), "\n");
  absl::StrAppendFormat(&out, "\n%-3s %-32s %14s %-12s %10s %7s\n", "", "target", "cost (USD)",
                        "basis", "first (ms)", "score");
  int place = 0;
  for (const json::value& value : targets->as_array()) {
    const json::object& target = value.as_object();
    if (!target.at("kept").as_bool()) {
      absl::StrAppendFormat(&out, "%-3s %-32s dropped, %s: %s\n", "-", Text(target, "target"),
                            Text(target, "reason"), Text(target, "because"));
      continue;
    }
    absl::StrAppendFormat(&out, "%-3d %-32s %14s %-12s %10s %7s%s\n", ++place,
                          Text(target, "target"), Text(target, "expected_cost_usd"),
                          Text(target, "cost_basis"), Text(target, "expected_latency_ms"),
                          Text(target, "score"),
                          target.at("available").as_bool() ? "" : "  (down: tried last)");
  }
  absl::StrAppend(&out, "\nprefer   ", Text(explanation, "prefer"), "\n");
  if (Text(explanation, "relaxed") != "nothing") {
    absl::StrAppend(&out, "relaxed  ", Text(explanation, "relaxed"), "\n");
  }
  if (explanation.at("sticky").as_bool()) out += "sticky   the conversation stays\n";
  return absl::StrCat(out, "outcome  ", Text(explanation, "outcome"), "\n");
}

}  // namespace headgate::gateway
