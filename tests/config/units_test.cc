#include "config/reader/units.h"

#include <gtest/gtest.h>

#include <string_view>

#include "config/base/suggest.h"
#include "config/reader/address.h"

namespace headgate::config {
namespace {

template <typename T>
struct Case {
  std::string_view text;
  std::optional<T> value;  // none: refused
};

TEST(ParseUsd, IsExactToTheNanoDollar) {
  const Case<NanoUsd> cases[] = {
      {"0", 0},
      {"0.55", 550'000'000},
      {"$2.19", 2'190'000'000},
      {"10.00", 10'000'000'000},
      {"0.003625", 3'625'000},
      {"0.000000001", 1},
      {"0.0000000010000", 1},
      {"0.1", 100'000'000},
      {"49.24", 49'240'000'000},
      {"100000", 100'000 * kNanoPerUsd},
      {"007.5", 7'500'000'000},
      {"0.0000000001", {}},
      {"0.1234567891", {}},
      {"-1", {}},
      {"$-1", {}},
      {"+1", {}},
      {"1e-6", {}},
      {"1E3", {}},
      {"1,5", {}},
      {"1 000", {}},
      {".5", {}},
      {"5.", {}},
      {"", {}},
      {"$", {}},
      {"$$1", {}},
      {"free", {}},
      {"0x10", {}},
      {"100001", {}},
      {"100000.000000001", {}},
      {"99999999999999999999999", {}},
      {"nan", {}},
      {"1.2.3", {}},
  };
  for (const auto& [text, value] : cases) {
    const Parsed<NanoUsd> parsed = ParseUsd(text);
    EXPECT_EQ(parsed.value, value) << text;
    EXPECT_EQ(parsed.complaint.fix.empty(), value.has_value()) << text;
  }
}

TEST(ParseDuration, NeedsAUnit) {
  const Case<std::int64_t> cases[] = {
      {"50ms", 50},
      {"2s", 2000},
      {"10m", 600'000},
      {"1h", 3'600'000},
      {"0s", 0},
      {"2 s", 2000},
      {"168h", 604'800'000},
      {"2", {}},
      {"2sec", {}},
      {"1.5s", {}},
      {"-2s", {}},
      {"", {}},
      {"s", {}},
      {"169h", {}},
      {"99999999999999999999s", {}},
      {"9223372036854775807h", {}},
      {"2S", {}},
      {"1h30m", {}},
  };
  for (const auto& [text, value] : cases) {
    const Parsed<Milliseconds> parsed = ParseDuration(text);
    EXPECT_EQ(parsed.value.has_value(), value.has_value()) << text;
    EXPECT_EQ(parsed.value.value_or(Milliseconds(0)).count(), value.value_or(0)) << text;
  }
}

TEST(ParseDuration, SaysWhichUnitToAdd) {
  EXPECT_EQ(ParseDuration("30").complaint.problem, "has no unit");
  EXPECT_EQ(ParseDuration("30").complaint.fix, "write 30ms, 30s or 30m");
}

TEST(ParseDuration, DoesNotRepeatALongNumberWhichMayBeASecret) {
  EXPECT_EQ(ParseDuration("123456789").complaint.fix.find("123456789"), std::string::npos);
}

TEST(ParseSize, IsBinary) {
  const Case<std::int64_t> cases[] = {
      {"32MiB", 32 << 20}, {"32KiB", 32 << 10}, {"1GiB", 1 << 30}, {"1000", 1000}, {"32MB", {}},
      {"32M", {}},         {"32mib", {}},       {"-1", {}},        {"1.5MiB", {}}, {"", {}},
      {"9999999GiB", {}},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(ParseSize(text).value, value) << text;
}

TEST(ParseTokens, IsDecimal) {
  const Case<std::int64_t> cases[] = {
      {"32k", 32'000}, {"2M", 2'000'000}, {"131072", 131'072}, {"0", 0},  {"32K", {}},
      {"1.5M", {}},    {"32 tokens", {}}, {"-5", {}},          {"k", {}}, {"9000000000M", {}},
  };
  for (const auto& [text, value] : cases) EXPECT_EQ(ParseTokens(text).value, value) << text;
}

TEST(ParseComparison, TakesASignAndTokens) {
  struct {
    std::string_view text;
    Comparator op;
    std::int64_t value;
  } const good[] = {
      {">= 32k", Comparator::kGreaterEqual, 32'000},
      {">=32k", Comparator::kGreaterEqual, 32'000},
      {"< 4000", Comparator::kLess, 4000},
      {"<= 2M", Comparator::kLessEqual, 2'000'000},
      {"> 1", Comparator::kGreater, 1},
      {"== 7", Comparator::kEqual, 7},
      {"= 7", Comparator::kEqual, 7},
  };
  for (const auto& [text, op, value] : good) {
    const Parsed<Comparison> parsed = ParseComparison(text);
    ASSERT_TRUE(parsed.value) << text;
    EXPECT_EQ(parsed.value->op, op) << text;
    EXPECT_EQ(parsed.value->value, value) << text;
  }
  for (const std::string_view text : {"", "7", ">", "=>4", "!= 4", ">= many", ">> 4", ">= -1"}) {
    EXPECT_FALSE(ParseComparison(text).value) << text;
  }
}

TEST(ParseComparison, SaysHowToSpellIt) {
  const auto fix = [](const auto& parsed) { return parsed.complaint.fix; };
  EXPECT_EQ(ParseComparison("32k").complaint.problem, "needs a comparison sign");
  EXPECT_EQ(fix(ParseComparison("32k")), "write \">= 32k\" or \"<= 32k\"");
  EXPECT_EQ(fix(ParseComparison(">= 32K")), "write \">= 32k\"");
  EXPECT_EQ(fix(ParseDurationComparison("<= 600")), "write \"<= 600ms\"");
  EXPECT_EQ(fix(ParseDurationComparison("<= 2S")), "write \"<= 2s\"");
  EXPECT_EQ(fix(ParseRateComparison("<= 0.05")), "write \"<= 5%\"");
  EXPECT_EQ(fix(ParseRateComparison("< 0.5")), "write \"< 50%\"");
  EXPECT_EQ(fix(ParseRateComparison("< 0.0025")), "write \"< 0.25%\"");
  EXPECT_EQ(fix(ParseUsdComparison("<= five")),
            "write \"<= $5\" or \"< 0.55\", US dollars per 1M tokens");
}

TEST(ParseFlag, KnowsTrueAndFalseOnly) {
  EXPECT_EQ(ParseFlag("true").value, true);
  EXPECT_EQ(ParseFlag("false").value, false);
  for (const std::string_view text : {"yes", "no", "on", "1", "True", ""}) {
    EXPECT_FALSE(ParseFlag(text).value) << text;
  }
}

TEST(ParseInteger, StaysInItsRange) {
  EXPECT_EQ(ParseInteger("1", 1, 9).value, 1);
  EXPECT_EQ(ParseInteger("9", 1, 9).value, 9);
  EXPECT_EQ(ParseInteger("-3", -5, 9).value, -3);
  for (const std::string_view text :
       {"0", "10", "1.0", "1k", "", "-", "0x1", "+1", "99999999999999999999"}) {
    EXPECT_FALSE(ParseInteger(text, 1, 9).value) << text;
  }
}

TEST(ParseScore, TakesPercentagesAndRatings) {
  EXPECT_EQ(ParseScore("83.3").value, 83.3);
  EXPECT_EQ(ParseScore("1300").value, 1300.0);
  for (const std::string_view text : {"", "-1", "nan", "inf", "1e3", "83%", "10001"}) {
    EXPECT_FALSE(ParseScore(text).value) << text;
  }
}

TEST(ParseUrl, TakesItApart) {
  struct {
    std::string_view text;
    Url url;
  } const cases[] = {
      {"https://api.openai.com/v1", {true, "api.openai.com", 443, "/v1"}},
      {"https://API.OpenAI.com/v1/", {true, "api.openai.com", 443, "/v1"}},
      // Without a path it is the server's /v1; one that is there is taken as it is.
      {"http://10.0.0.5:8000", {false, "10.0.0.5", 8000, "/v1"}},
      {"http://[::1]:8000/", {false, "::1", 8000, "/v1"}},
      {"HTTP://localhost", {false, "localhost", 80, "/v1"}},
      {"http://localhost//", {false, "localhost", 80, "/v1"}},
      {"https://a/openai/v1/", {true, "a", 443, "/openai/v1"}},
      {"https://a/.", {true, "a", 443, ""}},
      {"https://a/./", {true, "a", 443, ""}},
      {"https://a/v2", {true, "a", 443, "/v2"}},
      {"https://a/V1", {true, "a", 443, "/V1"}},
      {"https://a/api/v1", {true, "a", 443, "/api/v1"}},
      {"https://a/models", {true, "a", 443, "/models"}},  // Azure AI's inference endpoint
      {"https://a/openai/deployments/embeddings",
       {true, "a", 443, "/openai/deployments/embeddings"}},
      {"https://a/my-completions", {true, "a", 443, "/my-completions"}},
  };
  for (const auto& [text, url] : cases) {
    const Parsed<Url> parsed = ParseUrl(text);
    ASSERT_TRUE(parsed.value) << text;
    EXPECT_EQ(parsed.value->tls, url.tls) << text;
    EXPECT_EQ(parsed.value->host, url.host) << text;
    EXPECT_EQ(parsed.value->port, url.port) << text;
    EXPECT_EQ(parsed.value->path, url.path) << text;
  }
}

TEST(ParseUrl, RefusesWhatCouldMoveAKeyElsewhere) {
  for (const std::string_view text :
       {"", "api.openai.com", "ftp://a", "https://", "https://a@b", "https://a:b@c/v1",
        "https://a/v1?x=1", "https://a/#f", "https://a:0", "https://a:70000", "https://a:x",
        "https://[::1", "https://[nonsense]", "https://a b", "https://a/v 1", "https://a\r\nx: y",
        "https://::1/v1", "http://-a"}) {
    EXPECT_FALSE(ParseUrl(text).value) << text;
  }
}

TEST(ParseUrl, NamesEndpointsAndOddPathsAndSaysAllAtOnce) {
  struct {
    std::string_view text;
    std::string_view problem;
    std::string_view fix;
  } const cases[] = {
      {"http://a:8000/v1/chat/completions", "ends in `/chat/completions`",
       "remove `/chat/completions`"},
      {"http://a:8000/v1/Chat/Completions/", "ends in `/chat/completions`", "remove"},
      {"http://a:8000/v1/completions", "ends in `/completions`", "remove `/completions`"},
      {"http://a:8000/v1/chat", "ends in `/v1/chat`", "write `/v1` instead of `/v1/chat`"},
      {"http://a:8000/llm/v1/chat", "ends in `/v1/chat`", "remove `/chat`"},
      {"http://a:8000/v1/chat%2Fcompletions", "has `%2F` or `;`", "write the path plainly"},
      {"http://a:8000/v1;a=b", "has `%2F` or `;`", "write the path plainly"},
      {"http://a:8000/chat/completions", "ends in `/chat/completions`", "write `/v1` instead"},
      {"http://a:8000/v1/embeddings", "ends in `/embeddings`", "remove `/embeddings`"},
      {"http://a:8000/v1/models", "ends in `/v1/models`", "write `/v1` instead"},
      {"http://a:8000/api/v1/models", "ends in `/v1/models`", "remove `/models`"},
      {"http://a:8000/v1/responses", "ends in `/responses`", "remove `/responses`"},
      {"http://a:8000/v1/messages", "ends in `/messages`", "remove `/messages`"},
      {"http://a:11434/api/chat", "ends in `/api/chat`", "write `/v1` instead"},
      {"http://a:11434/api/generate", "ends in `/api/generate`", "write `/v1` instead"},
      {"http://a:8000/v1/v1", "has /v1 twice", "remove one"},
      {"http://a:8000//v1", "has an empty part", "single slashes"},
      {"http://a:8000/v1/.", "has `.` or `..`", "the path without it"},
      {"http://a:8000/v1/../admin", "has `.` or `..`", "the path without it"},
      {"https://u:p@a/v1/chat/completions?api-version=1#x",
       "has a user or password in it and has a query and has a fragment and ends in", "`query:`"},
      {"https://a?x=1", "has a query", "`query:`"},
      {"https://a#x", "has a fragment", "remove the #"},
      {"https://a/openai/deployments/d/chat/completions?api-version=1",
       "has a query and ends in `/chat/completions`", "and remove `/chat/completions`"},
  };
  for (const auto& [text, problem, fix] : cases) {
    const Parsed<Url> parsed = ParseUrl(text);
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_NE(parsed.complaint.problem.find(problem), std::string::npos)
        << text << ": " << parsed.complaint.problem;
    EXPECT_NE(parsed.complaint.fix.find(fix), std::string::npos)
        << text << ": " << parsed.complaint.fix;
  }
}

TEST(ParseOrigin, TakesWhatBrowsersSend) {
  struct {
    std::string_view text;
    std::string_view origin;
  } const cases[] = {
      {"https://chat.example", "https://chat.example"},
      {"HTTPS://Chat.Example", "https://chat.example"},
      {"https://chat.example:443", "https://chat.example"},
      {"http://chat.example:80", "http://chat.example"},
      {"http://chat.example:443", "http://chat.example:443"},
      {"http://localhost:3000", "http://localhost:3000"},
      {"http://[::1]:3000", "http://[::1]:3000"},
      {"http://127.0.0.1:3000", "http://127.0.0.1:3000"},
      {"https://*.chat.example", "https://*.chat.example"},
      {"https://*.chat.example:8443", "https://*.chat.example:8443"},
      {"chrome-extension://abcdefgh", "chrome-extension://abcdefgh"},
      {"app://obsidian.md", "app://obsidian.md"},
      {"*", "*"},
  };
  for (const auto& [text, origin] : cases) {
    const Parsed<std::string> parsed = ParseOrigin(text);
    ASSERT_TRUE(parsed.value) << text << ": " << parsed.complaint.problem;
    EXPECT_EQ(*parsed.value, origin) << text;
  }
}

TEST(ParseOrigin, RefusesWhatNoBrowserSendsOrNobodyMeans) {
  for (const std::string_view text : {"",
                                      "null",
                                      "NULL",
                                      "chat.example",
                                      "//chat.example",
                                      "https://",
                                      "https://chat.example/",
                                      "https://chat.example/app",
                                      "https://chat.example?x",
                                      "https://chat.example#x",
                                      "https://user@chat.example",
                                      "https://*",
                                      "https://*.example",
                                      "https://a.*.example",
                                      "https://chat*.example",
                                      "https://*.*.example",
                                      "https://chat.example:*",
                                      "https://chat.example:0",
                                      "https://chat.example:70000",
                                      "https://chat.example:",
                                      "https://[::1",
                                      "https://[nonsense]",
                                      "https://ch\xC3\xA4t.example",
                                      "https://a b",
                                      "1https://a.example",
                                      "https ://a.example",
                                      "*.chat.example",
                                      "https://.example"}) {
    EXPECT_FALSE(ParseOrigin(text).value) << text;
  }
}

TEST(ParseListenAddress, TakesAddressesAndLocalhost) {
  for (const std::string_view text : {"127.0.0.1:8080", "0.0.0.0:0", "[::]:443", "localhost:1"}) {
    EXPECT_TRUE(ParseListenAddress(text).value) << text;
  }
  for (const std::string_view text :
       {"8080", ":8080", "127.0.0.1", "example.com:80", "[::1]", "127.0.0.1:65536", "::1:80",
        "[127.0.0.1]:80", "300.0.0.1:80"}) {
    EXPECT_FALSE(ParseListenAddress(text).value) << text;
  }
}

TEST(IsLoopback, KnowsWhichAddressesStayOnTheMachine) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "example.com", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

TEST(Nearest, FindsSlipsAndNothingElse) {
  const std::vector<std::string> keys = {"first_token", "connect", "total", "between_tokens"};
  EXPECT_EQ(Nearest("first_tokne", keys), "first_token");
  EXPECT_EQ(Nearest("conect", keys), "connect");
  EXPECT_EQ(Nearest("first_token_timeout", keys), "first_token");
  EXPECT_EQ(Nearest("colour", keys), std::nullopt);
  EXPECT_EQ(Nearest("", keys), std::nullopt);
  EXPECT_EQ(Nearest("x", {}), std::nullopt);
}

TEST(Comparison, ReadsMoneyDurationsRatesAndScores) {
  EXPECT_EQ(ParseUsdComparison("<= $0.55").value->value, 550'000'000);
  EXPECT_EQ(ParseDurationComparison("< 250ms").value->value, 250);
  EXPECT_EQ(ParseRateComparison("<= 0.25%").value->value, 2500);
  EXPECT_EQ(ParseScoreComparison("> 83.3").value->value, 83.3);
  EXPECT_EQ(ParseScoreComparison("> 83.3").value->op, Comparator::kGreater);
  for (const char* wrong :
       {"<= 5", "5", "<= 101%", "<= 5.%", "<= 0.00001%", "%", ".5%", "<= -5%"}) {
    EXPECT_FALSE(ParseRateComparison(wrong).value) << wrong;
  }
}

}  // namespace
}  // namespace headgate::config
