#include "config/checks/check_tests.h"

#include <algorithm>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/checks/lookup.h"
#include "config/reader/units.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

template <typename Items>
std::vector<std::string> NamesOf(const Items& items) {
  std::vector<std::string> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

void CheckKnown(ReadContext& context, const std::string& path, std::string_view what,
                const std::string& name, const std::vector<std::string>& names) {
  if (name.empty() || context.HasProblem(path)) return;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  context.ReportAt(path, Concat(what, " `", name, "` does not exist"),
                   names.empty() ? "remove it" : DidYouMean(name, names));
}

void CheckExpected(ReadContext& context, const Config& config, const PolicyTest& test,
                   const std::string& path) {
  const bool expects_nothing = test.expect_class.empty() && test.expect_topic.empty() &&
                               test.expect_urgency.empty() && test.expect_route.empty() &&
                               test.expect_target.empty() && test.expect_refused.empty();
  if (expects_nothing) {
    const std::string at = context.Has(path) ? path : path.substr(0, path.rfind('.'));
    if (context.HasProblem(at)) return;
    context.ReportAt(at, "expects nothing",
                     "add expect: with class, topic, urgency, route, target or refused");
    return;
  }
  std::vector<std::string> classes = NamesOf(config.classes);
  classes.insert(classes.end(), kClasses.begin(), kClasses.end());
  CheckKnown(context, path + ".class", "class", test.expect_class, classes);
  if (!context.HasProblem("classifier")) {
    CheckKnown(context, path + ".topic", "topic", test.expect_topic, KnownTopics(config));
  }
  CheckKnown(context, path + ".route", "route", test.expect_route, NamesOf(config.routes));
  if (test.expect_target.empty() || context.HasProblem(path + ".target")) return;
  const Parsed<TargetReference> target = ParseTarget(test.expect_target);
  if (!target.value) {
    context.ReportAt(path + ".target",
                     Concat("`", test.expect_target, "` ", target.complaint.problem),
                     target.complaint.fix);
  } else if (CheckTarget(context, config, path + ".target", *target.value) &&
             !test.expect_refused.empty()) {
    context.ReportAt(path, "expects a target and a refusal", "keep one of them");
  }
}

void CheckLoad(ReadContext& context, const Config& config, const TestLoad& load,
               const std::string& path) {
  const std::string at = Concat(path, ".load.", load.name);
  const Parsed<TargetReference> target = ParseTarget(load.name);
  if (target.value) {
    CheckTarget(context, config, at, *target.value);
  } else {
    CheckKnown(context, at, "backend", load.name, NamesOf(config.backends));
  }
}

void CheckSpent(ReadContext& context, const Config& config, const PolicyTest& test) {
  std::vector<std::string> names;
  for (const Budget& budget : config.budgets) names.push_back(NameOf(budget));
  for (const auto& [budget, spent] : test.spent) {
    CheckKnown(context, Concat(test.path, ".budgets.", budget), "budget", budget, names);
  }
}

}  // namespace

void CheckTests(ReadContext& context, const Config& config) {
  for (const PolicyTest& test : config.tests) {
    const std::string& path = test.path;
    const auto twin =
        std::find_if(config.tests.begin(), config.tests.end(),
                     [&](const PolicyTest& other) { return other.name == test.name; });
    if (&*twin != &test && !context.HasProblem(path)) {
      context.ReportAt(path + ".name", "is already the name of another test",
                       "give each test a name of its own");
    }
    CheckKnown(context, path + ".key", "key", test.key, NamesOf(config.keys));
    for (const TestLoad& load : test.load) CheckLoad(context, config, load, path);
    CheckSpent(context, config, test);
    CheckExpected(context, config, test, path + ".expect");
  }
}

}  // namespace headgate::config
