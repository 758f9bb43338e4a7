#include "backends/protocols/openai/usage.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>

#include "backends/protocols/values/answer_usage.h"
#include "tests/backends/protocols/openai/usage_cases.h"

namespace headgate::backends::openai {
namespace {

TEST(UsageTest, ReadsEveryDialect) {
  const UsageCase cases[] = {
      {"openai",
       R"({"prompt_tokens":12,"completion_tokens":7,"total_tokens":19,
           "prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0,"cache_write_tokens":2},
           "completion_tokens_details":{"reasoning_tokens":5,"audio_tokens":0}})",
       ReportedTokens{12, 4, 2, 7, 5}},
      {"embeddings", R"({"prompt_tokens":8,"total_tokens":8})",
       ReportedTokens{8, 0, 0, 0, 0, !kSaid}},
      {"names_of_the_responses_api",
       R"({"input_tokens":12,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},
           "output_tokens":7,"output_tokens_details":{"reasoning_tokens":5},"total_tokens":19})",
       ReportedTokens{12, 4, 2, 7, 5}},
      {"zeros_under_names_that_a_proxy_does_not_fill",
       R"({"input_tokens":0,"output_tokens":0,"prompt_tokens":12,"completion_tokens":7,
           "total_tokens":19,"input_tokens_details":null,"cached_tokens":0,
           "prompt_tokens_details":{"cached_tokens":4}})",
       ReportedTokens{12, 4, 0, 7, 0}},
      {"vllm",
       R"({"prompt_tokens":9,"total_tokens":10,"completion_tokens":1,
           "prompt_tokens_details":{"cached_tokens":3,"created_cache_tokens":6}})",
       ReportedTokens{9, 3, 6, 1, 0}},
      {"sglang",
       R"({"prompt_tokens":9,"completion_tokens":6,"reasoning_tokens":4,
           "prompt_tokens_details":null})",
       ReportedTokens{9, 0, 0, 6, 4}},
      {"deepseek",
       R"({"prompt_tokens":9,"completion_tokens":6,"total_tokens":15,"prompt_cache_hit_tokens":8,
           "prompt_cache_miss_tokens":1})",
       ReportedTokens{9, 8, 0, 6, 0}},
      {"details_before_deepseeks_name",
       R"({"prompt_cache_hit_tokens":8,"prompt_tokens":9,"completion_tokens":6,
           "prompt_tokens_details":{"cached_tokens":7}})",
       ReportedTokens{9, 7, 0, 6, 0}},
      {"moonshot",
       R"({"prompt_tokens":1336,"completion_tokens":31,"total_tokens":1367,"cached_tokens":1280})",
       ReportedTokens{1336, 1280, 0, 31, 0}},
      {"litellm",
       R"({"prompt_tokens":1000,"completion_tokens":10,"total_tokens":1010,
           "prompt_tokens_details":{"cached_tokens":600,"cache_creation_tokens":300},
           "cache_creation_input_tokens":300,"cache_read_input_tokens":600})",
       ReportedTokens{1000, 600, 300, 10, 0}},
      {"alibaba",
       R"({"prompt_tokens":3019,"completion_tokens":104,"total_tokens":3123,
           "prompt_tokens_details":{"cached_tokens":0,"cache_creation_input_tokens":2048,
             "cache_type":"ephemeral","cache_creation":{"ephemeral_5m_input_tokens":2048}}})",
       ReportedTokens{3019, 0, 2048, 104, 0}},
      {"anthropics_names_within_the_prompt",
       R"({"prompt_tokens":1000,"completion_tokens":10,"cache_read_input_tokens":600,
           "cache_creation_input_tokens":300})",
       ReportedTokens{1000, 600, 300, 10, 0}},
      {"numbers_of_a_server_that_has_only_doubles",
       R"({"prompt_tokens":12.0,"completion_tokens":7e0,"total_tokens":1.9e1})",
       ReportedTokens{12, 0, 0, 7, 0}},
      {"escaped_names", R"({"prompt\u005ftokens":12,"completion_tokens":7})",
       ReportedTokens{12, 0, 0, 7, 0}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

TEST(UsageTest, TheTotalDecidesWhetherThinkingIsInTheCompletion) {
  const UsageCase cases[] = {
      {"outside_as_xai_counts",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1600,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"inside_as_openai_counts",
       R"({"prompt_tokens":1000,"completion_tokens":600,"total_tokens":1600,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"outside_although_it_would_fit",
       R"({"prompt_tokens":1000,"completion_tokens":600,"total_tokens":2100,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 1100, 500}},
      {"outside_and_beside_the_details",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1600,
           "reasoning_tokens":500})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"outside_and_not_itemised_as_gemini_counts",
       R"({"prompt_tokens":20,"completion_tokens":198,"total_tokens":623})",
       ReportedTokens{20, 0, 0, 603, 0}},
      {"nothing_but_thinking",
       R"({"prompt_tokens":21,"completion_tokens":0,"total_tokens":81,
           "completion_tokens_details":{"reasoning_tokens":60}})",
       ReportedTokens{21, 0, 0, 60, 60}},
      {"cached_tokens_beside_it",
       R"({"prompt_tokens":10120,"completion_tokens":1499,"total_tokens":14428,
           "prompt_tokens_details":{"cached_tokens":128},
           "completion_tokens_details":{"reasoning_tokens":2809}})",
       ReportedTokens{10120, 128, 0, 4308, 2809}},
      {"as_many_cached_as_thought",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1600,
           "prompt_tokens_details":{"cached_tokens":500},
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 500, 0, 600, 500}},
      {"no_total_and_too_much_to_be_inside",
       R"({"prompt_tokens":1000,"completion_tokens":100,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"no_total_and_it_fits",
       R"({"prompt_tokens":1000,"completion_tokens":600,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"a_total_of_nothing_is_no_total",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":null,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"a_total_of_0_is_no_total",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":0,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500}},
      {"a_total_that_leaves_no_room_for_it",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 100, 100, kSaid, kDoubtful}},
      {"a_total_of_neither_arithmetic",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1300,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 300, 300, kSaid, kDoubtful}},
      {"a_total_below_its_parts",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":900,
           "completion_tokens_details":{"reasoning_tokens":500}})",
       ReportedTokens{1000, 0, 0, 600, 500, kSaid, kDoubtful}},
      {"a_total_that_cannot_be",
       R"({"prompt_tokens":1000,"completion_tokens":100,"total_tokens":-1600})",
       ReportedTokens{1000, 0, 0, 100, 0, kSaid, kDoubtful}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

TEST(UsageTest, CachedTokensBeyondThePromptAreAddedToIt) {
  const UsageCase cases[] = {
      {"more_cached_than_prompt",
       R"({"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":90}})",
       ReportedTokens{100, 90, 0, 5, 0, kSaid, kDoubtful}},
      {"and_a_total_of_all",
       R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":105,"cached_tokens":90})",
       ReportedTokens{100, 90, 0, 5, 0, kSaid, kDoubtful}},
      {"and_a_total_without_them",
       R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"cached_tokens":90})",
       ReportedTokens{100, 90, 0, 5, 0, kSaid, kDoubtful}},
      {"and_thinking_outside",
       R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":125,"cached_tokens":90,
           "reasoning_tokens":20})",
       ReportedTokens{100, 90, 0, 25, 20, kSaid, kDoubtful}},
      {"and_thinking_outside_a_total_without_them",
       R"({"prompt_tokens":10,"completion_tokens":5,"total_tokens":35,"cached_tokens":90,
           "reasoning_tokens":20})",
       ReportedTokens{100, 90, 0, 25, 20, kSaid, kDoubtful}},
      {"read_and_written",
       R"({"prompt_tokens":10,"completion_tokens":5,"cache_read_input_tokens":60,
           "cache_creation_input_tokens":30})",
       ReportedTokens{100, 60, 30, 5, 0, kSaid, kDoubtful}},
      {"fewer_than_the_prompt_but_the_total_has_them_on_top",
       R"({"prompt_tokens":100,"completion_tokens":5,"total_tokens":195,
           "cache_read_input_tokens":90})",
       ReportedTokens{190, 90, 0, 5, 0, kSaid, kDoubtful}},
      {"all_of_the_prompt_is_cached",
       R"({"prompt_tokens":0,"completion_tokens":5,"cached_tokens":90})",
       ReportedTokens{90, 90, 0, 5, 0, kSaid, kDoubtful}},
      {"hits_and_misses_alone",
       R"({"completion_tokens":5,"prompt_cache_hit_tokens":90,"prompt_cache_miss_tokens":10})",
       ReportedTokens{100, 90, 0, 5, 0, kSaid, kDoubtful}},
      {"all_cached_is_not_beyond",
       R"({"prompt_tokens":90,"completion_tokens":5,"cached_tokens":90})",
       ReportedTokens{90, 90, 0, 5, 0}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

TEST(UsageTest, ASideThatIsMissingIsNotSaid) {
  const UsageCase cases[] = {
      {"null", "null", std::nullopt},
      {"empty", "{}", std::nullopt},
      {"not_an_object", "[1]", std::nullopt},
      {"a_text", R"("1")", std::nullopt},
      {"zeros", R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})", std::nullopt},
      {"nulls", R"({"prompt_tokens":null,"completion_tokens":null,"total_tokens":null,
                    "prompt_tokens_details":null,"completion_tokens_details":null})",
       std::nullopt},
      {"a_total_alone", R"({"total_tokens":50})", std::nullopt},
      {"no_prompt", R"({"completion_tokens":3})", ReportedTokens{0, 0, 0, 3, 0, kSaid, kDoubtful}},
      {"no_prompt_but_a_total", R"({"completion_tokens":3,"total_tokens":13})",
       ReportedTokens{10, 0, 0, 3, 0, kSaid, kDoubtful}},
      {"no_completion", R"({"prompt_tokens":3,"completion_tokens":null})",
       ReportedTokens{3, 0, 0, 0, 0, !kSaid}},
      {"no_completion_but_a_total", R"({"prompt_tokens":3,"total_tokens":13})",
       ReportedTokens{3, 0, 0, 10, 0, !kSaid}},
      {"an_output_of_0_is_said", R"({"prompt_tokens":3,"completion_tokens":0})",
       ReportedTokens{3, 0, 0, 0, 0}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

TEST(UsageTest, NumbersThatCannotBeAreNoBasisForABill) {
  const UsageCase cases[] = {
      {"negative", R"({"prompt_tokens":-1,"completion_tokens":3})", std::nullopt},
      {"negative_output", R"({"prompt_tokens":1,"completion_tokens":-3})", std::nullopt},
      {"absurd", R"({"prompt_tokens":9007199254740993,"completion_tokens":3})", std::nullopt},
      {"beyond_64_bits", R"({"prompt_tokens":99999999999999999999,"completion_tokens":3})",
       std::nullopt},
      {"beyond_doubles", R"({"prompt_tokens":1e400,"completion_tokens":3})", std::nullopt},
      {"a_fraction", R"({"prompt_tokens":1.5,"completion_tokens":3})", std::nullopt},
      {"a_text", R"({"prompt_tokens":"1","completion_tokens":3})", std::nullopt},
      {"an_object", R"({"prompt_tokens":1,"completion_tokens":{"a":[3]}})", std::nullopt},
      {"a_detail",
       R"({"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":-1},
           "completion_tokens_details":{"reasoning_tokens":"many"}})",
       ReportedTokens{9, 0, 0, 3, 0, kSaid, kDoubtful}},
      {"details_of_another_kind",
       R"({"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":[{"cached_tokens":7}],
           "completion_tokens_details":"none"})",
       ReportedTokens{9, 0, 0, 3, 0}},
      {"the_most",
       R"({"prompt_tokens":1000000000000,"completion_tokens":1000000000000,
           "total_tokens":1000000000000,"cached_tokens":1000000000000,
           "cache_creation_input_tokens":1000000000000,"reasoning_tokens":1000000000000})",
       ReportedTokens{3'000'000'000'000, 1'000'000'000'000, 1'000'000'000'000, 1'000'000'000'000,
                      1'000'000'000'000, kSaid, kDoubtful}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

// Whatever a backend reports, no booked number is below 0 and no part is larger than its whole.
TEST(UsageTest, RandomUsageIsAlwaysGoodToBook) {
  constexpr const char* kNames[] = {
      "prompt_tokens",           "completion_tokens",          "total_tokens",
      "prompt_tokens_details",   "completion_tokens_details",  "reasoning_tokens",
      "prompt_cache_hit_tokens", "prompt_cache_miss_tokens",   "cached_tokens",
      "cache_read_input_tokens", "cache_creation_input_tokens"};
  constexpr const char* kValues[] = {"0",
                                     "1",
                                     "7",
                                     "500",
                                     "1000000000000",
                                     "-5",
                                     "1.5",
                                     "12.0",
                                     "\"3\"",
                                     "null",
                                     "[]",
                                     "{}",
                                     R"({"cached_tokens":40,"cache_write_tokens":9})",
                                     R"({"reasoning_tokens":70})",
                                     "18446744073709551616",
                                     "true"};
  std::mt19937 random(20261128);
  for (int round = 0; round < 5000; ++round) {
    std::string json = "{";
    for (std::size_t n = random() % 8; n > 0; --n) {
      json.append(json.size() > 1 ? ",\"" : "\"").append(kNames[random() % std::size(kNames)]);
      json.append("\":").append(kValues[random() % std::size(kValues)]);
    }
    json += "}";
    const Usage usage = InWholeAnswer(json);
    EXPECT_EQ(InLargeAnswer(json), usage) << json;
    EXPECT_EQ(InStream(json), usage) << json;
    if (!usage) continue;
    EXPECT_GE(usage->cached_input, 0) << json;
    EXPECT_GE(usage->cache_write, 0) << json;
    EXPECT_LE(usage->cached_input + usage->cache_write, usage->input) << json;
    EXPECT_GE(usage->reasoning, 0) << json;
    EXPECT_LE(usage->reasoning, usage->output) << json;
    EXPECT_GT(usage->input + usage->output, 0) << json;
    EXPECT_LE(usage->input, 3'000'000'000'000) << json;
    EXPECT_LE(usage->output, 3'000'000'000'000) << json;
  }
}

}  // namespace
}  // namespace headgate::backends::openai
