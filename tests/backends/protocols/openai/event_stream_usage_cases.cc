#include "tests/backends/protocols/openai/event_stream_cases.h"

namespace headgate::backends::openai {
namespace {

using namespace std::string_literals;

const std::vector<EventStreamCase> kUsageCases = {
    {"nothing", "", {}},
    {"usage_chunk_is_taken_out",
     kRole + kText + kStop + kUsage + kDone,
     {.out = kRole + kText + kStop,
      .started = true,
      .done = true,
      .finished = true,
      .token_events = 1,
      .input = 9,
      .output = 2}},
    {"usage_chunk_stays_for_a_client_that_asked",
     kText + kStop + kUsage + kDone,
     {.out = kText + kStop + kUsage,
      .started = true,
      .done = true,
      .finished = true,
      .token_events = 1,
      .input = 9,
      .output = 2},
     true},
    {"usage_on_every_chunk_and_the_last_counts",
     Event(
         R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}})") +
         Event(
             R"({"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}})"),
     {.out =
          Event(
              R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,"completion_tokens":1}})") +
          Event(
              R"({"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":5,"completion_tokens":2}})"),
      .started = true,
      .token_events = 2,
      .input = 5,
      .output = 2}},
    {"usage_of_zeros_says_nothing",
     Event(R"({"choices":[{"text":"a"}],"usage":{"prompt_tokens":0,"completion_tokens":0}})"),
     {.out =
          Event(R"({"choices":[{"text":"a"}],"usage":{"prompt_tokens":0,"completion_tokens":0}})"),
      .started = true,
      .token_events = 1}},
    {"usage_that_cannot_be_is_none_but_its_chunk_goes_all_the_same",
     kText + Event(R"({"choices":[],"usage":{"prompt_tokens":-3,"completion_tokens":2}})"),
     {.out = kText, .started = true, .token_events = 1}},
    {"usage_without_choices_is_taken_out",
     kText + Event(R"({"usage":{"prompt_tokens":9,"completion_tokens":2}})") +
         Event(R"({"id":"c","choices":null,"usage":{"prompt_tokens":9,"completion_tokens":3}})") +
         Event(R"({"choices" : [ ] , "usage":{"prompt_tokens":9,"completion_tokens":4}})"),
     {.out = kText, .started = true, .token_events = 1, .input = 9, .output = 4}},
    {"usage_without_choices_stays_for_a_client_that_asked",
     kText + Event(R"({"usage":{"prompt_tokens":9,"completion_tokens":2}})") +
         Event(R"({"choices":null,"usage":{"prompt_tokens":9,"completion_tokens":3}})"),
     {.out = kText + Event(R"({"usage":{"prompt_tokens":9,"completion_tokens":2}})") +
             Event(R"({"choices":null,"usage":{"prompt_tokens":9,"completion_tokens":3}})"),
      .started = true,
      .token_events = 1,
      .input = 9,
      .output = 3},
     true},
    {"usage_beside_a_choice_passes",
     Event(R"({"usage":{"prompt_tokens":9,"completion_tokens":2},"choices":[{"index":0}]})"),
     {.out =
          Event(R"({"usage":{"prompt_tokens":9,"completion_tokens":2},"choices":[{"index":0}]})"),
      .started = true,
      .input = 9,
      .output = 2}},
    {"null_usage_without_choices_passes",
     kText + Event(R"({"usage":null})"),
     {.out = kText + Event(R"({"usage":null})"), .started = true, .token_events = 1}},
    {"empty_choices_without_usage_pass",
     Event(R"({"choices":[],"prompt_filter_results":[]})") + kText,
     {.out = Event(R"({"choices":[],"prompt_filter_results":[]})") + kText,
      .started = true,
      .token_events = 1}},
    {"words_of_ours_in_the_text",
     kText + TextWith(R"(\"usage\":{\"prompt_tokens\":1},\"choices\":[])") +
         TextWith(R"(\"error\": {\"message\":\"no\"})") +
         TextWith(R"(\"finish_reason\":\"stop\")") + TextWith(R"(data: [DONE])"),
     {.out = kText + TextWith(R"(\"usage\":{\"prompt_tokens\":1},\"choices\":[])") +
             TextWith(R"(\"error\": {\"message\":\"no\"})") +
             TextWith(R"(\"finish_reason\":\"stop\")") + TextWith(R"(data: [DONE])"),
      .started = true,
      .token_events = 5}},
    {"words_of_ours_deeper_down",
     Event(R"({"choices":[{"delta":{"error":{"message":"x"}},"usage":{"prompt_tokens":1}}],)"
           R"("x_groq":{"usage":{"prompt_tokens":1},"service_tier":"flex","error":"x"}})"),
     {.out =
          Event(R"({"choices":[{"delta":{"error":{"message":"x"}},"usage":{"prompt_tokens":1}}],)"
                R"("x_groq":{"usage":{"prompt_tokens":1},"service_tier":"flex","error":"x"}})"),
      .started = true}},
    {"usage_of_groq_is_taken_out",
     kText +
         Event(R"({"choices":[],"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":2}}})"),
     {.out = kText, .started = true, .token_events = 1, .input = 9, .output = 2}},
    {"usage_of_groq_stays_for_a_client_that_asked",
     kText +
         Event(R"({"choices":[],"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":2}}})"),
     {.out =
          kText +
          Event(R"({"choices":[],"x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":2}}})"),
      .started = true,
      .token_events = 1,
      .input = 9,
      .output = 2},
     true},
    {"groq_without_usage_passes",
     kText + Event(R"({"choices":[],"x_groq":{"id":"req"}})"),
     {.out = kText + Event(R"({"choices":[],"x_groq":{"id":"req"}})"),
      .started = true,
      .token_events = 1}},
};

}  // namespace

std::vector<EventStreamCase> UsageCases() { return kUsageCases; }

}  // namespace headgate::backends::openai
