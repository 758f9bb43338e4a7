#include <gtest/gtest.h>

#include <set>
#include <string_view>
#include <vector>

#include "routing/classify/classifier.h"
#include "routing/decide/decision.h"
#include "routing/policy/drop.h"

namespace headgate::routing {
namespace {

// Labels of metrics and fields of logs: a change breaks dashboards.
template <typename Enum>
void ExpectNames(const std::vector<std::string_view>& names) {
  std::set<std::string_view> different;
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(ToString(static_cast<Enum>(i)), names[i]);
    different.insert(names[i]);
  }
  EXPECT_EQ(different.size(), names.size());
}

TEST(Names, of_topics) { ExpectNames<Topic>({"general", "code", "math"}); }
TEST(Names, of_urgencies) { ExpectNames<Urgency>({"normal", "latency_critical", "batch"}); }
TEST(Names, of_classes) {
  ExpectNames<Class>({"batch", "latency_critical", "code", "general"});
  EXPECT_EQ(ToString(Class::kGeneral), "general");
}

TEST(Names, of_endpoints) {
  const std::vector<std::string_view> names(kEndpointNames.begin(), kEndpointNames.end());
  EXPECT_EQ(names, (std::vector<std::string_view>{"chat", "completions", "embeddings", "messages",
                                                  "responses", "count_tokens"}));
}

TEST(Names, of_drops) {
  const std::vector<std::string_view> names = {"none",
                                               "not_requested_model",
                                               "model_not_allowed",
                                               "endpoint",
                                               "native_only",
                                               "context",
                                               "unsupported",
                                               "unpriced",
                                               "hosting",
                                               "labels",
                                               "license",
                                               "context_required",
                                               "scores",
                                               "price",
                                               "supports",
                                               "ttft_p95",
                                               "error_rate"};
  ASSERT_EQ(names.size(), static_cast<std::size_t>(kDropCount));
  ExpectNames<Drop>(names);
  EXPECT_EQ(ToString(Drop::kErrorRate), "error_rate");
}

TEST(Names, of_outcomes) {
  ExpectNames<Outcome>({"planned", "no_route", "no_target", "unknown_model", "model_not_allowed"});
  EXPECT_EQ(ToString(Outcome::kModelNotAllowed), "model_not_allowed");
}

TEST(Names, of_relaxed_requirements) {
  const auto names = [](int relaxed) {
    std::string out = "was: ";
    AppendRelaxed(static_cast<std::uint8_t>(relaxed), out);
    return out;
  };
  EXPECT_EQ(names(0), "was: ");
  EXPECT_EQ(names(kRelaxedScores), "was: scores");
  EXPECT_EQ(names(kRelaxedTtft | kRelaxedSupports), "was: ttft_p95, supports");
  EXPECT_EQ(names((1 << kRelaxedCount) - 1),
            "was: ttft_p95, error_rate, context, scores, price, supports");
}

TEST(Names, of_relax_levels) {
  ExpectNames<RelaxLevel>({"nothing", "live", "all_but_binding"});
  EXPECT_EQ(ToString(RelaxLevel::kAllButBinding), "all_but_binding");
}

TEST(Names, of_what_a_cost_is_made_of) {
  ExpectNames<CostBasis>({"priced", "free_slot", "amortised", "no_free_slot", "unpriced"});
  EXPECT_EQ(ToString(CostBasis::kUnpriced), "unpriced");
}

}  // namespace
}  // namespace headgate::routing
