#include "backends/protocols/anthropic/parts/message_usage.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/backends/protocols/values/usage_equality.h"

namespace headgate::backends::anthropic {
namespace {

// What the reports of one answer come to.
AnswerUsage Learned(const std::vector<std::string>& reports) {
  MessageUsage usage;
  for (const std::string& report : reports) {
    const simdjson::padded_string json(report);
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    simdjson::ondemand::object object;
    EXPECT_EQ(parser.iterate(json).get(document), simdjson::SUCCESS) << report;
    EXPECT_EQ(document.get_object().get(object), simdjson::SUCCESS) << report;
    usage.Learn(object);
  }
  return usage.Usage();
}

struct MessageCase {
  const char* name;
  std::vector<std::string> reports;
  ReportedTokens want;
};

TEST(MessageUsageTest, ReadsTheLifetimesOfWrittenTokensAndSearches) {
  const MessageCase cases[] = {
      {"both",
       {R"({"input_tokens":10,"cache_creation_input_tokens":300,"cache_read_input_tokens":50,
            "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},
            "output_tokens":4,"server_tool_use":{"web_search_requests":2}})"},
       {.input = 360,
        .cached_input = 50,
        .cache_write = 300,
        .output = 4,
        .cache_write_1h = 200,
        .web_searches = 2}},
      {"the_lifetimes_alone",
       {R"({"input_tokens":10,"output_tokens":4,
            "cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2}})"},
       {.input = 13, .cache_write = 3, .output = 4, .cache_write_1h = 2}},
      {"more_by_lifetime_than_written",
       {R"({"input_tokens":10,"cache_creation_input_tokens":1,"output_tokens":4,
            "cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":2}})"},
       {.input = 13, .cache_write = 3, .output = 4, .consistent = false, .cache_write_1h = 2}},
      {"no_split_is_five_minutes",
       {R"({"input_tokens":10,"cache_creation_input_tokens":7,"cache_creation":null,
            "output_tokens":4,"server_tool_use":null})"},
       {.input = 17, .cache_write = 7, .output = 4}},
      {"a_later_report_without_the_split_keeps_it",
       {R"({"input_tokens":10,"cache_creation_input_tokens":7,"output_tokens":1,
            "cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":7}})",
        R"({"cache_creation_input_tokens":7,"output_tokens":9,
            "server_tool_use":{"web_search_requests":1}})"},
       {.input = 17, .cache_write = 7, .output = 9, .cache_write_1h = 7, .web_searches = 1}},
      {"an_impossible_lifetime_is_left_out",
       {R"({"input_tokens":10,"cache_creation_input_tokens":7,"output_tokens":4,
            "cache_creation":{"ephemeral_1h_input_tokens":-7}})"},
       {.input = 17, .cache_write = 7, .output = 4, .consistent = false}},
  };
  for (const MessageCase& one : cases) {
    EXPECT_EQ(Learned(one.reports).tokens, one.want) << one.name;
  }
}

TEST(MessageUsageTest, AddsTheStepsThatShortenedTheConversation) {
  const MessageCase cases[] = {
      {"before_the_message",
       {R"({"input_tokens":500,"output_tokens":1})",
        R"({"output_tokens":50,"iterations":[
            {"type":"compaction","input_tokens":80000,"output_tokens":300,
             "cache_read_input_tokens":7},
            {"type":"compaction","input_tokens":1000,"output_tokens":20},
            {"type":"message","input_tokens":500,"output_tokens":50}]})"},
       {.input = 81'507, .cached_input = 7, .output = 370}},
      {"the_last_list_counts",
       {R"({"input_tokens":5,"iterations":[{"type":"compaction","input_tokens":8}]})",
        R"({"output_tokens":2,"iterations":[{"type":"compaction","input_tokens":9}]})"},
       {.input = 14, .output = 2}},
      {"of_another_model",
       {R"({"input_tokens":5,"output_tokens":2,"iterations":[
            {"type":"advisor_message","input_tokens":900,"output_tokens":9}]})"},
       {.input = 5, .output = 2, .other_charges = true}},
      {"null",
       {R"({"input_tokens":5,"output_tokens":2,"iterations":null})"},
       {.input = 5, .output = 2}},
      {"not_of_steps",
       {R"({"input_tokens":5,"output_tokens":2,"iterations":[1,{}]})"},
       {.input = 5, .output = 2, .consistent = false}},
  };
  for (const MessageCase& one : cases) {
    EXPECT_EQ(Learned(one.reports).tokens, one.want) << one.name;
  }
  EXPECT_FALSE(Learned({R"({"input_tokens":5,"output_tokens":2,
                            "iterations":[{"type":"compaction","output_tokens":-1}]})"})
                   .tokens);
}

TEST(MessageUsageTest, ReadsCountsThatAServerKeepsAsDoubles) {
  EXPECT_EQ(Learned({R"({"input_tokens":10.0,"output_tokens":4e0})"}).tokens,
            (ReportedTokens{.input = 10, .output = 4}));
  EXPECT_FALSE(Learned({R"({"input_tokens":10.5,"output_tokens":4})"}).tokens);
}

TEST(MessageUsageTest, ReadsWhatElseSetsThePrice) {
  const AnswerUsage plain = Learned({R"({"input_tokens":1,"service_tier":"standard",
                                         "speed":"standard","inference_geo":"global"})"});
  EXPECT_EQ(plain.service_tier, "default");
  EXPECT_FALSE(plain.fast);
  EXPECT_FALSE(plain.regional);
  const AnswerUsage fast =
      Learned({R"({"input_tokens":1,"speed":"fast","inference_geo":"us","service_tier":"batch"})",
               R"({"output_tokens":1,"speed":null,"inference_geo":null})"});
  EXPECT_EQ(fast.service_tier, "batch");
  EXPECT_TRUE(fast.fast);
  EXPECT_TRUE(fast.regional);
}

}  // namespace
}  // namespace headgate::backends::anthropic
