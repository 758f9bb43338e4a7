#include "routing/decide/refusal.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::Join;
using Kind = ModelRequest::Kind;

// --- words ---------------------------------------------------------------------------------------

std::string AbilityNames(std::uint8_t abilities) {
  std::vector<std::string> names;
  if ((abilities & kTools) != 0) names.emplace_back("tools");
  if ((abilities & kJsonSchema) != 0) names.emplace_back("a JSON schema");
  if ((abilities & kImages) != 0) names.emplace_back("images");
  if ((abilities & kAudio) != 0) names.emplace_back("audio");
  return Join(names, " and ");
}

std::string_view Sign(config::Comparator comparator) {
  switch (comparator) {
    case config::Comparator::kLess:
      return " < ";
    case config::Comparator::kLessEqual:
      return " <= ";
    case config::Comparator::kGreater:
      return " > ";
    case config::Comparator::kGreaterEqual:
      return " >= ";
    case config::Comparator::kEqual:
      return " = ";
  }
  return " ? ";
}

// `value` / `per_whole`, a power of ten, without zeros at its end: 2,500,000 millionths are "2.5".
std::string Decimal(std::int64_t value, std::int64_t per_whole) {
  std::string text = std::to_string(value / per_whole);
  std::string fraction = std::to_string(per_whole + value % per_whole).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : Concat(text, ".", fraction);
}

std::string ScoreText(double score) {
  constexpr double kThousandths = 1000;
  return Decimal(std::llround(score * kThousandths), 1000);
}

template <typename Comparison, typename Format>
void AppendComparisons(std::string_view what, const std::vector<Comparison>& comparisons,
                       Format&& format, std::vector<std::string>& out) {
  for (const Comparison& comparison : comparisons) {
    out.push_back(Concat(what, Sign(comparison.op), format(comparison.value)));
  }
}

// What of `require` the filter `drop` looks at, as the policy says it.
std::string Required(const config::Require& require, Drop drop) {
  constexpr std::int64_t kMillion = 1'000'000;
  std::vector<std::string> parts;
  const auto usd = [](std::int64_t price) { return "$" + Decimal(price, kNanoPerUsd); };
  switch (drop) {
    case Drop::kHosting:
      return Concat(
          "hosting ",
          config::WordFor(config::kHostings, require.hosting.value_or(config::Hosting::kPaidApi)));
    case Drop::kLabels:
      for (const auto& [name, globs] : require.labels) {
        parts.push_back(Concat(name, " ", Join(globs, " or ")));
      }
      break;
    case Drop::kLicense:
      return "license " + Join(require.licenses, " or ");
    case Drop::kContextRequired:
      return Concat("a context window of ", require.min_context.value_or(0), " tokens");
    case Drop::kScores:
      for (const auto& [name, comparisons] : require.scores) {
        AppendComparisons(name, comparisons, ScoreText, parts);
      }
      break;
    case Drop::kPrice:
      AppendComparisons("an input price", require.input_price, usd, parts);
      AppendComparisons("an output price", require.output_price, usd, parts);
      break;
    case Drop::kSupports:
      return "support of " + Join(require.supports, " and ");
    case Drop::kTtft:
      AppendComparisons(
          "ttft_p95", require.ttft_p95, [](std::int64_t ms) { return Concat(ms, "ms"); }, parts);
      break;
    case Drop::kErrorRate:
      AppendComparisons(
          "error_rate", require.error_rate,
          [](std::int64_t rate) { return Decimal(rate * 100, kMillion) + "%"; }, parts);
      break;
    default:
      break;
  }
  return Join(parts, " and ");
}

bool IsLive(Drop drop) { return drop == Drop::kTtft || drop == Drop::kErrorRate; }

// The kind of rule, for clients. They see no values: a policy is the operator's own affair.
std::string_view RuleKind(Drop drop) {
  switch (drop) {
    case Drop::kHosting:
    case Drop::kLabels:
      return "where it may be processed";
    case Drop::kLicense:
      return "the license of models";
    case Drop::kContextRequired:
      return "the context window";
    case Drop::kScores:
      return "quality";
    case Drop::kPrice:
      return "price";
    default:
      return "what models support";
  }
}

// --- groups --------------------------------------------------------------------------------------

// Targets that were dropped for the same reason.
struct Group {
  Drop drop = Drop::kNone;
  std::string asker;     // who requires it: "route clinic"; empty where nobody does
  std::string required;  // by the asker
  std::size_t targets = 0;
  std::uint8_t missing_everywhere = 0xFF;  // abilities that each of them misses
  std::int64_t largest_context = 0;
};

class Refusal {
 public:
  Refusal(const config::Config* config, const CompiledPolicy& policy, const DecisionInput& input,
          const Decision& decision)
      : config_(config), policy_(policy), input_(input), decision_(decision) {
    for (const DroppedTarget& dropped : decision.dropped) {
      if (dropped.reason != Drop::kNotRequestedModel) Add(dropped);
    }
  }

  const std::vector<Group>& groups() const { return groups_; }

  // "no target of route clinic supports", or of one that was pinned "m@gpu does not support".
  std::string Nobody(std::string_view third_person, std::string_view infinitive) const {
    if (input_.model.kind == Kind::kTarget) {
      return Concat(policy_.targets()[input_.model.target].name, " does not ", infinitive);
    }
    return Concat("no target of ", Scope(), " ", third_person);
  }

  std::string Scope() const {
    const std::string route = "route " + policy_.routes()[decision_.route].name;
    return input_.model.kind == Kind::kModel ? Concat("model ", input_.model.model, " on ", route)
                                             : route;
  }

  std::string Tokens() const {
    return Concat("about ", decision_.input_tokens, " input tokens",
                  input_.max_tokens ? Concat(" and ", *input_.max_tokens, " of output") : "");
  }

  std::string KeyName() const {
    return input_.key ? "key " + policy_.keys()[*input_.key].name : "the key";
  }

 private:
  void Add(const DroppedTarget& dropped) {
    const Target& target = policy_.targets()[dropped.target];
    Group group{.drop = dropped.reason, .asker = {}, .required = {}};
    if (config_ != nullptr) FindAsker(dropped, group);
    auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Group& other) {
      return other.drop == group.drop && other.asker == group.asker;
    });
    if (found == groups_.end()) found = groups_.insert(groups_.end(), std::move(group));
    ++found->targets;
    found->missing_everywhere &= static_cast<std::uint8_t>(input_.uses & ~target.supports);
    found->largest_context = std::max(found->largest_context, target.context);
  }

  // Whose `require` drops the target: the first of key, team and route that does.
  void FindAsker(const DroppedTarget& dropped, Group& group) const {
    if (dropped.reason < Drop::kHosting) return;
    if (input_.key) {
      const config::Key& key = config_->keys[*input_.key];
      const std::vector<std::size_t>& requires_of_key = policy_.keys()[*input_.key].require;
      for (std::size_t i = 0; i < requires_of_key.size(); ++i) {
        if (!Drops(policy_.key_requires()[requires_of_key[i]], dropped)) continue;
        group.asker = i == 0 ? "key " + key.name : "team " + key.team;
        group.required = Required(i == 0 ? key.require : TeamRequire(key.team), dropped.reason);
        return;
      }
    }
    group.asker = "route " + policy_.routes()[decision_.route].name;
    group.required = Required(config_->routes[decision_.route].require, dropped.reason);
  }

  bool Drops(const CompiledRequire& require, const DroppedTarget& dropped) const {
    const Candidate& candidate = input_.candidates[dropped.target];
    if (dropped.reason == Drop::kTtft) {
      return !require.ttft_p95.Holds(std::llround(candidate.ttft_p95_ms));
    }
    if (dropped.reason == Drop::kErrorRate) {
      return !require.error_rate.Holds(
          std::llround(static_cast<double>(candidate.error_rate) * 1e6));
    }
    return require.fixed[dropped.target] == dropped.reason;
  }

  const config::Require& TeamRequire(const std::string& name) const {
    const auto team = std::find_if(config_->teams.begin(), config_->teams.end(),
                                   [&](const config::Team& one) { return one.name == name; });
    static const config::Require kNothing;
    return team == config_->teams.end() ? kNothing : team->require;
  }

  const config::Config* config_;  // null: askers do not matter
  const CompiledPolicy& policy_;
  const DecisionInput& input_;
  const Decision& decision_;
  std::vector<Group> groups_;
};

// --- sentences -----------------------------------------------------------------------------------

// All targets were dropped for this reason.
std::string OnlyReason(const Refusal& refusal, const DecisionInput& input, const Group& group) {
  switch (group.drop) {
    case Drop::kModelNotAllowed:
      return Concat(refusal.KeyName(), " may use no model of ", refusal.Scope());
    case Drop::kEndpoint:
      return input.endpoint == Endpoint::kEmbeddings
                 ? "needs embeddings, which " + refusal.Nobody("makes", "make")
                 : "needs generated text, but " + refusal.Nobody("makes", "make") +
                       " anything but embeddings";
    case Drop::kContext:
      return Concat(
          "needs room for ", refusal.Tokens(), ", which ", refusal.Nobody("has", "have"),
          group.largest_context > 0 ? Concat(" (at most ", group.largest_context, " tokens)") : "");
    case Drop::kAbilities: {
      const bool each = group.missing_everywhere != 0;
      return Concat("needs ", AbilityNames(each ? group.missing_everywhere : input.uses),
                    ", which ", refusal.Nobody("supports", "support"), each ? "" : " together");
    }
    default:
      return Concat(group.asker, " requires ", group.required, ", which ",
                    refusal.Nobody("meets", "meet"), IsLive(group.drop) ? " at the moment" : "");
  }
}

// "1 target does not support images", "2 targets do not support images".
std::string OneOfReasons(const Refusal& refusal, const DecisionInput& input, const Group& group) {
  const bool one = group.targets == 1;
  const std::string targets = Concat(group.targets, one ? " target" : " targets");
  const std::string_view do_not = one ? " does not " : " do not ";
  switch (group.drop) {
    case Drop::kModelNotAllowed:
      return Concat(refusal.KeyName(), " may not use the model of ", targets);
    case Drop::kEndpoint:
      return input.endpoint == Endpoint::kEmbeddings
                 ? Concat(targets, do_not, "make embeddings")
                 : Concat(targets, do_not, "make anything but embeddings");
    case Drop::kContext:
      return Concat(targets, do_not, "have room for ", refusal.Tokens());
    case Drop::kAbilities: {
      const bool each = group.missing_everywhere != 0;
      return Concat(targets, do_not, "support ",
                    AbilityNames(each ? group.missing_everywhere : input.uses),
                    each ? "" : " together");
    }
    default:
      return Concat(targets, do_not, "meet ", group.required, ", which ", group.asker, " requires",
                    IsLive(group.drop) ? ", at the moment" : "");
  }
}

// What a client may know of a group that is no rule of the policy.
std::string GeneralReason(const Refusal& refusal, const DecisionInput& input, const Group& group) {
  switch (group.drop) {
    case Drop::kModelNotAllowed:
      return "this key may not use the models that could serve it";
    case Drop::kEndpoint:
      return input.endpoint == Endpoint::kEmbeddings ? "it needs embeddings"
                                                     : "it needs generated text";
    case Drop::kContext:
      return "it needs room for " + refusal.Tokens();
    case Drop::kAbilities:
      return "it needs " +
             AbilityNames(group.missing_everywhere != 0 ? group.missing_everywhere : input.uses);
    case Drop::kTtft:
      return "no model is quick enough at the moment";
    default:
      return "no model is reliable enough at the moment";
  }
}

bool IsRule(Drop drop) { return drop >= Drop::kHosting && !IsLive(drop); }

}  // namespace

std::string WhyNoTarget(const config::Config& config, const CompiledPolicy& policy,
                        const DecisionInput& input, const Decision& decision) {
  const Refusal refusal(&config, policy, input, decision);
  if (refusal.groups().empty()) return Concat(refusal.Scope(), " has no target");
  if (refusal.groups().size() == 1) return OnlyReason(refusal, input, refusal.groups().front());
  std::vector<std::string> reasons;
  for (const Group& group : refusal.groups()) {
    reasons.push_back(OneOfReasons(refusal, input, group));
  }
  return Concat("no target of ", refusal.Scope(), " is left: ", Join(reasons, "; "));
}

std::string WhyNoTargetInGeneral(const CompiledPolicy& policy, const DecisionInput& input,
                                 const Decision& decision) {
  const Refusal refusal(nullptr, policy, input, decision);
  std::vector<std::string> reasons;
  std::vector<std::string> rules;
  for (const Group& group : refusal.groups()) {
    if (!IsRule(group.drop)) {
      reasons.push_back(GeneralReason(refusal, input, group));
      continue;
    }
    std::string rule(RuleKind(group.drop));
    if (std::find(rules.begin(), rules.end(), rule) == rules.end())
      rules.push_back(std::move(rule));
  }
  if (!rules.empty())
    reasons.push_back("the gateway's policy has rules on " + Join(rules, " and "));
  if (reasons.empty()) return "No model is available for this request.";
  return Concat("No model is available for this request",
                reasons.size() == 1 ? ": " : ", for these reasons: ", Join(reasons, "; "), ".");
}

}  // namespace headgate::routing
