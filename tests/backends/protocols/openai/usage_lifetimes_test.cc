#include <gtest/gtest.h>

#include <cstdint>

#include "tests/backends/protocols/openai/usage_cases.h"

namespace headgate::backends::openai {
namespace {

ReportedTokens Written(ReportedTokens tokens, std::int64_t hour, std::int64_t searches = 0) {
  tokens.cache_write_1h = hour;
  tokens.web_searches = searches;
  return tokens;
}

TEST(UsageLifetimesTest, ReadsTheLifetimesOfWrittenTokensAndSearches) {
  const UsageCase cases[] = {
      {"anthropics_within_the_prompt",
       R"({"prompt_tokens":1000,"completion_tokens":10,"cache_creation_input_tokens":300,
           "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200}})",
       Written({1000, 0, 300, 10, 0}, 200)},
      {"litellms_in_the_details",
       R"({"prompt_tokens":1000,"completion_tokens":10,"prompt_tokens_details":{
           "cached_tokens":600,"cache_creation_tokens":300,"cache_creation_token_details":{
             "ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":300}}})",
       Written({1000, 600, 300, 10, 0}, 300)},
      {"the_lifetimes_alone",
       R"({"prompt_tokens":1000,"completion_tokens":10,
           "cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":60}})",
       Written({1000, 0, 100, 10, 0}, 60)},
      {"more_by_lifetime_than_written",
       R"({"prompt_tokens":1000,"completion_tokens":10,"cache_creation_input_tokens":50,
           "cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":60}})",
       Written({1000, 0, 100, 10, 0, kSaid, kDoubtful}, 60)},
      {"null",
       R"({"prompt_tokens":1000,"completion_tokens":10,"cache_creation":null,
           "server_tool_use":null})",
       ReportedTokens{1000, 0, 0, 10, 0}},
      {"searches",
       R"({"prompt_tokens":1000,"completion_tokens":10,
           "server_tool_use":{"web_search_requests":2,"web_fetch_requests":5}})",
       Written({1000, 0, 0, 10, 0}, 0, 2)},
      {"sources_of_xai", R"({"prompt_tokens":1000,"completion_tokens":10,"num_sources_used":4})",
       Written({1000, 0, 0, 10, 0}, 0, 4)},
      {"searches_of_xai_rather_than_their_sources",
       R"({"prompt_tokens":1000,"completion_tokens":10,"num_sources_used":9,
           "server_side_tool_usage_details":{"web_search_calls":2,"x_search_calls":1,
             "mcp_calls":5,"code_interpreter_calls":0}})",
       Written({1000, 0, 0, 10, 0}, 0, 3)},
      {"a_lifetime_of_the_completion_is_none",
       R"({"prompt_tokens":1000,"completion_tokens":10,
           "completion_tokens_details":{"cache_creation":{"ephemeral_1h_input_tokens":9}}})",
       ReportedTokens{1000, 0, 0, 10, 0}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

TEST(UsageLifetimesTest, KnowsOfChargesThatNoPriceSays) {
  ReportedTokens charged{1000, 0, 0, 10, 0};
  charged.other_charges = true;
  const UsageCase cases[] = {
      {"audio_in",
       R"({"prompt_tokens":1000,"completion_tokens":10,
           "prompt_tokens_details":{"audio_tokens":1}})",
       charged},
      {"audio_out",
       R"({"prompt_tokens":1000,"completion_tokens":10,
           "completion_tokens_details":{"audio_tokens":1}})",
       charged},
      {"seconds_of_audio",
       R"({"prompt_tokens":1000,"completion_tokens":10,"prompt_audio_seconds":0.5})", charged},
      {"a_tool_of_xai",
       R"({"prompt_tokens":1000,"completion_tokens":10,
           "server_side_tool_usage_details":{"code_interpreter_calls":1}})",
       charged},
      {"none",
       R"({"prompt_tokens":1000,"completion_tokens":10,"prompt_audio_seconds":{},
           "prompt_tokens_details":{"audio_tokens":0},"server_side_tool_usage_details":null})",
       ReportedTokens{1000, 0, 0, 10, 0}},
  };
  for (const UsageCase& one : cases) ExpectEverywhere(one);
}

}  // namespace
}  // namespace headgate::backends::openai
