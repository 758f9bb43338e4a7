#include "tests/backends/protocols/openai/event_stream_cases.h"

namespace headgate::backends::openai {
namespace {

using namespace std::string_literals;

const std::vector<EventStreamCase> kErrorCases = {
    {"error_first",
     Event(R"({"error":{"message":"boom","type":"server_error"}})") + kText + kDone,
     {.started = true,
      .failed_first = true,
      .error = R"({"error":{"message":"boom","type":"server_error"}})"}},
    {"flat_error_first",
     Event(R"({"object":"error","message":"full","type":"Overloaded","code":503})") + kText,
     {.started = true,
      .failed_first = true,
      .error = R"({"object":"error","message":"full","type":"Overloaded","code":503})"}},
    {"error_first_as_text",
     Event(R"({"error":"out of memory","error_type":"generation"})"),
     {.started = true,
      .failed_first = true,
      .error = R"({"error":"out of memory","error_type":"generation"})"}},
    {"error_first_by_name",
     "event: error\ndata: {\"message\":\"named\"}\n\n",
     {.started = true, .failed_first = true, .error = R"({"message":"named"})"}},
    {"error_first_by_name_alone",
     "event: error\ndata: no slots\n\n",
     {.started = true, .failed_first = true, .error = "no slots"}},
    {"error_first_behind_comments",
     ": ping\n\n\n" + Event(R"({"error":{"message":"boom"}})"),
     {.comments = ": ping\n\n",
      .started = true,
      .failed_first = true,
      .error = R"({"error":{"message":"boom"}})"}},
    {"error_that_is_null_or_empty",
     Event(R"({"error":null,"choices":[]})") + Event(R"({"error":"","choices":[]})"),
     {.out = Event(R"({"error":null,"choices":[]})") + Event(R"({"error":"","choices":[]})"),
      .started = true}},
    {"error_later_and_done_behind_it",
     kText + Event(R"({"error":{"message":"died","code":500}})") + kDone,
     {.out = kText,
      .started = true,
      .error_event = true,
      .token_events = 1,
      .error = R"({"error":{"message":"died","code":500}})"}},
    {"nothing_counts_behind_a_later_error",
     kText + Event(R"({"error":"x"})") + kText + kUsage + kDone,
     {.out = kText,
      .started = true,
      .error_event = true,
      .token_events = 1,
      .error = R"({"error":"x"})"}},
    {"an_answer_that_ends_with_an_error",
     kText + Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":"error"}]})") + kDone,
     {.out = kText,
      .started = true,
      .error_event = true,
      .token_events = 1,
      .error = R"({"choices":[{"index":0,"delta":{},"finish_reason":"error"}]})"}},
    {"error_without_a_message",
     kText + Event(R"({"error":{}})"),
     {.out = kText,
      .started = true,
      .error_event = true,
      .token_events = 1,
      .error = R"({"error":{}})"}},
    {"error_in_two_lines",
     kText + "data: {\"error\":\ndata: {\"message\":\"boom\"}}\n\n",
     {.out = kText,
      .started = true,
      .error_event = true,
      .token_events = 1,
      .error = "{\"error\":\n{\"message\":\"boom\"}}"}},
    {"an_empty_error_beside_an_answer_is_none",
     Event(R"({"error":{},"choices":[{"text":"a"}]})") +
         Event(R"({"error":{"code":0,"message":""},"choices":[{"text":"b","error":{}}]})"),
     {.out = Event(R"({"error":{},"choices":[{"text":"a"}]})") +
             Event(R"({"error":{"code":0,"message":""},"choices":[{"text":"b","error":{}}]})"),
      .started = true,
      .token_events = 2}},
    {"a_code_of_0_at_minimax_is_none",
     Event(R"({"choices":[{"text":"a"}],"base_resp":{"status_code":0,"status_msg":"success"}})") +
         Event(R"({"base_resp":{"status_code":0,"status_msg":"success"}})"),
     {.out =
          Event(
              R"({"choices":[{"text":"a"}],"base_resp":{"status_code":0,"status_msg":"success"}})") +
          Event(R"({"base_resp":{"status_code":0,"status_msg":"success"}})"),
      .started = true,
      .token_events = 1}},
    {"words_in_an_event_of_another_name_are_none",
     "event: status\ndata: {\"message\":\"thinking\"}\n\n" + kText,
     {.out = "event: status\ndata: {\"message\":\"thinking\"}\n\n" + kText,
      .started = true,
      .token_events = 1}},
    {"nothing_counts_behind_done",
     kText + kDone + kText + "data: {broken\n\n",
     {.out = kText, .started = true, .done = true, .token_events = 1}},
};

}  // namespace

std::vector<EventStreamCase> ErrorCases() { return kErrorCases; }

}  // namespace headgate::backends::openai
