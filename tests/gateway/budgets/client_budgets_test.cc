#include "gateway/budgets/client_budgets.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>

#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kAsked = 1'795'957'200'000;  // 2026-11-29T13:00:00Z

constexpr const char* kClientPolicy = R"(
server: {auth: keys}
ledger: {path: /nowhere/ledger}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: secret, models: {gpt-4.1: g}}
keys:
  - {name: web, team: shop, limits: {requests_per_minute: 5}, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000001"}
  - {name: ops, team: ops, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000002"}
teams: {shop: {limits: {in_flight: 3}}}
routes: [{name: all, limits: {requests_per_minute: 100}}]
budgets:
  - {scope: {team: shop}, limit: 5, per: day}
  - {scope: {team: ops}, limit: 7, per: day}
  - {scope: {team: shop, backend: api}, limit: 9, per: month, zone: Europe/Berlin, when_spent: cheapest}
)";

boost::json::value AskedBy(const Snapshot& snapshot, std::optional<std::size_t> key) {
  return boost::json::parse(ClientBudgetsJson({.config = *snapshot.config,
                                               .budgets = *snapshot.budgets,
                                               .limits = *snapshot.limits,
                                               .key = key,
                                               .time = kAsked,
                                               .now = policy::LimitTable::Clock::now()}));
}

TEST(ClientBudgetsJson, has_what_applies_to_the_key_and_no_other_names) {
  const std::shared_ptr<const Snapshot> snapshot = InForce(kClientPolicy);
  policy::BudgetWindow& window = snapshot->budgets->entries()[0].spend->At(kAsked);
  window.Settle(0, 2 * kNanoPerUsd);
  window.ReserveAnyway(kNanoPerUsd);
  EXPECT_EQ(AskedBy(*snapshot, 0), boost::json::parse(R"({
    "object": "budgets", "key": "web", "team": "shop",
    "limits": [
      {"of": "key", "name": "web", "requests_per_minute": {"limit": 5, "left": 5}},
      {"of": "team", "name": "shop", "in_flight": {"limit": 3, "now": 0}}],
    "budgets": [
      {"scope": {"team": "shop"}, "counts_some_requests_only": false, "per": "day", "zone": "UTC",
       "limit_usd": "5.000000000", "spent_usd": "2.000000000", "reserved_usd": "1.000000000",
       "left_usd": "2.000000000", "ends": "2026-11-30T00:00+00:00", "when_spent": "reject"},
      {"scope": {"team": "shop"}, "counts_some_requests_only": true, "per": "month",
       "zone": "Europe/Berlin", "limit_usd": "9.000000000", "spent_usd": "0.000000000",
       "reserved_usd": "0.000000000", "left_usd": "9.000000000",
       "ends": "2026-12-01T00:00+01:00", "when_spent": "cheapest"}]})"));
  EXPECT_EQ(AskedBy(*snapshot, std::nullopt),
            boost::json::parse(R"({"object": "budgets", "limits": [], "budgets": []})"));
}

}  // namespace
}  // namespace headgate::gateway
