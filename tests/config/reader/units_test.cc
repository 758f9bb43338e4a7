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

TEST(ParseBudgetUsd, TakesWhatACompanySpends) {
  EXPECT_EQ(ParseBudgetUsd("250000.5").value, 250'000'500'000'000);
  EXPECT_EQ(ParseBudgetUsd("1000000000").value, kMaxBudget);
  EXPECT_EQ(ParseBudgetUsd("1000000000.000000001").complaint.problem,
            "is more than 1,000,000,000 US dollars");
  EXPECT_FALSE(ParseBudgetUsd("-1").value);
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

TEST(ParseDuration, SaysTheMost) {
  EXPECT_EQ(ParseDuration("169h").complaint.fix, "write at most 168h");
  EXPECT_EQ(ParseLongDuration("720h").value, Milliseconds(2'592'000'000));
  EXPECT_EQ(ParseLongDuration("721h").complaint.fix, "write at most 720h");
}

TEST(ParseDuration, SaysWhichUnitToAdd) {
  EXPECT_EQ(ParseDuration("30").complaint.problem, "has no unit");
  EXPECT_EQ(ParseDuration("30").complaint.fix, "write 30ms, 30s or 30m");
}

TEST(ParseDuration, SaysWhatWasMeant) {
  struct {
    std::string_view text;
    std::string_view problem;
    std::string_view fix;
  } const cases[] = {
      {"1h30m", "has more than one unit", "write 90m"},
      {"1h 30m", "has more than one unit", "write 90m"},
      {"1.5h", "is not a whole number", "write 90m"},
      {"1.5s", "is not a whole number", "write 1500ms"},
      {"0.5d", "is not a whole number", "write 12h"},
      {"1,5h", "has a comma", "write 90m, without a comma"},
      {"1,500ms", "has a comma", "write 1500ms, without a comma"},
      {"1d", "has a unit that is not known", "write 24h"},
      {"2sec", "has a unit that is not known", "write 2s"},
      {"120 seconds", "has a unit that is not known", "write 120s"},
      {"90S", "has a unit that is not known", "write 90s: units are case-sensitive"},
      {"8d", "is too large for a duration", "write at most 168h"},
      {"-2s", "is negative", "write 50ms, 2s, 10m or 1h"},
      {"50%", "is a share", "write 50ms, 2s, 10m or 1h"},
      {"0.0001s", "is not a whole number", "write 50ms, 2s, 10m or 1h"},
      {"1.5", "is not a whole number", "write 50ms, 2s, 10m or 1h"},
      {"1h30", "has a unit that is not known", "write 50ms, 2s, 10m or 1h"},
      {"1 fortnight", "has a unit that is not known", "write 50ms, 2s, 10m or 1h"},
      {"1234567.5h", "is not a whole number", "write 50ms, 2s, 10m or 1h"},
      {"1..5h", "is not a whole number", "write 50ms, 2s, 10m or 1h"},
  };
  for (const auto& [text, problem, fix] : cases) {
    const Complaint complaint = ParseDuration(text).complaint;
    EXPECT_EQ(complaint.problem, problem) << text;
    EXPECT_EQ(complaint.fix, fix) << text;
  }
}

TEST(ParseTokens, SaysWhatWasMeant) {
  struct {
    std::string_view text;
    std::string_view problem;
    std::string_view fix;
  } const cases[] = {
      {"412,000", "has a comma", "write 412000 or 412k, without a comma"},
      {"412,500", "has a comma", "write 412500, without a comma"},
      {"1,412k", "has a comma", "write 1412k, without a comma"},
      {"0,4M", "has a comma", "write 400k, without a comma"},
      {"41,20,00", "has a comma", "write 4000, 32k (32,000) or 2M (2,000,000)"},
      {"4120,000", "has a comma", "write 4000, 32k (32,000) or 2M (2,000,000)"},
      {"1,412,000", "has a comma", "write 1412000 or 1412k, without a comma"},
      {"1,412,000,000", "has a comma", "write 4000, 32k (32,000) or 2M (2,000,000)"},
      {"400KiB", "has a unit that is not known", "write 400k: tokens, not bytes"},
      {"400kb", "has a unit that is not known", "write 400k: tokens, not bytes"},
      {"0.4M", "is not a whole number", "write 400k"},
      {"4000 tokens", "has a unit that is not known", "write 4000"},
      {"32K", "has a unit that is not known", "write 32k: units are case-sensitive"},
      {"1.5", "is not a whole number", "write 4000, 32k (32,000) or 2M (2,000,000)"},
      {"90%", "is a share", "write 4000, 32k (32,000) or 2M (2,000,000)"},
  };
  for (const auto& [text, problem, fix] : cases) {
    const Complaint complaint = ParseTokens(text).complaint;
    EXPECT_EQ(complaint.problem, problem) << text;
    EXPECT_EQ(complaint.fix, fix) << text;
  }
}

TEST(ParseSize, SaysWhatWasMeant) {
  EXPECT_EQ(ParseSize("32MB").complaint.fix, "write 32MiB");
  EXPECT_EQ(ParseSize("1.5MiB").complaint.fix, "write 1536KiB");
  EXPECT_EQ(ParseSize("32mib").complaint.fix, "write 32MiB: units are case-sensitive");
  EXPECT_EQ(ParseSize("1,048,576").complaint.problem, "has a comma");
}

TEST(ParsePercentage, SaysWhatWasMeant) {
  struct {
    std::string_view text;
    std::string_view problem;
    std::string_view fix;
  } const cases[] = {
      {"10", "has no percent sign", "write 10%"},
      {"0.1", "has no percent sign", "write 10%"},
      {"1", "has no percent sign", "write 1%"},
      {"0", "has no percent sign", "write 0%"},
      {"2.50", "has no percent sign", "write 2.5%"},
      {"0.0025", "has no percent sign", "write 0.25%"},
      {"60", "is not a percentage", "write a percentage from 0% to 50%, for example 5% or 0.25%"},
      {"0.6", "is not a percentage", "write a percentage from 0% to 50%, for example 5% or 0.25%"},
      {"-5%", "is negative", "write a percentage from 0% to 50%, for example 5% or 0.25%"},
      {"1.", "is not a percentage", "write a percentage from 0% to 50%, for example 5% or 0.25%"},
  };
  for (const auto& [text, problem, fix] : cases) {
    const Complaint complaint = ParsePercentageUpTo(text, 50).complaint;
    EXPECT_EQ(complaint.problem, problem) << text;
    EXPECT_EQ(complaint.fix, fix) << text;
  }
}

TEST(ParseInteger, SaysThatANumberIsNegative) {
  EXPECT_EQ(ParseInteger("-3", 1, 9).complaint.problem, "is negative");
  EXPECT_EQ(ParseInteger("-6", -5, 9).complaint.problem, "is out of range");
}

TEST(InsteadOfKey, SaysWhereAKeyBelongs) {
  const std::vector<std::string> known = {"queue", "slots"};
  EXPECT_EQ(InsteadOfKey({"backends.gpu.queue_limit", "queue_limit", "40"}, known),
            "write `queue: {limit: 40}`");
  EXPECT_EQ(InsteadOfKey({"backends.gpu.queue_limit", "queue_limit", "12345678"}, known),
            "write `queue: {limit: …}`");
  EXPECT_EQ(InsteadOfKey({"routes[2].queue", "queue", ""}, {}),
            "it belongs to a backend: write it under backends");
  EXPECT_EQ(InsteadOfKey({"routes.all.max_wait", "max_wait", "1h"}, {}),
            "it belongs to a backend: write `batch: {max_wait: …}` under backends");
  EXPECT_EQ(InsteadOfKey({"routes.all.when.band", "band", "batch"}, {}),
            "it is a key of classes: write the classes of the band, such as `class: [nightly, "
            "batch]`");
  EXPECT_EQ(InsteadOfKey({"queues", "queues", ""}, {}),
            "write `queue: {limit: …}` under a backend");
  EXPECT_EQ(InsteadOfKey({"backends.gpu.slot", "slot", "8"}, known), "did you mean `slots`?");
  EXPECT_EQ(Nearest("vLLM", {"vllm", "sglang"}), "vllm");
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

TEST(Nearest, FindsSlipsAndNothingElse) {
  const std::vector<std::string> keys = {"first_token", "connect", "total", "between_tokens"};
  EXPECT_EQ(Nearest("first_tokne", keys), "first_token");
  EXPECT_EQ(Nearest("conect", keys), "connect");
  EXPECT_EQ(Nearest("first_token_timeout", keys), "first_token");
  EXPECT_EQ(Nearest("chat_completions", {"chat", "completions"}), "chat");
  EXPECT_EQ(Nearest("text_completions", {"chat", "completions"}), "completions");
  EXPECT_EQ(Nearest("colour", keys), std::nullopt);
  EXPECT_EQ(Nearest("", keys), std::nullopt);
  EXPECT_EQ(Nearest("x", {}), std::nullopt);
}

TEST(ParsePercentageUpTo, HasABound) {
  EXPECT_EQ(ParsePercentageUpTo("0%", 50).value, 0);
  EXPECT_EQ(ParsePercentageUpTo("2.5%", 50).value, 25'000);
  EXPECT_EQ(ParsePercentageUpTo("50.0%", 50).value, 500'000);
  EXPECT_EQ(ParsePercentage("100%").value, 1'000'000);
  for (const char* wrong : {"50.0001%", "51%", "100%", "999999999999999999%"}) {
    const auto parsed = ParsePercentageUpTo(wrong, 50);
    EXPECT_FALSE(parsed.value) << wrong;
    EXPECT_EQ(parsed.complaint.problem, "is more than 50%") << wrong;
    EXPECT_EQ(parsed.complaint.fix, "write a percentage from 0% to 50%, for example 5% or 0.25%");
  }
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
