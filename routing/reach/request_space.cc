#include "routing/reach/request_space.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "config/base/glob.h"
#include "config/base/text.h"

namespace headgate::routing {
namespace {

// The most comparisons of globs with values of one header. Beyond it they are skipped: thousands
// would take long, and without them the linter only finds less.
constexpr std::size_t kMaxComparisons = 2'000'000;

Traits TraitsOf(const CompiledPolicy& policy) {
  Traits traits = Traits::None();
  for (std::size_t i = 0; i < policy.class_names().size(); ++i) traits.Add(static_cast<Class>(i));
  for (std::size_t i = 0; i < policy.topic_names().size(); ++i) traits.Add(static_cast<Topic>(i));
  for (const Urgency urgency : {Urgency::kNormal, Urgency::kLatencyCritical, Urgency::kBatch}) {
    traits.Add(urgency);
  }
  for (int i = 0; i < kEndpointCount; ++i) traits.Add(static_cast<Endpoint>(i));
  for (const bool value : {false, true}) traits.AddStream(value).AddTools(value).AddImages(value);
  return traits;
}

// The last index stands for requests without a key; under `auth: keys` there are none.
void AddKeys(const config::Config& config, const CompiledPolicy& policy, RequestSpace& space) {
  const std::size_t keys = policy.keys().size();
  NumberSet every = FirstNumbers(keys + 1);
  if (config.server.auth == config::AuthMode::kKeys) {
    every.back() &= ~(std::uint64_t{1} << (keys % 64));
  }
  space.keys.resize(policy.patterns().size());
  for (std::size_t i = 0; i < policy.patterns().size(); ++i) {
    const Pattern::Source source = policy.patterns()[i].source;
    if (source != Pattern::Source::kKey && source != Pattern::Source::kTeam) continue;
    space.keys[i].assign(every.size(), 0);
    for (std::size_t key = 0; key < keys; ++key) {
      if (policy.keys()[key].facts.Has(i)) AddNumber(key, space.keys[i]);
    }
  }
  space.every.push_back(std::move(every));
}

void Imply(const std::vector<Pattern>& patterns, const std::vector<std::uint32_t>& same_name,
           RequestSpace& space) {
  std::vector<std::uint32_t> globs;
  std::unordered_map<std::string, std::vector<std::uint32_t>> texts;
  for (const std::uint32_t i : same_name) {
    if (config::IsGlob(patterns[i].glob)) globs.push_back(i);
    texts[config::Lower(patterns[i].glob)].push_back(i);  // patterns ignore case
  }
  const bool compares = globs.size() * same_name.size() <= kMaxComparisons;
  for (const std::uint32_t i : same_name) {
    const std::string& narrow = patterns[i].glob;
    std::vector<std::uint32_t> wider = texts[config::Lower(narrow)];
    for (const std::uint32_t glob : globs) {
      if (compares && config::CoversGlob(patterns[glob].glob, narrow)) wider.push_back(glob);
    }
    std::sort(wider.begin(), wider.end());
    wider.erase(std::unique(wider.begin(), wider.end()), wider.end());
    space.wider[i] = std::move(wider);
  }
}

}  // namespace

NumberSet FirstNumbers(std::size_t count) {
  NumberSet set((count + 63) / 64, ~std::uint64_t{0});
  if (count % 64 != 0) set.back() = (std::uint64_t{1} << (count % 64)) - 1;
  return set;
}

void AddNumber(std::size_t number, NumberSet& set) {
  set[number / 64] |= std::uint64_t{1} << (number % 64);
}

void RemoveNumber(std::size_t number, NumberSet& set) {
  set[number / 64] &= ~(std::uint64_t{1} << (number % 64));
}

bool HasNumber(std::size_t number, const NumberSet& set) {
  return (set[number / 64] >> (number % 64) & 1) != 0;
}

RequestSpace SpaceOf(const config::Config& config, const CompiledPolicy& policy) {
  RequestSpace space;
  space.traits = TraitsOf(policy);
  AddKeys(config, policy, space);
  space.every.push_back(FirstNumbers(policy.asked_count()));
  space.every.push_back(FirstNumbers(2));
  std::map<std::pair<Pattern::Source, std::string>, std::vector<std::uint32_t>> by_name;
  for (std::uint32_t i = 0; i < policy.patterns().size(); ++i) {
    by_name[{policy.patterns()[i].source, policy.patterns()[i].name}].push_back(i);
  }
  space.wider.resize(policy.patterns().size());
  for (const auto& [name, patterns] : by_name) Imply(policy.patterns(), patterns, space);
  return space;
}

}  // namespace headgate::routing
