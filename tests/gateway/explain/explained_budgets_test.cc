// What a key may not use, and what spent budgets change, in explanations and in policy tests.
#include "gateway/explain/explained_budgets.h"

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/decide/policy_tests.h"
#include "gateway/explain/explanation.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kScoped = R"(
server: {auth: keys}
ledger: {path: /nowhere/ledger}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1"], models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: secret, models: {gpt-4.1: g}}
keys:
  - {name: web, team: shop, routes: [all], hash: "sha256:0000000000000000000000000000000000000000000000000000000000000001"}
  - {name: app, team: shop, classes: [batch], hash: "sha256:0000000000000000000000000000000000000000000000000000000000000002"}
  - {name: ops, team: ops, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000003"}
routes:
  - {name: paid, when: {header: {x-route: paid}}, targets: [gpt-4.1@api]}
  - {name: all, targets: [gpt-4.1@api, qwen-2.5-32b@gpu], prefer: ordered}
)";
constexpr std::int64_t kNoonMs = 1'795'957'200'000;  // 2026-11-29T13:00:00Z

class ExplainedBudgetsTest : public testing::Test {
 protected:
  void Configure(const std::string& budgets) {
    snapshot_ = InForce(std::string(kScoped) + "budgets: [" + budgets + "]\n");
    for (const auto& entry : snapshot_->budgets->entries()) {
      entry.spend->At(kNoonMs).Settle(0, entry.budget.limit);
    }
  }
  boost::json::object Explained(const std::string& key, const std::string& route = "all") {
    DryRunRequest request;
    request.body = R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})";
    request.headers = {{"x-route", route}};
    request.key = key;
    const DryRunResult result =
        DryRun(*snapshot_->policy, request, QuietLoad(*snapshot_->config, *snapshot_->policy));
    boost::json::object explained = Explain(*snapshot_->config, *snapshot_->policy, result.input,
                                            result.decision, std::nullopt);
    AddBudgets({*snapshot_->config, *snapshot_->policy, *snapshot_->budgets}, result,
               {.time = kNoonMs, .body_bytes = request.body.size()}, explained);
    return explained;
  }
  static std::string Plan(const boost::json::object& explained) {
    std::string plan;
    for (const auto& target : explained.at("plan").as_array()) {
      plan.append(plan.empty() ? "" : " ").append(std::string(target.as_string()));
    }
    return plan;
  }
  static bool Says(const boost::json::object& explained, const std::string& words) {
    return std::string(explained.at("answer").as_string()).find(words) != std::string::npos;
  }

  std::shared_ptr<const Snapshot> snapshot_ = InForce(std::string(kScoped));
};

TEST_F(ExplainedBudgetsTest, NamesWhatAKeyMayNotUse) {
  EXPECT_FALSE(Explained("web").contains("refused"));
  const boost::json::object paid = Explained("web", "paid");
  EXPECT_EQ(paid.at("refused").as_string(), "route_not_allowed");
  EXPECT_TRUE(Says(paid, "refused with 403 route_not_allowed: key web may not use route paid"));
  const boost::json::object app = Explained("app");
  EXPECT_EQ(app.at("refused").as_string(), "class_not_allowed");
  EXPECT_TRUE(Says(app, "key app may not use class general"));
}

TEST_F(ExplainedBudgetsTest, PolicyTestsKnowWhatAKeyMayNotUse) {
  struct Case {
    const char* key;
    const char* route;
    const char* target;
    const char* refused;
  };
  for (const Case& one :
       {Case{"ops", "paid", "gpt-4.1@api", ""}, Case{"web", "all", "gpt-4.1@api", ""},
        Case{"web", "paid", "", "route_not_allowed"},
        Case{"app", "all", "", "class_not_allowed"}}) {
    config::Config config = *snapshot_->config;
    config::PolicyTest& test = config.tests.emplace_back();
    test.request = R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})";
    test.headers = {{"x-route", one.route}};
    test.key = one.key;
    test.expect_route = one.route;
    test.expect_target = one.target;
    test.expect_refused = one.refused;
    for (const config::Diagnostic& failed : RunPolicyTests(config, *snapshot_->policy)) {
      ADD_FAILURE() << ToString(failed) << " for key " << one.key << ", route " << one.route;
    }
  }
}

TEST_F(ExplainedBudgetsTest, WithoutABudgetNothingIsAdded) {
  EXPECT_FALSE(Explained("web").contains("budgets"));
  Configure("{scope: {team: shop}, limit: 5, per: day}");
  EXPECT_FALSE(Explained("ops").contains("budgets"));
}

TEST_F(ExplainedBudgetsTest, ABudgetThatIsNotSpentChangesNothing) {
  Configure("{scope: {team: shop}, limit: 5, per: day}");
  snapshot_->budgets->entries()[0].spend->At(kNoonMs).Settle(0, -2 * kNanoPerUsd);
  const boost::json::object explained = Explained("web");
  const boost::json::object& budget = explained.at("budgets").as_array()[0].as_object();
  EXPECT_EQ(budget.at("budget").as_string(), "team=shop,per=day");
  EXPECT_EQ(budget.at("spent_usd").as_string(), "3.000000000");
  EXPECT_EQ(budget.at("limit_usd").as_string(), "5.000000000");
  EXPECT_EQ(budget.at("when_spent").as_string(), "reject");
  EXPECT_FALSE(budget.at("is_spent").as_bool());
  EXPECT_EQ(Plan(explained), "gpt-4.1@api qwen-2.5-32b@gpu");
  EXPECT_FALSE(Says(explained, "budget"));
}

TEST_F(ExplainedBudgetsTest, ABudgetThatHasNoRoomRefusesBeforeItIsSpent) {
  Configure("{limit: 5, per: day}");
  policy::BudgetWindow& window = snapshot_->budgets->entries()[0].spend->At(kNoonMs);
  window.Settle(0, -kNanoPerUsd / 1000);  // a tenth of a cent is left
  boost::json::object explained = Explained("ops", "paid");
  EXPECT_EQ(explained.at("refused").as_string(), "insufficient_quota");
  EXPECT_TRUE(Says(explained,
                   "refused with 429 insufficient_quota: The budget of all requests "
                   "(day, UTC) has $0.001 of $5.00 left"))
      << explained.at("answer");
  EXPECT_TRUE(Says(explained, "Ask for fewer tokens of output."));
  explained = Explained("ops");
  EXPECT_FALSE(explained.contains("refused")) << "the pool costs this budget nothing";
  EXPECT_TRUE(Says(explained, "gpt-4.1@api is passed over: budget per=day has $0.001 free"));
  window.Settle(0, -4 * kNanoPerUsd);
  window.ReserveAnyway(4 * kNanoPerUsd);
  explained = Explained("ops", "paid");
  EXPECT_EQ(explained.at("refused").as_string(), "rate_limit_exceeded");
  EXPECT_TRUE(Says(explained, "Try again when"));
}

TEST_F(ExplainedBudgetsTest, ListsTheBudgetsOfAPastRequest) {
  Configure(
      "{scope: {team: shop}, limit: 5, per: day}, {scope: {route: paid}, limit: 5, per: day}");
  const BudgetsInForce force{*snapshot_->config, *snapshot_->policy, *snapshot_->budgets};
  struct Case {
    RequestOfBudgets request;
    std::size_t budgets;
  };
  for (const Case& one :
       {Case{{.key = "web", .route = "all"}, 1}, Case{{.key = "web", .route = "paid"}, 2},
        Case{{.key = {}, .route = "paid"}, 1}, Case{{.key = "gone", .route = "paid"}, 0}}) {
    boost::json::object explained;
    ListBudgets(force, one.request, kNoonMs, explained);
    const auto* const listed = explained.if_contains("budgets");
    EXPECT_EQ(listed == nullptr ? 0 : listed->as_array().size(), one.budgets)
        << one.request.key << " " << one.request.route;
  }
}

TEST_F(ExplainedBudgetsTest, PolicyTestsKnowStopsAndBudgets) {
  Configure("{scope: {team: ops}, limit: 5, per: day}");
  struct Case {
    const char* route;
    NanoUsd spent;
    bool stopped;
    const char* target;
    const char* refused;
  };
  for (const Case& one : {Case{"paid", 0, false, "gpt-4.1@api", ""},
                          Case{"paid", 5 * kNanoPerUsd, false, "", "insufficient_quota"},
                          Case{"all", 5 * kNanoPerUsd, false, "qwen-2.5-32b@gpu", ""},
                          Case{"all", 0, true, "", "key_stopped"}}) {
    config::Config config = *snapshot_->config;
    config.keys[2].stopped = one.stopped;
    config::PolicyTest& test = config.tests.emplace_back();
    test.request = R"({"model":"auto","messages":[{"role":"user","content":"hello"}]})";
    test.headers = {{"x-route", one.route}};
    test.key = "ops";
    test.spent = {{"team=ops,per=day", one.spent}};
    test.expect_target = one.target;
    test.expect_refused = one.refused;
    for (const config::Diagnostic& failed : RunPolicyTests(config, *snapshot_->policy)) {
      ADD_FAILURE() << ToString(failed) << " for route " << one.route << ", spent " << one.spent;
    }
  }
}

TEST_F(ExplainedBudgetsTest, SpentBudgetsChangeThePlan) {
  Configure("{limit: 5, per: day, when_spent: cheapest}");
  boost::json::object explained = Explained("web");
  EXPECT_EQ(Plan(explained), "qwen-2.5-32b@gpu gpt-4.1@api");
  EXPECT_TRUE(Says(explained, "budget per=day is spent: the cheapest target is asked first"));
  Configure("{limit: 5, per: day, when_spent: self_hosted_only}");
  explained = Explained("web");
  EXPECT_EQ(Plan(explained), "qwen-2.5-32b@gpu");
  EXPECT_FALSE(explained.contains("refused"));
}

TEST_F(ExplainedBudgetsTest, SaysIfNothingIsLeft) {
  for (const char* const when : {"reject", "self_hosted_only"}) {
    Configure(std::string("{limit: 5, per: day, when_spent: ") + when + "}");
    const boost::json::object explained = Explained("ops", "paid");
    EXPECT_EQ(explained.at("refused").as_string(), "insufficient_quota") << when;
    EXPECT_TRUE(Says(explained, "so it would be refused with 429 insufficient_quota"));
  }
  Configure("{limit: 5, per: day}");
  const boost::json::object explained = Explained("ops");
  EXPECT_FALSE(explained.contains("refused")) << "the pool costs this budget nothing";
  EXPECT_TRUE(Says(explained, "is spent: targets that it counts are passed over"));
}

}  // namespace
}  // namespace headgate::gateway
