#include "config/checks/check_language.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "config/base/glob.h"
#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/checks/lookup.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

constexpr std::size_t kMostClasses = 28;

std::string ItemPath(const ReadContext& context, const std::string& path, std::size_t index) {
  std::string item = Concat(path, "[", index, "]");
  return context.Has(item) ? item : path;
}

bool AnyMatches(std::string_view glob, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return MatchesGlob(glob, name); });
}

// The names that conditions and requirements may refer to.
struct Known {
  explicit Known(const Config& config) {
    classes.assign(kClasses.begin(), kClasses.end());
    for (const CustomClass& custom_class : config.classes) classes.push_back(custom_class.name);
    topics = KnownTopics(config);
    models.emplace_back("auto");
    std::set<std::string> benchmarks;
    std::set<std::string> license_set;
    for (const Backend& backend : config.backends) {
      for (const ServedModel& served : backend.models) {
        models.push_back(served.model);
        models.push_back(Concat(served.model, "@", backend.name));
      }
    }
    for (const Model& model : config.models) {
      if (!model.license.empty()) license_set.insert(model.license);
      for (const auto& [name, value] : model.scores) benchmarks.insert(name);
    }
    licenses.assign(license_set.begin(), license_set.end());
    scores.assign(benchmarks.begin(), benchmarks.end());
    for (const Key& key : config.keys) {
      keys.push_back(key.name);
      teams.push_back(key.team);
    }
    if (!config.ledger) return;  // else keys may be made while the daemon runs
    for (const Team& team : config.teams) teams.push_back(team.name);
  }

  std::vector<std::string> classes;
  std::vector<std::string> topics;
  std::vector<std::string> models;
  std::vector<std::string> licenses;
  std::vector<std::string> scores;
  std::vector<std::string> keys;
  std::vector<std::string> teams;
};

class Checker {
 public:
  Checker(ReadContext& context, const Config& config)
      : context_(context), config_(config), known_(config) {}

  void CheckWhen(const When& when, const std::string& path, bool in_class) {
    if (in_class && !when.classes.empty()) {
      Report(path + ".class", "cannot be used here: the class is what is being decided",
             "use topic, urgency, team or another condition");
    } else {
      CheckClasses(when, path + ".class");
    }
    CheckTopics(when, path + ".topic");
    CheckModels(when, path + ".model");
    CheckOwners(when.keys, known_.keys, "key", path + ".key");
    CheckOwners(when.teams, known_.teams, "key's team", path + ".team");
    CheckPossible(when.input_tokens, path + ".input_tokens");
    CheckPossible(when.max_tokens, path + ".max_tokens");
    CheckNested(when.all, path + ".all", in_class);
    CheckNested(when.any, path + ".any", in_class);
    CheckNested(when.none, path + ".not", in_class);
  }

  void CheckRequire(const Require& require, const std::string& path) {
    for (const auto& [name, comparisons] : require.scores) {
      const std::string at = Concat(path, ".scores.", name);
      CheckScore(name, at);
      CheckPossible(comparisons, at);
    }
    for (const auto& [name, values] : require.labels) CheckLabel(name, values, path + ".labels");
    for (std::size_t i = 0; i < require.licenses.size(); ++i) {
      const std::string& license = require.licenses[i];
      const std::string at = ItemPath(context_, path + ".license", i);
      if (license.empty() || AnyMatches(license, known_.licenses)) continue;
      Report(at, Concat("no model has the license `", license, "`"),
             DidYouMean(license, known_.licenses));
    }
    CheckPossible(require.input_price, path + ".price.input");
    CheckPossible(require.output_price, path + ".price.output");
    CheckPossible(require.ttft_p95, path + ".ttft_p95");
    CheckPossible(require.error_rate, path + ".error_rate");
  }

  void CheckScore(const std::string& name, const std::string& path) {
    if (std::find(known_.scores.begin(), known_.scores.end(), name) != known_.scores.end()) return;
    if (context_.HasProblem("models")) return;
    Report(path, Concat("no model of the catalogue has the score `", name, "`"),
           DidYouMean(name, known_.scores));
  }

 private:
  void CheckTopics(const When& when, const std::string& path) {
    if (context_.HasProblem("classifier")) return;
    for (std::size_t i = 0; i < when.topics.size(); ++i) {
      const std::string& topic = when.topics[i];
      const std::vector<std::string>& known = known_.topics;
      if (topic.empty() || std::find(known.begin(), known.end(), topic) != known.end()) continue;
      Report(ItemPath(context_, path, i), Concat("topic `", topic, "` does not exist"),
             DidYouMean(topic, known));
    }
  }

  void Report(const std::string& path, std::string problem, std::string fix) {
    if (!context_.HasProblem(path)) context_.ReportAt(path, std::move(problem), std::move(fix));
  }

  void CheckNested(const std::vector<When>& conditions, const std::string& path, bool in_class) {
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      CheckWhen(conditions[i], ItemPath(context_, path, i), in_class);
    }
  }

  void CheckClasses(const When& when, const std::string& path) {
    for (std::size_t i = 0; i < when.classes.size(); ++i) {
      const std::string& name = when.classes[i];
      const auto& classes = known_.classes;
      if (name.empty() || std::find(classes.begin(), classes.end(), name) != classes.end()) {
        continue;
      }
      Report(ItemPath(context_, path, i), Concat("class `", name, "` does not exist"),
             DidYouMean(name, classes));
    }
  }

  void CheckModels(const When& when, const std::string& path) {
    for (std::size_t i = 0; i < when.models.size(); ++i) {
      const std::string& name = when.models[i];
      const std::string at = ItemPath(context_, path, i);
      if (name.empty() || name == "auto" || context_.HasProblem(at)) continue;
      if (!IsGlob(name)) {
        CheckAskedModel(name, at);
      } else if (!context_.HasProblem("backends") && !AnyMatches(name, known_.models)) {
        Report(at, Concat("`", name, "` matches no model that a backend serves"),
               "correct it, or add the model under the models of a backend");
      }
    }
  }

  // Reports an alias too: a route sees the target of the alias.
  void CheckAskedModel(const std::string& name, const std::string& path) {
    if (const auto alias = config_.aliases.find(name); alias != config_.aliases.end()) {
      Report(path, Concat("`", name, "` is an alias, and routes see its target"),
             Concat("write `", alias->second, "`"));
    } else {
      CheckModelOrTarget(context_, config_, path, name);
    }
  }

  void CheckOwners(const std::vector<std::string>& globs, const std::vector<std::string>& names,
                   std::string_view what, const std::string& path) {
    if (context_.HasProblem("keys")) return;
    for (std::size_t i = 0; i < globs.size(); ++i) {
      if (globs[i].empty() || AnyMatches(globs[i], names)) continue;
      Report(ItemPath(context_, path, i), Concat("no ", what, " matches `", globs[i], "`"),
             names.empty() ? "add the key under `keys`, or remove the condition"
                           : DidYouMean(globs[i], names));
    }
  }

  void CheckLabel(const std::string& name, const std::vector<std::string>& globs,
                  const std::string& path) {
    if (context_.HasProblem("backends")) return;
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const Backend& backend : config_.backends) {
      for (const auto& [label, value] : backend.labels) {
        names.push_back(label);
        if (label == name) values.push_back(value);
      }
    }
    const std::string at = Concat(path, ".", name);
    if (values.empty()) {
      Report(at, Concat("no backend has a label `", name, "`"),
             names.empty() ? Concat("add it to a backend: labels: {", name, ": …}")
                           : DidYouMean(name, names));
      return;
    }
    for (std::size_t i = 0; i < globs.size(); ++i) {
      if (globs[i].empty() || AnyMatches(globs[i], values)) continue;
      Report(ItemPath(context_, at, i), Concat("no backend has the label ", name, ": ", globs[i]),
             DidYouMean(globs[i], values));
    }
  }

  // Reports comparisons that no value can meet: the highest lower bound is above the lowest upper
  // bound.
  template <typename C>
  void CheckPossible(const std::vector<C>& comparisons, const std::string& path) {
    using Number = decltype(C::value);
    Number low = 0;  // no value that is compared here is negative
    Number high = std::numeric_limits<Number>::max();
    for (const C& comparison : comparisons) {
      const Comparator op = comparison.op;
      if (op == Comparator::kGreater) low = std::max(low, Next(comparison.value, 1));
      if (op == Comparator::kGreaterEqual) low = std::max(low, comparison.value);
      if (op == Comparator::kLess) high = std::min(high, Next(comparison.value, -1));
      if (op == Comparator::kLessEqual) high = std::min(high, comparison.value);
      if (op != Comparator::kEqual) continue;
      low = std::max(low, comparison.value);
      high = std::min(high, comparison.value);
    }
    if (low <= high) return;
    Report(path, "can never hold", "change the comparisons so that a value meets them all");
  }

  static std::int64_t Next(std::int64_t value, int step) { return value + step; }
  static double Next(double value, int step) {
    return std::nextafter(value, step * std::numeric_limits<double>::infinity());
  }

  ReadContext& context_;
  const Config& config_;
  const Known known_;
};

void CheckClassNames(ReadContext& context, const Config& config) {
  if (config.classes.size() > kMostClasses) {
    context.ReportAt("classes", Concat("has more than ", kMostClasses, " classes"),
                     "merge some of them");
  }
  for (const CustomClass& custom_class : config.classes) {
    const std::string path = custom_class.path + ".class";
    if (custom_class.name.empty() || context.HasProblem(path)) continue;
    const bool built_in =
        std::find(kClasses.begin(), kClasses.end(), custom_class.name) != kClasses.end();
    const auto twin =
        std::find_if(config.classes.begin(), config.classes.end(),
                     [&](const CustomClass& other) { return other.name == custom_class.name; });
    if (built_in) {
      context.ReportAt(path, Concat("`", custom_class.name, "` is a built-in class"),
                       "choose another name");
    } else if (&*twin != &custom_class) {
      context.ReportAt(path,
                       Concat("`", custom_class.name, "` is already the name of the class at ",
                              ToString(twin->location)),
                       "give each class its own name, or combine the conditions with `any`");
    }
  }
}

void CheckTeams(ReadContext& context, const Config& config, Checker& checker) {
  for (const Team& team : config.teams) {
    const std::string path = Concat("teams.", team.name);
    checker.CheckRequire(team.require, path + ".require");
    std::vector<std::string> teams;
    for (const Key& key : config.keys) teams.push_back(key.team);
    if (std::find(teams.begin(), teams.end(), team.name) != teams.end()) continue;
    // With a ledger its keys may be made while the daemon runs.
    if (config.ledger || context.HasProblem("keys") || context.HasProblem(path)) continue;
    context.ReportAt(path, Concat("no key has the team `", team.name, "`"),
                     teams.empty() ? "add its key under `keys`" : DidYouMean(team.name, teams));
  }
}

}  // namespace

void CheckLanguage(ReadContext& context, const Config& config) {
  Checker checker(context, config);
  CheckClassNames(context, config);
  for (const CustomClass& custom_class : config.classes) {
    checker.CheckWhen(custom_class.when, custom_class.path + ".when", true);
  }
  for (const Route& route : config.routes) {
    checker.CheckWhen(route.when, route.path + ".when", false);
    checker.CheckRequire(route.require, route.path + ".require");
  }
  for (const Key& key : config.keys) checker.CheckRequire(key.require, key.path + ".require");
  CheckTeams(context, config, checker);
  // The default scores may be written out, whether or not the catalogue has them.
  const QualityScores defaults;
  const auto check_quality = [&](std::string_view path, const std::string& score,
                                 const std::string& default_score) {
    if (context.Has(std::string(path)) && score != default_score) {
      checker.CheckScore(score, std::string(path));
    }
  };
  check_quality("quality.code", config.quality.code, defaults.code);
  check_quality("quality.math", config.quality.math, defaults.math);
  check_quality("quality.general", config.quality.general, defaults.general);
}

}  // namespace headgate::config
