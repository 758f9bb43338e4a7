#include "routing/decide/words/refusal.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/decide/words/requirement_words.h"

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
  if ((abilities & kDocuments) != 0) names.emplace_back("documents");
  return Join(names, " and ");
}

bool IsLive(Drop drop) { return drop == Drop::kTtft || drop == Drop::kErrorRate; }

// The kind of rule, for clients. They see no values: only the operator may know the policy.
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
  std::string asker;  // who requires it, such as "route clinic"; empty if it is not a requirement
  std::string required;  // by the asker
  std::size_t targets = 0;
  bool generates = false;                  // one of the targets makes more than embeddings
  std::uint8_t missing_everywhere = 0xFF;  // abilities that every one of the targets lacks
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

  // "no target of route clinic supports", or for a pinned target "m@gpu does not support".
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
    return Concat(AboutInputTokens(decision_.input_tokens),
                  input_.max_tokens ? Concat(" and ", *input_.max_tokens, " of output") : "");
  }

  std::string KeyName() const {
    return input_.key ? "key " + policy_.keys()[*input_.key].name : "the key";
  }

 private:
  void Add(const DroppedTarget& dropped) {
    const Target& target = policy_.targets()[dropped.target];
    Group group{.drop = dropped.reason, .asker = {}, .required = {}};
    if (config_ != nullptr && dropped.reason >= Drop::kHosting) {
      Asker asker = AskerOf(*config_, policy_, input_, decision_, dropped);
      group.asker = std::move(asker.name);
      group.required = RequiredWords(*asker.require, dropped.reason);
    }
    auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Group& other) {
      return other.drop == group.drop && other.asker == group.asker;
    });
    if (found == groups_.end()) found = groups_.insert(groups_.end(), std::move(group));
    ++found->targets;
    found->generates |= target.chat;
    found->missing_everywhere &= static_cast<std::uint8_t>(input_.uses & ~target.supports);
    found->largest_context = std::max(found->largest_context, target.context);
  }

  const config::Config* config_;  // null: the askers are not needed
  const CompiledPolicy& policy_;
  const DecisionInput& input_;
  const Decision& decision_;
  std::vector<Group> groups_;
};

// --- sentences -----------------------------------------------------------------------------------

// What a request needs that its targets lack by kEndpoint: "embeddings".
std::string_view MissingEndpoint(const DecisionInput& input, const Group& group) {
  if (input.endpoint == Endpoint::kEmbeddings) return "embeddings";
  return group.generates ? EndpointWords(input.endpoint) : "generated text";
}

// "more than one choice (n), which only a backend that serves chat completions itself takes".
std::string NativeNeed(const DecisionInput& input) {
  return Concat(input.native_only, ", which only a backend that serves ",
                EndpointWords(input.endpoint), " itself takes");
}

// The sentence for a refusal where all targets were dropped for this one reason.
std::string OnlyReason(const Refusal& refusal, const DecisionInput& input, const Group& group) {
  switch (group.drop) {
    case Drop::kModelNotAllowed:
      return Concat(refusal.KeyName(), " may not use any model of ", refusal.Scope());
    case Drop::kEndpoint:
      if (input.endpoint == Endpoint::kEmbeddings) {
        return "needs embeddings, which " + refusal.Nobody("makes", "make");
      }
      return group.generates ? Concat("needs ", MissingEndpoint(input, group), ", which ",
                                      refusal.Nobody("serves", "serve"))
                             : Concat("needs generated text, but ", refusal.Nobody("makes", "make"),
                                      " anything but embeddings");
    case Drop::kNativeOnly:
      return Concat("needs ", NativeNeed(input), "; ", refusal.Nobody("has", "have"),
                    " such a backend");
    case Drop::kContext:
      return Concat(
          "needs room for ", refusal.Tokens(), ", which ", refusal.Nobody("has", "have"),
          group.largest_context > 0 ? Concat(" (at most ", group.largest_context, " tokens)") : "");
    case Drop::kAbilities: {
      const bool each = group.missing_everywhere != 0;
      return Concat("needs ", AbilityNames(each ? group.missing_everywhere : input.uses),
                    ", which ", refusal.Nobody("supports", "support"), each ? "" : " together");
    }
    case Drop::kUnpriced:
      return Concat("needs a target with a price (`unpriced: reject`), but ",
                    refusal.Nobody("has", "have"), " one");
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
      if (input.endpoint == Endpoint::kEmbeddings)
        return Concat(targets, do_not, "make embeddings");
      return group.generates ? Concat(targets, do_not, "serve ", MissingEndpoint(input, group))
                             : Concat(targets, do_not, "make anything but embeddings");
    case Drop::kNativeOnly:
      return Concat(targets, do_not, "serve ", EndpointWords(input.endpoint),
                    one ? " itself" : " themselves", ", and ", input.native_only,
                    " cannot be translated");
    case Drop::kContext:
      return Concat(targets, do_not, "have room for ", refusal.Tokens());
    case Drop::kAbilities: {
      const bool each = group.missing_everywhere != 0;
      return Concat(targets, do_not, "support ",
                    AbilityNames(each ? group.missing_everywhere : input.uses),
                    each ? "" : " together");
    }
    case Drop::kUnpriced:
      return Concat(targets, do_not, "have a price, which the route requires");
    default:
      return Concat(targets, do_not, "meet ", group.required, ", which ", group.asker, " requires",
                    IsLive(group.drop) ? ", at the moment" : "");
  }
}

// What a client may know of a group that does not come from a rule of the policy.
std::string GeneralReason(const Refusal& refusal, const DecisionInput& input, const Group& group) {
  switch (group.drop) {
    case Drop::kModelNotAllowed:
      return "this key may not use the models that could serve it";
    case Drop::kEndpoint:
      return Concat("it needs ", MissingEndpoint(input, group));
    case Drop::kNativeOnly:
      return Concat("it needs ", NativeNeed(input));
    case Drop::kContext:
      return "it needs room for " + refusal.Tokens();
    case Drop::kAbilities:
      return "it needs " +
             AbilityNames(group.missing_everywhere != 0 ? group.missing_everywhere : input.uses);
    case Drop::kUnpriced:
      return "the price of the models that could serve it is not known";
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
