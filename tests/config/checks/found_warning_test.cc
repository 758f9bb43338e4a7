#include "config/checks/found_warning.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/warning_kind.h"

namespace headgate::config {
namespace {

FoundWarning At(WarningKind kind, const std::string& path) {
  return {kind, {{"headgate.yaml", 1}, path, "is odd", "change it"}};
}

std::string PathsOf(const std::vector<FoundWarning>& warnings) {
  std::string out;
  for (const FoundWarning& warning : warnings) out += warning.diagnostic.path + " ";
  return out;
}

TEST(FoundWarning, ends_with_its_stable_name) {
  EXPECT_EQ(ToString(At(WarningKind::kResidencyRegion, "routes.code")),
            "headgate.yaml:1: routes.code: is odd; change it [residency_region]");
}

TEST(FoundWarning, has_a_name_of_its_own_for_each_kind) {
  for (const auto& word : kWarningNames) EXPECT_EQ(NameOf(word.meaning), word.text);
}

TEST(SiftWarnings, takes_out_what_is_allowed_everywhere) {
  Config config;
  config.allow_warnings = {WarningKind::kPriceMissing};
  const SiftedWarnings sifted = SiftWarnings(
      config, {At(WarningKind::kPriceMissing, "backends.a"), At(WarningKind::kTargetUnused, "b")});
  EXPECT_EQ(PathsOf(sifted.shown), "b ");
  EXPECT_EQ(PathsOf(sifted.allowed), "backends.a ");
}

TEST(SiftWarnings, takes_out_what_one_object_allows_and_only_there) {
  Config config;
  Route& code = config.routes.emplace_back();
  code.path = "routes.code";
  code.allow_warnings = {WarningKind::kResidencyRegion};
  config.routes.emplace_back().path = "routes.code.eu";
  config.routes.emplace_back().path = "routes.codes";
  config.routes.emplace_back();  // a route that was built in code has no path
  const SiftedWarnings sifted =
      SiftWarnings(config, {At(WarningKind::kResidencyRegion, "routes.code"),
                            At(WarningKind::kResidencyRegion, "routes.code.targets[1]"),
                            At(WarningKind::kResidencyBypass, "routes.code.when"),
                            At(WarningKind::kResidencyRegion, "routes.code.eu.targets[1]"),
                            At(WarningKind::kResidencyRegion, "routes.codes"),
                            At(WarningKind::kResidencyRegion, "")});
  EXPECT_EQ(PathsOf(sifted.allowed), "routes.code routes.code.targets[1] ");
  EXPECT_EQ(PathsOf(sifted.shown), "routes.code.when routes.code.eu.targets[1] routes.codes  ");
}

TEST(SiftWarnings, knows_keys_teams_and_backends) {
  Config config;
  Key& key = config.keys.emplace_back();
  key.path = "keys.web";
  key.allow_warnings = {WarningKind::kRequireUnmet};
  Team& team = config.teams.emplace_back();
  team.name = "shop";
  team.allow_warnings = {WarningKind::kRequireUnmet};
  Backend& backend = config.backends.emplace_back();
  backend.name = "gpu";
  backend.allow_warnings = {WarningKind::kTargetUnused};
  const SiftedWarnings sifted =
      SiftWarnings(config, {At(WarningKind::kRequireUnmet, "keys.web.require"),
                            At(WarningKind::kRequireUnmet, "teams.shop.require"),
                            At(WarningKind::kTargetUnused, "backends.gpu.models.qwen-2.5-32b"),
                            At(WarningKind::kTargetUnused, "backends.gpu2.models.qwen-2.5-32b")});
  EXPECT_EQ(PathsOf(sifted.shown), "backends.gpu2.models.qwen-2.5-32b ");
}

// A warning has the path of one object and may be about other objects too.
TEST(SiftWarnings, takes_out_what_any_object_allows_that_the_warning_is_about) {
  Config config;
  Route& code = config.routes.emplace_back();
  code.path = "routes.code";
  Key& key = config.keys.emplace_back();
  key.path = "keys.web";
  key.allow_warnings = {WarningKind::kRequireConflict};
  Team& team = config.teams.emplace_back();
  team.name = "shop";
  team.allow_warnings = {WarningKind::kRequireConflict};
  const struct {
    WarningKind kind;
    std::vector<std::string> about;
    bool allowed;
  } kCases[] = {
      {WarningKind::kRequireConflict, {}, false},
      {WarningKind::kRequireConflict, {"keys.web"}, true},
      {WarningKind::kRequireConflict, {"keys.job"}, false},
      {WarningKind::kRequireConflict, {"keys.job", "teams.shop"}, true},
      {WarningKind::kResidencyBypass, {"keys.web", "teams.shop"}, false},
  };
  for (const auto& test : kCases) {
    FoundWarning warning = At(test.kind, "routes.code");
    warning.about = test.about;
    const SiftedWarnings sifted = SiftWarnings(config, {warning});
    EXPECT_EQ(sifted.allowed.size(), test.allowed ? 1u : 0u) << testing::PrintToString(test.about);
    EXPECT_EQ(sifted.shown.size(), test.allowed ? 0u : 1u);
  }
}

}  // namespace
}  // namespace headgate::config
