#include "routing/policy/class_queue.h"

#include <gtest/gtest.h>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Band;
using config::Milliseconds;

constexpr Class kCheckout = static_cast<Class>(kClassNames.size());
constexpr Class kNightly = static_cast<Class>(kClassNames.size() + 1);
constexpr Class kPlain = static_cast<Class>(kClassNames.size() + 2);

TEST(ClassQueue, every_class_has_a_band_and_a_target) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.classes = {{"checkout", {}, {}}, {"nightly", {}, {}}, {"plain", {}, {}}};
  config.classes[0].band = Band::kLatencyCritical;
  config.classes[0].target_ttft = Milliseconds(400);
  config.classes[1].band = Band::kBatch;
  config.built_in_target_ttft = {{"code", Milliseconds(2'000)}};
  const auto policy = Compiled(config);
  struct Case {
    Class request_class;
    Band band;
    int target_ms;
  };
  const Case cases[] = {{Class::kLatencyCritical, Band::kLatencyCritical, 500},
                        {Class::kCode, Band::kNormal, 2'000},
                        {Class::kGeneral, Band::kNormal, 5'000},
                        {Class::kBatch, Band::kBatch, 3'600'000},
                        {kCheckout, Band::kLatencyCritical, 400},
                        {kNightly, Band::kBatch, 3'600'000},
                        {kPlain, Band::kNormal, 5'000}};
  for (const Case& c : cases) {
    EXPECT_EQ(policy->BandOf(c.request_class), c.band) << policy->NameOf(c.request_class);
    EXPECT_EQ(policy->TargetTtft(c.request_class), Milliseconds(c.target_ms))
        << policy->NameOf(c.request_class);
  }
}

TEST(ClassQueue, a_key_has_the_share_of_its_team) {
  config::Config config = WithRoute(RouteTo("r", {}));
  config.keys = {KeyNamed("search", "search"), KeyNamed("shop", "shop"), KeyNamed("loner")};
  config.teams.resize(2);
  config.teams[0].name = "search";
  config.teams[0].share = 3;
  config.teams[1].name = "unused";
  config.teams[1].share = 9;
  const auto policy = Compiled(config);
  EXPECT_EQ(policy->ShareOf(0), 3);
  EXPECT_EQ(policy->ShareOf(1), 1) << "a team without an entry";
  EXPECT_EQ(policy->ShareOf(2), 1);
  EXPECT_EQ(policy->ShareOf(std::nullopt), 1);
  EXPECT_EQ(policy->TeamOf(0), "search");
  EXPECT_EQ(policy->TeamOf(std::nullopt), "");
}

TEST(ClassQueue, a_route_keeps_its_spill) {
  config::Config config = WithRoute(RouteTo("r", {}));
  EXPECT_EQ(Compiled(config)->routes()[0].spill.when, config::Spill::When::kAfter);
  EXPECT_EQ(Compiled(config)->routes()[0].spill.limit, Milliseconds(2'000));
  config.routes[0].spill = {config::Spill::When::kWaitOver, Milliseconds(500)};
  EXPECT_EQ(Compiled(config)->routes()[0].spill.when, config::Spill::When::kWaitOver);
  EXPECT_EQ(Compiled(config)->routes()[0].spill.limit, Milliseconds(500));
}

}  // namespace
}  // namespace headgate::routing
