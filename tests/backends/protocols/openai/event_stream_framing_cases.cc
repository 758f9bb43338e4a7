#include "tests/backends/protocols/openai/event_stream_cases.h"

namespace headgate::backends::openai {
namespace {

using namespace std::string_literals;

const std::vector<EventStreamCase> kFramingCases = {
    {"done_alone", kDone, {.done = true}},
    {"done_without_space",
     kText + "data:[DONE]\n\n",
     {.out = kText, .started = true, .done = true, .token_events = 1}},
    {"half_an_event_is_never_forwarded",
     kText + kText.substr(0, kText.size() - 1),
     {.out = kText, .started = true, .token_events = 1}},
    {"comments_before_the_first_event_are_kept_apart",
     ": ping\n\n:\n\n\n" + kText + ": ping\n\n" + kText,
     {.out = kText + ": ping\n\n" + kText,
      .comments = ": ping\n\n:\n\n",
      .started = true,
      .token_events = 2}},
    {"comments_need_no_blank_line",
     ": one\n:two\n: three\n" + kText + ": four\n" + kText + ": five\n",
     {.out = kText + ": four\n" + kText + ": five\n",
      .comments = ": one\n\n:two\n\n: three\n\n",
      .started = true,
      .token_events = 2}},
    {"half_a_comment_is_none", ": pi", {}},
    {"comments_that_no_client_should_read",
     ": a\0b\n\n: \x1B[31m\n\n: \xFF\n\n: tab\tand \xC3\xB6\n\n"s + ": " + std::string(2000, 'x') +
         "\n\n" + kDone,
     {.comments = ":\n\n:\n\n:\n\n: tab\tand \xC3\xB6\n\n:\n\n", .done = true}},
    {"comments_that_look_like_ours",
     ": x-headgate-cost-usd 1\n\n:\tX-Headgate-Target evil\n\n: a x-headgate\n\n" + kText +
         ":x-headgate-cost-usd 2\n\n" + "id: 7\n: x-HEADGATE\n" + kText + ": fine\n",
     {.out = kText + ":\n\n" + "id: 7\n:\n" + kText + ": fine\n",
      .comments = ":\n\n:\n\n: a x-headgate\n\n",
      .started = true,
      .token_events = 2}},
    {"fields_without_data", "id: 7\nretry: 10\n\nevent: x\n\n", {}},
    {"other_fields_pass_with_their_event",
     "id: 7\nevent: chunk\n: note\n" + kText,
     {.out = "id: 7\nevent: chunk\n: note\n" + kText, .started = true, .token_events = 1}},
    {"data_without_space",
     "data:{\"choices\":[{\"text\":\"a\"}]}\n\n",
     {.out = "data:{\"choices\":[{\"text\":\"a\"}]}\n\n", .started = true, .token_events = 1}},
    {"data_in_several_lines",
     "data: {\"choices\":[],\ndata: "
     "\"usage\":{\"prompt_tokens\":1,\ndata:\"completion_tokens\":2}}\n\n",
     {.started = true, .input = 1, .output = 2}},
    {"empty_data_is_no_event",
     "data\n\ndata:\n\n" + kText + "data: \n\n",
     {.out = kText, .started = true, .token_events = 1}},
    {"byte_order_mark", "\xEF\xBB\xBF" + kText, {.out = kText, .started = true, .token_events = 1}},
    {"byte_order_mark_before_a_comment",
     "\xEF\xBB\xBF: ping\n\n" + kText,
     {.out = kText, .comments = ": ping\n\n", .started = true, .token_events = 1}},
    {"malformed_first", Event("<html>"), {.malformed = true}},
    {"malformed_first_inside", Event(R"({"a":[1,2})"), {.malformed = true}},
    {"malformed_later",
     kText + Event(R"({"broken)") + kText,
     {.out = kText + kText, .started = true, .left_out = 1, .token_events = 2}},
    {"malformed_usage",
     kText + Event(R"({"usage":{"prompt_tokens":1,"choices":[]}})"
                   "\x01}"),
     {.out = kText, .started = true, .left_out = 1, .token_events = 1}},
    {"data_that_is_no_object",
     kText + Event("[1]"),
     {.out = kText, .started = true, .left_out = 1, .token_events = 1}},
    {"too_long",
     kText + Event("{" + std::string(kMaxEvent, ' ') + "}") + kText,
     {.out = kText, .started = true, .malformed = true, .token_events = 1}},
    {"too_long_without_an_end",
     kText + "data: " + std::string(kMaxEvent + 1, 'x'),
     {.out = kText, .started = true, .malformed = true, .token_events = 1}},
    {"service_tier_and_spaces",
     Event(R"({ "service_tier" : null, "choices" : [ ] })") +
         Event(R"({ "service_tier" : "flex" , "choices" : [ {"delta":{"content" : "a"}} ] })") +
         Event(R"({ "usage" : { "prompt_tokens" : 3 } , "choices" : [ ] })"),
     {.out = Event(R"({ "service_tier" : null, "choices" : [ ] })") +
             Event(R"({ "service_tier" : "flex" , "choices" : [ {"delta":{"content" : "a"}} ] })"),
      .started = true,
      .token_events = 1,
      .input = 3,
      .output = 0,
      .tier = "flex"}},
    {"every_kind_of_content_counts",
     Event(R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]}}]})") +
         Event(
             R"({"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{"}}]}}]})") +
         Event(R"({"choices":[{"delta":{"reasoning_content":"r"}}]})") +
         Event(R"({"choices":[{"delta":{"reasoning":"}"}}]})") +
         Event(R"({"choices":[{"delta":{"refusal":"no"}}]})") +
         Event(R"({"choices":[{"delta":{"content":null,"refusal":null,"tool_calls":[]}}]})"),
     {.out =
          Event(
              R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]}}]})") +
          Event(
              R"({"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{"}}]}}]})") +
          Event(R"({"choices":[{"delta":{"reasoning_content":"r"}}]})") +
          Event(R"({"choices":[{"delta":{"reasoning":"}"}}]})") +
          Event(R"({"choices":[{"delta":{"refusal":"no"}}]})") +
          Event(R"({"choices":[{"delta":{"content":null,"refusal":null,"tool_calls":[]}}]})"),
      .started = true,
      .token_events = 5}},
    {"finished_when_every_choice_is",
     Event(R"({"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{}}]})") +
         Event(R"({"choices":[{"index":1,"finish_reason":"stop"}]})") +
         Event(R"({"choices":[{"index":0,"finish_reason":"length"}]})"),
     {.out = Event(R"({"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{}}]})") +
             Event(R"({"choices":[{"index":1,"finish_reason":"stop"}]})") +
             Event(R"({"choices":[{"index":0,"finish_reason":"length"}]})"),
      .started = true,
      .finished = true,
      .token_events = 1}},
    {"a_blank_finish_reason_is_none",
     Event(R"({"choices":[{"text":"a","finish_reason":""}]})") +
         Event(R"({"choices":[{"text":"b","finish_reason" : "" }]})") +
         Event(R"({"choices":[{"text":"c","finish_reason":" \t\n"}]})") +
         Event(R"({"choices":[{"text":"d","finish_reason":null}]})") +
         Event(R"({"choices":[{"text":"e"}]})") +
         Event(R"({"choices":[{"text":"f","finish_reason":0}]})") +
         Event(R"({"choices":[{"text":"g","finish_reason":"null"}]})"),
     {.out = Event(R"({"choices":[{"text":"a","finish_reason":""}]})") +
             Event(R"({"choices":[{"text":"b","finish_reason" : "" }]})") +
             Event(R"({"choices":[{"text":"c","finish_reason":" \t\n"}]})") +
             Event(R"({"choices":[{"text":"d","finish_reason":null}]})") +
             Event(R"({"choices":[{"text":"e"}]})") +
             Event(R"({"choices":[{"text":"f","finish_reason":0}]})") +
             Event(R"({"choices":[{"text":"g","finish_reason":"null"}]})"),
      .started = true,
      .token_events = 7}},
    {"a_blank_finish_reason_takes_none_back",
     kText + kStop + Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":""}]})"),
     {.out = kText + kStop + Event(R"({"choices":[{"index":0,"delta":{},"finish_reason":""}]})"),
      .started = true,
      .finished = true,
      .token_events = 1}},
    {"a_blank_finish_reason_leaves_one_of_two_choices_open",
     Event(R"({"choices":[{"index":0,"finish_reason":"stop"},{"index":1,"finish_reason":""}]})"),
     {.out = Event(
          R"({"choices":[{"index":0,"finish_reason":"stop"},{"index":1,"finish_reason":""}]})"),
      .started = true}},
    {"not_finished_while_a_choice_is_open",
     kText + Event(R"({"choices":[{"finish_reason":null,"index":2}]})") + kStop,
     {.out = kText + Event(R"({"choices":[{"finish_reason":null,"index":2}]})") + kStop,
      .started = true,
      .token_events = 1}},
};

}  // namespace

std::vector<EventStreamCase> FramingCases() { return kFramingCases; }

}  // namespace headgate::backends::openai
