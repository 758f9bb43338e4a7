#include "routing/decide/words/why.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "routing/decide/route_match.h"
#include "routing/decide/words/requirement_words.h"
#include "routing/decide/words/spill_words.h"
#include "routing/policy/condition_compiler.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::Join;
using config::When;

// Compiles parts of the conditions of a compiled policy. It starts from the patterns of the policy,
// so that the facts of a request fit.
class PartCheck {
 public:
  PartCheck(const CompiledPolicy& policy, const DecisionInput& input, std::int64_t input_tokens)
      : policy_(policy),
        input_(input),
        input_tokens_(input_tokens),
        compiler_(policy, policy.patterns()),
        condition_input_(ConditionInputOf(input, input_tokens)) {}

  std::string WhyNot(const When& when) {
    for (const auto check : {&PartCheck::Words, &PartCheck::Sizes, &PartCheck::Texts,
                             &PartCheck::Times, &PartCheck::Parts}) {
      if (std::string why = (this->*check)(when); !why.empty()) return why;
    }
    return {};
  }

  // For a condition that holds: the value that each of its keys looked at.
  std::string WhatHolds(const When& when) {
    std::vector<std::string> held;
    const auto say = [&](bool said, std::string what) {
      if (said) held.push_back(std::move(what));
    };
    const Classification& c = input_.classification;
    const PolicyKey* key = input_.key ? &policy_.keys()[*input_.key] : nullptr;
    say(!when.classes.empty(), "class is " + policy_.NameOf(c.request_class));
    say(!when.topics.empty(), Concat("topic is ", ToString(c.topic)));
    say(!when.urgencies.empty(), Concat("urgency is ", ToString(c.urgency)));
    say(!when.endpoints.empty(),
        Concat("endpoint is ", kEndpointNames[static_cast<std::size_t>(input_.endpoint)]));
    say(!when.models.empty(), "model is " + AskedModel());
    say(!when.keys.empty() && key != nullptr, "key is " + (key != nullptr ? key->name : ""));
    say(!when.teams.empty() && key != nullptr, "team is " + (key != nullptr ? key->team : ""));
    for (const config::TextMatch& match : when.headers) {
      say(true, Concat("header ", match.name, " is ", Join(match.values, " or ")));
    }
    for (const config::TextMatch& match : when.metadata) {
      say(true, Concat("metadata ", match.name, " is ", Join(match.values, " or ")));
    }
    const auto flag = [&](const std::optional<bool>& wanted, std::string_view name) {
      say(wanted.has_value(), Concat(name, " is ", wanted.value_or(false) ? "true" : "false"));
    };
    flag(when.stream, "stream");
    flag(when.tools, "tools");
    flag(when.images, "images");
    say(!when.input_tokens.empty(), AboutInputTokens(input_tokens_));
    say(!when.max_tokens.empty(), Concat("max_tokens is ", input_.max_tokens.value_or(0)));
    say(!when.times.empty(), "the time is within `time`");
    for (const When& part : when.all) say(true, WhatHolds(part));
    for (const When& part : when.any) {
      if (!Holds(part)) continue;
      say(true, WhatHolds(part));
      break;
    }
    say(!when.none.empty(), "nothing under `not` holds");
    return held.empty() ? "it has no conditions" : Join(held, ", ");
  }

 private:
  bool Holds(const When& part) {
    absl::StatusOr<Condition> condition = compiler_.Compile(part, "part");
    return condition.ok() && Evaluate(*condition, condition_input_) == Match::kYes;
  }

  // `part` is `when` reduced to one key.
  std::string Check(const When& part, std::string_view key, const std::string& wanted,
                    std::string_view is) {
    return Holds(part) ? std::string() : Concat(key, " is ", is, ", not ", wanted);
  }

  std::string Words(const When& when) {
    const Classification& c = input_.classification;
    const auto part = [](auto member, const When& from) {
      When only;
      only.*member = from.*member;
      return only;
    };
    std::string why = Check(part(&When::classes, when), "class", Join(when.classes, " or "),
                            policy_.NameOf(c.request_class));
    if (why.empty()) {
      why = Check(part(&When::topics, when), "topic", Join(when.topics, " or "),
                  policy_.NameOf(c.topic));
    }
    if (why.empty()) {
      why = Check(part(&When::urgencies, when), "urgency", Join(when.urgencies, " or "),
                  ToString(c.urgency));
    }
    if (why.empty()) {
      why = Check(part(&When::endpoints, when), "endpoint", Join(when.endpoints, " or "),
                  kEndpointNames[static_cast<std::size_t>(input_.endpoint)]);
    }
    if (why.empty()) {
      why = Check(part(&When::models, when), "model", Join(when.models, " or "), AskedModel());
    }
    const auto flag = [&](std::optional<bool> When::*member, std::string_view key) {
      const std::optional<bool>& wanted = when.*member;
      if (!why.empty() || !wanted || Holds(part(member, when))) return;
      why = Concat(key, " is ", *wanted ? "false, not true" : "true, not false");
    };
    flag(&When::stream, "stream");
    flag(&When::tools, "tools");
    flag(&When::images, "images");
    return why;
  }

  std::string Sizes(const When& when) {
    When tokens;
    tokens.input_tokens = when.input_tokens;
    if (!Holds(tokens)) {
      return Concat(AboutInputTokens(input_tokens_), ", not ", ComparisonWords(when.input_tokens));
    }
    When most;
    most.max_tokens = when.max_tokens;
    if (Holds(most)) return {};
    return input_.max_tokens ? Concat("max_tokens is ", *input_.max_tokens, ", not ",
                                      ComparisonWords(when.max_tokens))
                             : "the request has no max_tokens";
  }

  std::string Texts(const When& when) {
    const PolicyKey* key = input_.key ? &policy_.keys()[*input_.key] : nullptr;
    When keys;
    keys.keys = when.keys;
    if (!Holds(keys)) {
      return Concat("key is ", key != nullptr ? key->name : "none", ", not ",
                    Join(when.keys, " or "));
    }
    When teams;
    teams.teams = when.teams;
    if (!Holds(teams)) {
      return Concat("team is ", key != nullptr ? key->team : "none", ", not ",
                    Join(when.teams, " or "));
    }
    for (const config::TextMatch& match : when.headers) {
      When header;
      header.headers = {match};
      if (!Holds(header))
        return Concat("header ", match.name, " is not ", Join(match.values, " or "));
    }
    for (const config::TextMatch& match : when.metadata) {
      When entry;
      entry.metadata = {match};
      if (!Holds(entry)) {
        return Concat("metadata ", match.name, " is not ", Join(match.values, " or "));
      }
    }
    return {};
  }

  std::string Times(const When& when) {
    When times;
    times.times = when.times;
    return Holds(times) ? "" : "the time is outside `time`";
  }

  std::string Parts(const When& when) {
    for (const When& part : when.all) {
      if (std::string why = WhyNot(part); !why.empty()) return why;
    }
    for (const When& part : when.none) {
      if (Holds(part)) return "a condition under `not` holds";
    }
    if (when.any.empty()) return {};
    std::vector<std::string> reasons;
    for (const When& part : when.any) {
      reasons.push_back(WhyNot(part));
      if (reasons.back().empty()) return {};
    }
    return "no condition under `any` holds: " + Join(reasons, "; ");
  }

  std::string AskedModel() const {
    switch (input_.model.kind) {
      case ModelRequest::Kind::kAuto:
        return "auto";
      case ModelRequest::Kind::kTarget:
        return policy_.targets()[input_.model.target].name;
      case ModelRequest::Kind::kModel:
        return std::string(input_.model.model);
      case ModelRequest::Kind::kUnknown:
        break;
    }
    return "unknown";
  }

  const CompiledPolicy& policy_;
  const DecisionInput& input_;
  const std::int64_t input_tokens_;
  ConditionCompiler compiler_;
  const ConditionInput condition_input_;
};

// REQUIRES: EndpointDrop is kEndpoint.
std::string WhyNotServed(const CompiledPolicy& policy, const Target& target, Endpoint endpoint) {
  if (endpoint != Endpoint::kEmbeddings && !target.chat) return "it only makes embeddings";
  const bool embeds = target.embeddings || !policy.knows_embeddings();
  if (endpoint == Endpoint::kEmbeddings && !embeds) return "it makes no embeddings";
  return Concat("its backend does not serve ", EndpointWords(endpoint));
}

std::string Unsupported(std::uint8_t abilities) {
  std::vector<std::string> names;
  for (const auto& [name, ability] : kAbilityWords) {
    if ((abilities & ability) != 0) names.emplace_back(name);
  }
  if ((abilities & kDocuments) != 0) names.emplace_back("documents");
  return Join(names, " and ");
}

}  // namespace

std::string WhyNot(const When& when, const CompiledPolicy& policy, const DecisionInput& input,
                   std::int64_t input_tokens) {
  return PartCheck(policy, input, input_tokens).WhyNot(when);
}

std::string WhatHolds(const When& when, const CompiledPolicy& policy, const DecisionInput& input,
                      std::int64_t input_tokens) {
  return PartCheck(policy, input, input_tokens).WhatHolds(when);
}

std::string DropDetail(const config::Config& config, const CompiledPolicy& policy,
                       const DecisionInput& input, const Decision& decision,
                       const DroppedTarget& dropped) {
  const Target& target = policy.targets()[dropped.target];
  const Candidate& candidate = input.candidates[dropped.target];
  switch (dropped.reason) {
    case Drop::kNone:
      return {};
    case Drop::kNotRequestedModel:
      return "the client pins another model";
    case Drop::kModelNotAllowed:
      return Concat("key ", policy.keys()[*input.key].name, " may not use ", target.model);
    case Drop::kEndpoint:
      return WhyNotServed(policy, target, input.endpoint);
    case Drop::kNativeOnly:
      return Concat("its backend does not serve ", EndpointWords(input.endpoint), " itself, and ",
                    input.native_only, " cannot be translated");
    case Drop::kContext:
      return Concat(AboutInputTokens(decision.input_tokens),
                    input.max_tokens ? Concat(" and ", *input.max_tokens, " of output") : "",
                    " do not fit its window of ", target.context);
    case Drop::kAbilities:
      return Concat("it does not support ",
                    Unsupported(static_cast<std::uint8_t>(input.uses & ~target.supports)));
    case Drop::kUnpriced:
      return Concat("it has no price, and route ", policy.routes()[decision.route].name,
                    " has `unpriced: reject`");
    case Drop::kTtft:
      return Concat("its ttft_p95 is ", std::llround(candidate.ttft_p95_ms), " ms");
    case Drop::kErrorRate:
      return Concat("its error_rate is ", std::llround(candidate.error_rate * 100), " %");
    default: {
      const Asker asker = AskerOf(config, policy, input, decision, dropped);
      return Concat(asker.name, " requires ", RequiredWords(*asker.require, dropped.reason), "; ",
                    PossessedWords(config, target, *asker.require, dropped.reason));
    }
  }
}

std::string WhyNotKept(const config::Config& config, const CompiledPolicy& policy,
                       const DecisionInput& input, const Decision& decision) {
  const auto is_it = [&](const auto& target) {
    return target.target == *input.conversation_target;
  };
  const bool routed =
      decision.outcome == Outcome::kPlanned || decision.outcome == Outcome::kNoTarget;
  if (!routed) return "no route matches the request";
  const auto dropped = std::find_if(decision.dropped.begin(), decision.dropped.end(), is_it);
  if (dropped != decision.dropped.end()) {
    return Concat("dropped, ", ToString(dropped->reason), ": ",
                  DropDetail(config, policy, input, decision, *dropped));
  }
  const auto planned = std::find_if(decision.plan.begin(), decision.plan.end(), is_it);
  if (planned == decision.plan.end()) {
    return Concat("route ", policy.routes()[decision.route].name, " does not list it");
  }
  if (!planned->available) return "it is down";
  return Concat("it spills: ", WhySpilled(policy, input, decision, planned->target));
}

}  // namespace headgate::routing
