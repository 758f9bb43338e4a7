#include <algorithm>

#include "config/base/suggest.h"
#include "config/base/text.h"
#include "config/checks/checks.h"
#include "config/checks/lookup.h"
#include "config/reader/kinds.h"
#include "config/reader/units.h"

namespace headgate::config {
namespace {

template <typename Items>
std::vector<std::string> NamesOf(const Items& items) {
  std::vector<std::string> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

void CheckKnown(Reading& reading, const std::string& path, std::string_view what,
                const std::string& name, const std::vector<std::string>& names) {
  if (name.empty() || reading.HasProblem(path)) return;
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  reading.ReportAt(path, Concat(what, " `", name, "` does not exist"),
                   names.empty() ? "remove it" : DidYouMean(name, names));
}

void CheckExpected(Reading& reading, const Config& config, const PolicyTest& test,
                   const std::string& path) {
  const bool says_nothing = test.expect_class.empty() && test.expect_topic.empty() &&
                            test.expect_urgency.empty() && test.expect_route.empty() &&
                            test.expect_target.empty() && test.expect_refused.empty();
  if (says_nothing) {
    const std::string at = reading.Says(path) ? path : path.substr(0, path.rfind('.'));
    if (reading.HasProblem(at)) return;
    reading.ReportAt(at, "expects nothing",
                     "add expect: with class, topic, urgency, route, target or refused");
    return;
  }
  std::vector<std::string> classes = NamesOf(config.classes);
  for (const auto& word : kClasses) classes.emplace_back(word.text);
  CheckKnown(reading, path + ".class", "class", test.expect_class, classes);
  CheckKnown(reading, path + ".route", "route", test.expect_route, NamesOf(config.routes));
  if (test.expect_target.empty() || reading.HasProblem(path + ".target")) return;
  const Parsed<TargetReference> target = ParseTarget(test.expect_target);
  if (!target.value) {
    reading.ReportAt(path + ".target",
                     Concat("`", test.expect_target, "` ", target.complaint.problem),
                     target.complaint.fix);
  } else if (CheckTarget(reading, config, path + ".target", *target.value) &&
             !test.expect_refused.empty()) {
    reading.ReportAt(path, "expects a target and a refusal", "keep one of them");
  }
}

void CheckLoad(Reading& reading, const Config& config, const TestLoad& load,
               const std::string& path) {
  const std::string at = Concat(path, ".load.", load.name);
  const Parsed<TargetReference> target = ParseTarget(load.name);
  if (target.value) {
    CheckTarget(reading, config, at, *target.value);
  } else {
    CheckKnown(reading, at, "backend", load.name, NamesOf(config.backends));
  }
}

}  // namespace

void CheckTests(Reading& reading, const Config& config) {
  for (const PolicyTest& test : config.tests) {
    const std::string& path = test.path;
    const auto twin =
        std::find_if(config.tests.begin(), config.tests.end(),
                     [&](const PolicyTest& other) { return other.name == test.name; });
    if (&*twin != &test && !reading.HasProblem(path)) {
      reading.ReportAt(path + ".name", "is already the name of another test",
                       "give each test a name of its own");
    }
    CheckKnown(reading, path + ".key", "key", test.key, NamesOf(config.keys));
    for (const TestLoad& load : test.load) CheckLoad(reading, config, load, path);
    CheckExpected(reading, config, test, path + ".expect");
  }
}

}  // namespace headgate::config
