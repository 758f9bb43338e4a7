#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

std::string LimitedWith(const std::string& rest) {
  return "server: {auth: keys, state: /var/lib/headgate}\n"
         "backends:\n"
         "  up: {hosting: paid_api, url: 'https://api.example.com/v1', api_key: k,\n"
         "       models: {gpt-4.1: x}, limits: {in_flight: 9}}\n"
         "routes: [{name: chat, limits: {requests_per_minute: 6000, in_flight: 200}}]\n"
         "teams: {search: {limits: {tokens_per_minute: 2M}}}\n"
         "keys:\n"
         "  - {name: web, team: search, routes: chat, classes: [code, batch], expires: "
         "2027-03-31,\n"
         "     hash: 'sha256:" +
         std::string(64, 'a') + "', limits: {requests_per_minute: 600}}\n" + rest;
}

TEST(Limits, are_read_where_they_stand) {
  const Config config = LoadOrFail(LimitedWith(""));
  EXPECT_EQ(config.keys[0].limits.requests_per_minute, 600);
  EXPECT_FALSE(config.keys[0].limits.tokens_per_minute);
  EXPECT_EQ(config.teams[0].limits.tokens_per_minute, 2'000'000);
  EXPECT_EQ(config.routes[0].limits.in_flight, 200);
  EXPECT_EQ(config.backends[0].limits.in_flight, 9);
}

TEST(Limits, a_key_has_an_end_and_places) {
  const Key key = LoadOrFail(LimitedWith("")).keys[0];
  EXPECT_EQ(key.expires, 1'806'451'200);  // 2027-03-31T00:00:00Z
  EXPECT_EQ(key.routes, std::vector<std::string>{"chat"});
  EXPECT_EQ(key.classes, (std::vector<std::string>{"code", "batch"}));
  EXPECT_FALSE(key.made);
}

TEST(Budgets, have_defaults_and_names) {
  const Config config = LoadOrFail(LimitedWith(
      "budgets:\n"
      "  - {scope: {team: search, route: chat}, limit: 500, per: month}\n"
      "  - {limit: $0.5, per: day, warn_at: [80%, 50%], when_spent: cheapest, counts: all}\n"));
  const Budget& first = config.budgets[0];
  EXPECT_EQ(NameOf(first), "team=search,route=chat,per=month");
  EXPECT_EQ(first.limit, 500'000'000'000);
  EXPECT_EQ(first.zone, "UTC");
  EXPECT_EQ(first.warn_at, std::vector<std::int64_t>{800'000});
  EXPECT_EQ(first.when_spent, WhenSpent::kReject);
  EXPECT_EQ(first.counts, BudgetCounts::kPaid);
  EXPECT_EQ(first.assume_output, 4096);
  const Budget& second = config.budgets[1];
  EXPECT_EQ(NameOf(second), "per=day");
  EXPECT_EQ(second.limit, 500'000'000);
  EXPECT_EQ(second.warn_at, (std::vector<std::int64_t>{500'000, 800'000}));
}

TEST(Budgets, may_differ_in_when_spent_alone) {
  const Config config = LoadOrFail(LimitedWith(
      "budgets:\n"
      "  - {scope: {team: search}, limit: 400, per: month, when_spent: self_hosted_only}\n"
      "  - {scope: {team: search}, limit: 500, per: month}\n"
      "  - {limit: 5, per: day}\n"));
  EXPECT_EQ(NameOf(config.budgets[0]), "team=search,per=month,when=self_hosted_only");
  EXPECT_EQ(NameOf(config.budgets[1]), "team=search,per=month,when=reject");
  EXPECT_EQ(NameOf(config.budgets[2]), "per=day");
}

TEST(Keys, are_stopped_alone_or_with_their_team) {
  EXPECT_EQ(StopOf(LoadOrFail(LimitedWith("")), LoadOrFail(LimitedWith("")).keys[0]), Stop::kNone);
  Config config = LoadOrFail(LimitedWith(""));
  config.teams[0].stopped = true;
  EXPECT_EQ(StopOf(config, config.keys[0]), Stop::kTeam);
  config.keys[0].stopped = true;
  EXPECT_EQ(StopOf(config, config.keys[0]), Stop::kKey);
  std::string text = LimitedWith("");
  text.replace(text.find("teams: {search: {"), 17, "teams: {search: {stopped: true, ");
  EXPECT_TRUE(LoadOrFail(text).teams[0].stopped);
}

TEST(Budgets, get_a_ledger_in_the_state) {
  EXPECT_FALSE(LoadOrFail(LimitedWith("")).ledger);
  const Config config = LoadOrFail(LimitedWith("budgets: [{limit: 1, per: day}]\n"));
  ASSERT_TRUE(config.ledger);
  EXPECT_EQ(LedgerFolder(config), "/var/lib/headgate/ledger");
}

TEST(Budgets, a_team_may_have_its_keys_made_at_run_time) {
  const Config config = LoadOrFail(
      "server: {auth: keys, state: /var/lib/headgate}\n"
      "ledger: {}\n"
      "backends: {up: {hosting: paid_api, url: 'https://a.example', api_key: k, models: {gpt-4.1: "
      "x}}}\n"
      "routes: [{name: a, when: {team: later}}, {name: b}]\n"
      "teams: {later: {limits: {in_flight: 1}}}\n"
      "budgets: [{scope: {team: later}, limit: 1, per: day}]\n");
  EXPECT_TRUE(config.keys.empty());
}

TEST(LoadKey, reads_an_entry_for_a_running_daemon) {
  const Config config = LoadOrFail(LimitedWith(""));
  const std::string hash = "\"hash\":\"sha256:" + std::string(64, 'b') + "\"";
  const KeyResult good = LoadKey(
      R"({"name":"app","team":"search","models":["gpt-4.1"],"expires":"2027-01-31",)" + hash + "}",
      config);
  for (const Diagnostic& diagnostic : good.diagnostics) ADD_FAILURE() << ToString(diagnostic);
  ASSERT_TRUE(good.key);
  EXPECT_TRUE(good.key->made);
  EXPECT_EQ(good.key->name, "app");
  for (const std::string& wrong :
       {R"({"name":"web","team":"search",)" + hash + "}",  // taken
        R"({"name":"app","team":"search","routes":["x"],)" + hash + "}",
        R"({"name":"app","team":"${HOME}",)" + hash + "}",  // knows no environment
        std::string("{"), std::string("[]"), std::string()}) {
    const KeyResult result = LoadKey(wrong, config);
    EXPECT_FALSE(result.key) << wrong;
    EXPECT_FALSE(result.diagnostics.empty()) << wrong;
  }
}

TEST(LoadKey, names_a_key_that_was_made_at_run_time) {
  Config config = LoadOrFail(LimitedWith(""));
  const std::string text =
      R"({"name":"app","team":"search","hash":"sha256:)" + std::string(64, 'b') + "\"}";
  config.keys.push_back(*LoadKey(text, config).key);
  const KeyResult again = LoadKey(text, config);
  std::set<std::string> words;
  for (const Diagnostic& diagnostic : again.diagnostics) {
    words.insert(diagnostic.problem + "; " + diagnostic.fix);
  }
  const std::set<std::string> expected = {
      "`app` is a key made at run time; give this key another name, or end that one with `headgate "
      "key revoke app`",
      "has the same digest as `app`, a key made at run time; make a new key with `headgate key "
      "new`"};
  EXPECT_EQ(words, expected);
}

}  // namespace
}  // namespace headgate::config
