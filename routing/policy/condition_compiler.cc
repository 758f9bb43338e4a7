#include "routing/policy/condition_compiler.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "config/base/glob.h"
#include "routing/classify/signals.h"

namespace headgate::routing {
namespace {

using std::string_view;

string_view Name(Endpoint endpoint) { return kEndpointNames[static_cast<std::size_t>(endpoint)]; }
template <typename Enum>
string_view Name(Enum value) {
  return ToString(value);
}

// Adds the values called `words`, or all of `every` if there are no words.
template <typename Enum, std::size_t N>
absl::Status AddWords(const std::vector<std::string>& words, const std::array<Enum, N>& values,
                      Traits every, const std::string& where, Traits& traits) {
  if (words.empty()) traits = traits | every;
  for (const std::string& word : words) {
    const auto found =
        std::find_if(values.begin(), values.end(), [&](Enum value) { return Name(value) == word; });
    if (found == values.end()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": unknown name ", word));
    }
    traits.Add(*found);
  }
  return absl::OkStatus();
}

bool MatchesAny(const std::vector<std::string>& globs, string_view name) {
  // Model names are case-sensitive; only a name with a wildcard is a glob.
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return config::IsGlob(glob) ? config::MatchesGlob(glob, name) : glob == name;
  });
}

// Without overflow at the ends of 64 bits.
Interval Below(std::int64_t value) {
  const Interval all;
  if (value == all.least) return {0, -1};
  return {all.least, value - 1};
}
Interval Above(std::int64_t value) {
  const Interval all;
  if (value == all.most) return {0, -1};
  return {value + 1, all.most};
}

}  // namespace

Interval IntervalOf(const config::Comparisons& comparisons) {
  Interval interval;
  for (const config::Comparison& comparison : comparisons) {
    Interval one;
    switch (comparison.op) {
      case config::Comparator::kLess:
        one = Below(comparison.value);
        break;
      case config::Comparator::kLessEqual:
        one.most = comparison.value;
        break;
      case config::Comparator::kGreater:
        one = Above(comparison.value);
        break;
      case config::Comparator::kGreaterEqual:
        one.least = comparison.value;
        break;
      case config::Comparator::kEqual:
        one.least = one.most = comparison.value;
        break;
    }
    interval.least = std::max(interval.least, one.least);
    interval.most = std::min(interval.most, one.most);
  }
  return interval;
}

absl::StatusOr<Condition> ConditionCompiler::Compile(const config::When& when,
                                                     const std::string& where) {
  Condition condition;
  if (absl::Status status = AddTraits(when, where, condition); !status.ok()) return status;
  condition.input_tokens = IntervalOf(when.input_tokens);
  AddTexts(when, condition);
  absl::Status status = AddRare(when, where, condition);
  status.Update(AddParts(when.all, where, condition.all));
  status.Update(AddParts(when.any, where, condition.any));
  status.Update(AddParts(when.none, where, condition.none));
  if (!status.ok()) return status;
  return condition;
}

absl::Status ConditionCompiler::AddTraits(const config::When& when, const std::string& where,
                                          Condition& out) const {
  Traits traits = Traits::None();
  absl::Status status;
  if (when.classes.empty()) traits = traits | Traits::AllClasses();
  for (const std::string& name : when.classes) {
    const std::vector<std::string>& known = policy_.class_names();
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": unknown class ", name));
    }
    traits.Add(static_cast<Class>(found - known.begin()));
  }
  if (when.topics.empty()) traits = traits | Traits::AllTopics();
  for (const std::string& name : when.topics) {
    const std::vector<std::string>& known = policy_.topic_names();
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": unknown name ", name));
    }
    traits.Add(static_cast<Topic>(found - known.begin()));
  }
  status.Update(AddWords(when.urgencies,
                         std::array{Urgency::kNormal, Urgency::kLatencyCritical, Urgency::kBatch},
                         Traits::AllUrgencies(), where, traits));
  status.Update(AddWords(when.endpoints,
                         std::array{Endpoint::kChat, Endpoint::kCompletions, Endpoint::kEmbeddings,
                                    Endpoint::kMessages, Endpoint::kResponses},
                         Traits::AllEndpoints(), where, traits));
  // Tokens are counted where the message itself would go.
  if (traits.Holds(Traits::None().Add(Endpoint::kMessages))) traits.Add(Endpoint::kCountTokens);
  traits = when.stream ? traits.AddStream(*when.stream) : traits | Traits::AllStreams();
  traits = when.tools ? traits.AddTools(*when.tools) : traits | Traits::AllTools();
  traits = when.images ? traits.AddImages(*when.images) : traits | Traits::AllImages();
  out.traits = traits;
  return status;
}

// Clients can ask for a finite set of names, so globs are matched here, once. A request that pins a
// model at one backend also asks for the model.
void ConditionCompiler::AddModels(const std::vector<std::string>& models, RareTests& out) const {
  if (models.empty()) return;
  std::vector<std::string> wanted;
  for (const std::string& model : models) {
    const ModelRequest request = policy_.Resolve(model);
    switch (request.kind) {
      case ModelRequest::Kind::kModel:
        wanted.emplace_back(request.model);
        break;
      case ModelRequest::Kind::kTarget:
        wanted.push_back(policy_.targets()[request.target].name);
        break;
      case ModelRequest::Kind::kAuto:
        wanted.emplace_back("auto");
        break;
      case ModelRequest::Kind::kUnknown:
        wanted.push_back(model);  // a glob; a name that no backend serves matches nothing
        break;
    }
  }
  const auto add = [&](std::size_t asked) {
    if (out.asked.size() <= asked / 64) out.asked.resize(asked / 64 + 1, 0);
    out.asked[asked / 64] |= std::uint64_t{1} << (asked % 64);
  };
  out.asked.assign((policy_.asked_count() + 63) / 64, 0);
  if (MatchesAny(wanted, "auto")) add(0);
  for (const Target& target : policy_.targets()) {
    const ModelRequest model = policy_.Resolve(target.model);
    const bool matches = MatchesAny(wanted, target.model);
    if (matches && model.kind == ModelRequest::Kind::kModel) add(model.asked);
    if (matches || MatchesAny(wanted, target.name)) add(policy_.Resolve(target.name).asked);
  }
}

void ConditionCompiler::AddTexts(const config::When& when, Condition& out) {
  if (!when.keys.empty()) AddGroup(Pattern::Source::kKey, {}, when.keys, out);
  if (!when.teams.empty()) AddGroup(Pattern::Source::kTeam, {}, when.teams, out);
  for (const config::TextMatch& match : when.headers) {
    AddGroup(Pattern::Source::kHeader, match.name, match.values, out);
  }
  for (const config::TextMatch& match : when.metadata) {
    AddGroup(Pattern::Source::kMetadata, match.name, match.values, out);
  }
}

void ConditionCompiler::AddGroup(Pattern::Source source, const std::string& name,
                                 const std::vector<std::string>& globs, Condition& out) {
  std::vector<std::size_t> group;
  for (const std::string& glob : globs) {
    Pattern pattern{source, name, glob};
    const auto found = std::find(patterns_.begin(), patterns_.end(), pattern);
    group.push_back(static_cast<std::size_t>(found - patterns_.begin()));
    if (found == patterns_.end()) patterns_.push_back(std::move(pattern));
  }
  out.AddFacts(group);
}

absl::Status ConditionCompiler::AddRare(const config::When& when, const std::string& where,
                                        Condition& out) const {
  if (when.max_tokens.empty() && when.models.empty() && when.times.empty()) {
    return absl::OkStatus();
  }
  RareTests& rare = out.rare.emplace_back();
  if (!when.max_tokens.empty()) rare.max_tokens = IntervalOf(when.max_tokens);
  AddModels(when.models, rare);
  for (const config::TimeWindow& window : when.times) {
    WeekHours hours{window.days, window.from_minute, window.to_minute, {}};
    if (!absl::LoadTimeZone(absl::string_view(window.zone.data(), window.zone.size()),
                            &hours.zone)) {
      return absl::InvalidArgumentError(absl::StrCat(where, ": unknown time zone ", window.zone));
    }
    rare.times.push_back(hours);
  }
  return absl::OkStatus();
}

absl::Status ConditionCompiler::AddParts(const std::vector<config::When>& parts,
                                         const std::string& where, std::vector<Condition>& out) {
  for (const config::When& part : parts) {
    absl::StatusOr<Condition> condition = Compile(part, where);
    if (!condition.ok()) return condition.status();
    out.push_back(*std::move(condition));
  }
  return absl::OkStatus();
}

}  // namespace headgate::routing
