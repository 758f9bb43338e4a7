#include "routing/smells.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "config/text.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::When;

bool SaysNothing(const Condition& when) {
  return when.traits.Holds(Traits::Any()) && when.input_tokens.least <= 1 &&
         when.input_tokens.most == Interval{}.most && when.facts.empty() && when.rare.empty() &&
         when.all.empty() && when.any.empty() && when.none.empty();
}

bool Within(const Interval& inner, const Interval& outer) {
  return inner.least >= outer.least && inner.most <= outer.most;
}

bool Within(const std::vector<std::uint64_t>& inner, const std::vector<std::uint64_t>& outer) {
  if (outer.empty()) return true;
  if (inner.empty()) return false;
  for (std::size_t i = 0; i < outer.size(); ++i) {
    if ((inner[i] & ~outer[i]) != 0) return false;
  }
  return true;
}

bool RareCovers(const Condition& outer, const Condition& inner) {
  if (outer.rare.empty()) return true;
  if (inner.rare.empty()) return false;
  const RareTests& wide = outer.rare.front();
  const RareTests& narrow = inner.rare.front();
  return wide.times.empty() && Within(narrow.asked, wide.asked) &&
         (!wide.max_tokens || (narrow.max_tokens && Within(*narrow.max_tokens, *wide.max_tokens)));
}

// Each group of texts of the outer one must be met by a group of the inner one. Says no where a
// group has patterns in several words.
bool FactsCover(const Condition& outer, const Condition& inner) {
  const auto is_part = [](const FactTest& test) { return !test.last; };
  if (std::any_of(inner.facts.begin(), inner.facts.end(), is_part)) return outer.facts.empty();
  return std::all_of(outer.facts.begin(), outer.facts.end(), [&](const FactTest& wide) {
    return wide.last &&
           std::any_of(inner.facts.begin(), inner.facts.end(), [&](const FactTest& narrow) {
             return narrow.last && narrow.word == wide.word && (narrow.mask & ~wide.mask) == 0;
           });
  });
}

// Whether every request that `inner` takes is surely taken by `outer`. Says no where it would have
// to think: nested conditions, times.
bool Covers(const Condition& outer, const Condition& inner) {
  return outer.all.empty() && outer.any.empty() && outer.none.empty() &&
         outer.traits.Holds(inner.traits) && Within(inner.input_tokens, outer.input_tokens) &&
         RareCovers(outer, inner) && FactsCover(outer, inner);
}

bool Possible(const Condition& when) {
  const bool rare_possible =
      std::all_of(when.rare.begin(), when.rare.end(), [](const RareTests& rare) {
        return (!rare.max_tokens || !rare.max_tokens->Empty()) &&
               (rare.asked.empty() || std::any_of(rare.asked.begin(), rare.asked.end(),
                                                  [](std::uint64_t word) { return word != 0; }));
      });
  return when.traits.Possible() && !when.input_tokens.Empty() && rare_possible &&
         std::all_of(when.all.begin(), when.all.end(), Possible);
}

bool LooksAtHeaders(const When& when) {
  const auto any = [](const std::vector<When>& parts) {
    return std::any_of(parts.begin(), parts.end(), LooksAtHeaders);
  };
  return !when.headers.empty() || !when.metadata.empty() || any(when.all) || any(when.any) ||
         any(when.none);
}

class Nose {
 public:
  Nose(const config::Config& config, const CompiledPolicy& policy)
      : config_(config), policy_(policy) {}

  std::vector<config::Diagnostic> Run() {
    for (std::size_t i = 0; i < config_.routes.size(); ++i) {
      Reach(i);
      Empty(i);
      Region(i);
      Residency(i);
    }
    Unused();
    Unpriced();
    return std::move(found_);
  }

 private:
  void Report(const config::Place& place, std::string path, std::string problem, std::string fix) {
    found_.push_back({place, std::move(path), std::move(problem), std::move(fix)});
  }
  std::string PathOf(std::size_t route) const { return Concat("routes[", route, "]"); }

  void Reach(std::size_t i) {
    const CompiledRoute& route = policy_.routes()[i];
    const config::Place& place = config_.routes[i].place;
    if (!Possible(route.when)) {
      Report(
          place, PathOf(i),
          Concat("route ", route.name, " can never match: no request has all that its `when` says"),
          "loosen the condition, or remove the route");
      return;
    }
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      const CompiledRoute& first = policy_.routes()[earlier];
      if (!SaysNothing(first.when) && !Covers(first.when, route.when)) continue;
      Report(place, PathOf(i),
             Concat("route ", route.name, " can never match: route ", first.name,
                    " takes everything before it"),
             Concat("move it above ", first.name, ", or remove it"));
      return;
    }
  }

  void Empty(std::size_t i) {
    const CompiledRoute& route = policy_.routes()[i];
    const bool any = std::any_of(route.targets.begin(), route.targets.end(), [&](std::size_t t) {
      return route.require.fixed[t] == Drop::kNone;
    });
    if (any) return;
    const bool relaxes = config_.routes[i].on_no_target == config::OnNoTarget::kRelax;
    Report(config_.routes[i].place, PathOf(i) + ".require",
           Concat("no target of route ", route.name, " meets it, so ",
                  relaxes ? "it is relaxed for every request" : "every request is refused"),
           "loosen `require`, or add a target that meets it");
  }

  // Labels that some rule requires, so that leaving them behind matters to somebody.
  std::set<std::string> RequiredLabels() const {
    std::set<std::string> labels;
    const auto add = [&](const config::Require& require) {
      for (const auto& [label, values] : require.labels) labels.insert(label);
    };
    for (const config::Route& route : config_.routes) add(route.require);
    for (const config::Key& key : config_.keys) add(key.require);
    for (const config::Team& team : config_.teams) add(team.require);
    return labels;
  }

  void Region(std::size_t i) {
    const config::Route& route = config_.routes[i];
    if (route.targets.size() < 2) return;
    for (const std::string& label : RequiredLabels()) {
      if (route.require.labels.contains(label)) continue;
      const auto value = [&](std::size_t target) {
        const auto& labels =
            config_.backends[policy_.targets()[policy_.routes()[i].targets[target]].backend].labels;
        const auto found = labels.find(label);
        return found == labels.end() ? std::string() : found->second;
      };
      for (std::size_t t = 1; t < route.targets.size(); ++t) {
        if (value(t) == value(0)) continue;
        const std::string& name = policy_.targets()[policy_.routes()[i].targets[t]].name;
        Report(route.targets[t].place, Concat(PathOf(i), ".targets[", t, "]"),
               Concat("falling back to ", name, " leaves ", label, " ",
                      value(0).empty() ? "unset" : value(0), " for ",
                      value(t).empty() ? "one that has none" : value(t),
                      ", and a rule elsewhere requires ", label),
               value(0).empty() ? Concat("say ", label, " at the backend of the first target too")
                                : Concat("add `require: {labels: {", label, ": ", value(0),
                                         "}}` if the route must stay there"));
        return;
      }
    }
  }

  void Residency(std::size_t i) {
    const config::Route& route = config_.routes[i];
    const bool binding =
        route.require.hosting == config::Hosting::kSelfHosted || !route.require.labels.empty();
    if (!binding || !LooksAtHeaders(route.when)) return;
    Report(route.place, PathOf(i) + ".when",
           Concat("where the data of route ", route.name,
                  " may go hangs on a header or metadata, which a client can leave out"),
           "say the same `require` on the keys or teams whose data must stay");
  }

  void Unused() {
    std::set<std::size_t> used;
    for (const CompiledRoute& route : policy_.routes()) {
      used.insert(route.targets.begin(), route.targets.end());
    }
    for (std::size_t t = 0; t < policy_.targets().size(); ++t) {
      if (used.contains(t)) continue;
      const Target& target = policy_.targets()[t];
      Report(PlaceOf(target),
             Concat("backends.", config_.backends[target.backend].name, ".models.", target.model),
             Concat("no route uses ", target.name, ": only clients that ask for it by name get it"),
             "add it to the targets of a route, or remove it");
    }
  }

  void Unpriced() {
    for (const Target& target : policy_.targets()) {
      if (target.hosting != config::Hosting::kPaidApi || target.prices) continue;
      Report(PlaceOf(target),
             Concat("backends.", config_.backends[target.backend].name, ".models.", target.model),
             Concat(target.name, " has no price: it is booked as unpriced and ranks last by cost"),
             "add `price: {input: …, output: …}` in US dollars per 1M tokens");
    }
  }

  config::Place PlaceOf(const Target& target) const {
    for (const config::ServedModel& served : config_.backends[target.backend].models) {
      if (served.model == target.model) return served.place;
    }
    return config_.backends[target.backend].place;
  }

  const config::Config& config_;
  const CompiledPolicy& policy_;
  std::vector<config::Diagnostic> found_;
};

}  // namespace

std::vector<config::Diagnostic> Smells(const config::Config& config, const CompiledPolicy& policy) {
  return Nose(config, policy).Run();
}

}  // namespace headgate::routing
