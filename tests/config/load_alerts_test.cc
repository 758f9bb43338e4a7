#include <gtest/gtest.h>

#include <string>

#include "config/sections/access/alerts.h"
#include "tests/config/load_fixture.h"

namespace headgate::config {
namespace {

std::string AlertsWith(const std::string& alerts) {
  return WithRest(
      "server: {auth: none, state: /var/lib/headgate}\n"
      "budgets: [{limit: 500, per: month}]\n" +
      alerts);
}

TEST(AlertsTest, HaveAServerAndATargetThatMayBeSecret) {
  struct Case {
    const char* text;
    bool tls;
    const char* host;
    int port;
    const char* target;
  };
  for (const Case& one :
       {Case{"https://hooks.slack.com/services/T0/B0/x", true, "hooks.slack.com", 443,
             "/services/T0/B0/x"},
        Case{"https://a.example/?key=1&token=2", true, "a.example", 443, "/?key=1&token=2"},
        Case{"https://a.example?key=1", true, "a.example", 443, "/?key=1"},
        Case{"http://127.0.0.1:9000", false, "127.0.0.1", 9000, "/"},
        Case{"http://[::1]:9000/v1/chat/completions/", false, "::1", 9000,
             "/v1/chat/completions/"}}) {
    const Parsed<Alerts> parsed = ParseWebhook(one.text);
    ASSERT_TRUE(parsed.value) << one.text << ": " << parsed.complaint.problem;
    EXPECT_EQ(parsed.value->webhook.tls, one.tls);
    EXPECT_EQ(parsed.value->webhook.host, one.host);
    EXPECT_EQ(parsed.value->webhook.port, one.port);
    EXPECT_EQ(parsed.value->webhook.path, "");
    EXPECT_EQ(parsed.value->target.Reveal(), one.target);
  }
}

TEST(AlertsTest, RefuseOtherAddressesAndRepeatNothingOfThem) {
  struct Case {
    const char* text;
    const char* problem;
  };
  for (const Case& one :
       {Case{"hooks.example.com/hunter22", "has no scheme"},
        Case{"ftp://hooks.example.com/hunter22", "has a scheme other than http and https"},
        Case{"https://user:hunter22@hooks.example.com/x", "has a user or password in it"},
        Case{"https://hooks.example.com/hunter22#part", "has a fragment"},
        Case{"https://hooks.example.com/hunter 22", "has a character that URLs may not have"},
        Case{"https://hooks.example.com/hunter22\r\nX: y",
             "has a character that URLs may not have"},
        Case{"https:///hunter22", "has no valid host"},
        Case{"https://hooks.example.com:99999/hunter22", "has no valid port"}}) {
    const Parsed<Alerts> parsed = ParseWebhook(one.text);
    EXPECT_FALSE(parsed.value) << one.text;
    EXPECT_EQ(parsed.complaint.problem, one.problem) << one.text;
    EXPECT_EQ(parsed.complaint.fix,
              "write it as https://hooks.example.com/path, and a password or token as `token`");
  }
}

TEST(AlertsTest, AreReadWithTheirSecrets) {
  const Config config =
      LoadOrFail(AlertsWith("alerts: {webhook: 'https://a.example/x', token: '${OPENAI_API_KEY}', "
                            "proxy: 'http://proxy:3128'}\n"));
  ASSERT_TRUE(config.alerts);
  EXPECT_EQ(config.alerts->token.Reveal(), "sk-openai-5678");
  EXPECT_EQ(config.alerts->proxy->host, "proxy");
  EXPECT_FALSE(LoadOrFail(AlertsWith("")).alerts);
}

TEST(AlertsTest, AnAddressMayLookLikeAFileOrAPlaceholder) {
  for (const char* const target : {"/in.json", "/services/...", "/a-xxx", "/hook.token"}) {
    const Config config = LoadOrFail(
        AlertsWith("alerts: {webhook: 'https://a.example" + std::string(target) + "'}\n"));
    ASSERT_TRUE(config.alerts);
    EXPECT_EQ(config.alerts->target.Reveal(), target);
  }
}

TEST(AlertsTest, AMissingVariableIsToleratedWhereSecretsAreOptional) {
  const LoadResult result = LoadText(AlertsWith("alerts: {webhook: '${HOOK}'}\n"), "test.yaml",
                                     Variables, nullptr, Secrets::kOptional);
  ASSERT_TRUE(result.config);
  EXPECT_EQ(result.config->alerts->webhook.host, "not-set");
  EXPECT_EQ(result.missing_secrets.size(), 1u);
}

}  // namespace
}  // namespace headgate::config
