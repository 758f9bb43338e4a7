#include "backends/protocols/openai/event_stream.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::backends::openai {
namespace {

using namespace std::string_literals;

// What a stream came to: its output and every fact.
struct Seen {
  std::string out;
  std::string comments;
  bool started = false;
  bool failed_first = false;
  bool error_event = false;
  bool done = false;
  bool malformed = false;
  bool finished = false;
  std::int64_t token_events = 0;
  std::int64_t input = -1;  // -1: no usage
  std::int64_t output = -1;
  std::string tier;
  std::string error;

  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& os, const Seen& seen) {
  return os << "out [" << seen.out << "] comments [" << seen.comments << "] started "
            << seen.started << " failed_first " << seen.failed_first << " error_event "
            << seen.error_event << " done " << seen.done << " malformed " << seen.malformed
            << " finished " << seen.finished << " token_events " << seen.token_events << " input "
            << seen.input << " output " << seen.output << " tier " << seen.tier << " error ["
            << seen.error << "]";
}

constexpr std::size_t kMaxEvent = 4096;

Seen Relay(const std::vector<std::string_view>& pieces, bool forward_usage) {
  EventStream stream(forward_usage, kMaxEvent);
  Seen seen;
  for (const std::string_view piece : pieces) {
    // A buffer of its own, so that a sanitizer sees a view that is kept too long.
    const std::string bytes(piece);
    stream.Feed(bytes, seen.out);
    seen.comments += stream.comments();
  }
  seen.started = stream.started();
  seen.failed_first = stream.failed_first();
  seen.error_event = stream.error_event();
  seen.done = stream.done();
  seen.malformed = stream.malformed();
  seen.finished = stream.finished();
  seen.token_events = stream.token_events();
  if (stream.usage().tokens) {
    seen.input = stream.usage().tokens->input;
    seen.output = stream.usage().tokens->output;
  }
  seen.tier = stream.usage().service_tier;
  seen.error = stream.error();
  return seen;
}

std::string WithLineEnds(std::string_view text, std::string_view line_end) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += line_end;
    } else {
      result += c;
    }
  }
  return result;
}

// Chunks as the servers of wire/openai.md and wire/selfhosted.md send them, shortened.
std::string Event(std::string_view json) { return "data: " + std::string(json) + "\n\n"; }
const std::string kRole = Event(
    R"({"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]})");
const std::string kText = Event(
    R"({"id":"c","choices":[{"index":0,"delta":{"content":"Hé: \"ö\""},"finish_reason":null}],"usage":null})");
const std::string kStop =
    Event(R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null})");
const std::string kUsage = Event(
    R"({"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}})");
const std::string kDone = "data: [DONE]\n\n";

struct Case {
  const char* name;
  std::string in;
  Seen want;
  bool forward_usage = false;
};

std::vector<Case> Cases() {
  const auto text_with = [](std::string_view content) {
    return Event(R"({"choices":[{"index":0,"delta":{"content":")" + std::string(content) +
                 R"("},"finish_reason":null}]})");
  };
  return {
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
       {.out = Event(
            R"({"choices":[{"text":"a"}],"usage":{"prompt_tokens":0,"completion_tokens":0}})"),
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
       kText + text_with(R"(\"usage\":{\"prompt_tokens\":1},\"choices\":[])") +
           text_with(R"(\"error\": {\"message\":\"no\"})") +
           text_with(R"(\"finish_reason\":\"stop\")") + text_with(R"(data: [DONE])"),
       {.out = kText + text_with(R"(\"usage\":{\"prompt_tokens\":1},\"choices\":[])") +
               text_with(R"(\"error\": {\"message\":\"no\"})") +
               text_with(R"(\"finish_reason\":\"stop\")") + text_with(R"(data: [DONE])"),
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
       ": a\0b\n\n: \x1B[31m\n\n: \xFF\n\n: tab\tand \xC3\xB6\n\n"s + ": " +
           std::string(2000, 'x') + "\n\n" + kDone,
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
      {"byte_order_mark",
       "\xEF\xBB\xBF" + kText,
       {.out = kText, .started = true, .token_events = 1}},
      {"byte_order_mark_before_a_comment",
       "\xEF\xBB\xBF: ping\n\n" + kText,
       {.out = kText, .comments = ": ping\n\n", .started = true, .token_events = 1}},
      {"malformed_first", Event("<html>"), {.malformed = true}},
      {"malformed_first_inside", Event(R"({"a":[1,2})"), {.malformed = true}},
      {"malformed_later",
       kText + Event(R"({"broken)") + kText,
       {.out = kText, .started = true, .malformed = true, .token_events = 1}},
      {"malformed_usage",
       kText + Event(R"({"usage":{"prompt_tokens":1,"choices":[]}})"
                     "\x01}"),
       {.out = kText, .started = true, .malformed = true, .token_events = 1}},
      {"data_that_is_no_object",
       kText + Event("[1]"),
       {.out = kText, .started = true, .malformed = true, .token_events = 1}},
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
       {.out =
            Event(R"({ "service_tier" : null, "choices" : [ ] })") +
            Event(R"({ "service_tier" : "flex" , "choices" : [ {"delta":{"content" : "a"}} ] })"),
        .started = true,
        .token_events = 1,
        .input = 3,
        .output = 0,
        .tier = "flex"}},
      {"every_kind_of_content_counts",
       Event(
           R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":""}}]}}]})") +
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
       {.out =
            Event(R"({"choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{}}]})") +
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
}

// Each case with each kind of line end: whole, torn in two at every byte, and byte by byte.
class EventStreamCases : public testing::TestWithParam<std::string> {};

TEST_P(EventStreamCases, ComeToTheSameWhereverTheyAreTorn) {
  for (const Case& one : Cases()) {
    SCOPED_TRACE(one.name);
    const std::string in = WithLineEnds(one.in, GetParam());
    Seen want = one.want;
    want.out = WithLineEnds(want.out, GetParam());
    EXPECT_EQ(Relay({in}, one.forward_usage), want);
    for (std::size_t i = 0; i <= in.size(); ++i) {
      const Seen torn = Relay({std::string_view(in).substr(0, i), std::string_view(in).substr(i)},
                              one.forward_usage);
      ASSERT_EQ(torn, want) << "torn at " << i;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < in.size(); ++i) bytes.push_back(std::string_view(in).substr(i, 1));
    EXPECT_EQ(Relay(bytes, one.forward_usage), want);
  }
}

INSTANTIATE_TEST_SUITE_P(LineEnds, EventStreamCases, testing::Values("\n"s, "\r\n"s, "\r"s),
                         [](const auto& line_end) {
                           const std::string& text = line_end.param;
                           return text == "\n" ? "Lf" : text == "\r" ? "Cr" : "CrLf";
                         });

TEST(EventStreamTest, RandomStreamsComeToTheSameWhereverTheyAreTorn) {
  const std::vector<std::string> parts = {
      kRole,
      kText,
      kStop,
      kUsage,
      ": ping\n\n",
      "\n",
      "data: ",
      "\r\n\r\n",
      "\r",
      "id: 1\n",
      "data: {\"choices\":[{\"text\":\"\xF0\x9F\x98\x80\"}]}\r\r",
      "data:\n",
      Event(R"({"error":{"message":"e"}})"),
      "data: {\"choices\":[],\r\ndata: \"usage\":{}}\r\n\r\n"};
  std::mt19937 random(20260101);
  for (int round = 0; round < 3000; ++round) {
    std::string in;
    for (std::size_t n = random() % 12; n > 0; --n) in += parts[random() % parts.size()];
    const bool forward_usage = random() % 2 == 0;
    std::vector<std::string_view> pieces;
    for (std::size_t at = 0; at < in.size();) {
      const std::size_t size = random() % (random() % 4 == 0 ? 200 : 9);
      pieces.push_back(std::string_view(in).substr(at, size));
      at += pieces.back().size();
    }
    ASSERT_EQ(Relay(pieces, forward_usage), Relay({in}, forward_usage)) << in;
  }
}

// What servers send in place of an answer, or in its middle, with a status of 200.
TEST(EventStreamTest, KnowsAnErrorInEveryShape) {
  const std::string in_a_choice =
      R"({"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error",)"
      R"("error":{"code":502,"message":"boom"}}]})";
  for (
      const std::string& error : std::vector<std::string>{
          R"({"error":{"message":"boom"}})", R"({"error":[{"message":"boom"}]})",
          R"({"error":true,"message":"boom"})", R"({"error":500})", R"({"error":"boom"})",
          R"({"detail":"model loading"})", R"({"message":"boom","code":500})",
          R"({"errors":[{"message":"boom"}],"success":false})",
          R"({"choices":null,"detail":"boom"})", R"({"code":500,"msg":"boom","data":null})",
          R"([{"error":{"code":429,"message":"boom"}}])",
          R"({"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}})",
          R"({"choices":[],"usage":{"total_tokens":0},"base_resp":{"status_code":1000}})",
          in_a_choice}) {
    SCOPED_TRACE(error);
    const Seen first = Relay({Event(error) + kText}, false);
    EXPECT_TRUE(first.failed_first);
    EXPECT_EQ(first.error, error);
    EXPECT_EQ(first.out, "");
    std::string stream = kText;
    stream.append(Event(error)).append(kText).append(kDone);
    const Seen later = Relay({stream}, false);
    EXPECT_TRUE(later.error_event);
    EXPECT_EQ(later.error, error);
    EXPECT_EQ(later.out, kText);
  }
}

TEST(EventStreamTest, IsFinishedWithAsManyChoicesAsWereAskedFor) {
  EventStream stream(false);
  std::string out;
  EXPECT_FALSE(stream.finished());
  stream.Feed(kText + kStop, out);
  EXPECT_TRUE(stream.finished());
  EXPECT_FALSE(stream.finished(2));
  stream.Feed(Event(R"({"choices":[{"index":1,"finish_reason":"stop"}]})"), out);
  EXPECT_TRUE(stream.finished(2));
}

TEST(EventStreamTest, ASignOfLifeIsSeenWithTheLineThatItIs) {
  EventStream stream(false);
  std::string out;
  const auto waits = [&](std::string_view bytes) {
    stream.Feed(bytes, out);
    return stream.waiting();
  };
  EXPECT_FALSE(waits(": pi"));
  EXPECT_TRUE(waits("ng\r"));
  EXPECT_EQ(stream.comments(), ": ping\n\n");
  EXPECT_FALSE(waits("\n"));  // of that line
  EXPECT_EQ(stream.comments(), "");
  EXPECT_TRUE(waits("\r\n"));
  EXPECT_TRUE(waits("event: ping\ndata:\n\n"));
  EXPECT_FALSE(waits("data: "));
  EXPECT_FALSE(waits(R"({"choices":[]})"));
  EXPECT_FALSE(waits("\n\n"));
  EXPECT_TRUE(stream.started());
  EXPECT_FALSE(waits(": ping\n\n"));
}

TEST(EventStreamTest, AFloodOfCommentsGrowsNothing) {
  EventStream stream(false, kMaxEvent);
  std::string out;
  std::string flood;
  for (int i = 0; i < 20000; ++i) flood += ":\n";
  for (int i = 0; i < 50; ++i) {
    stream.Feed(flood, out);
    ASSERT_LE(stream.comments().size(), 4096u);
    ASSERT_TRUE(stream.waiting());
  }
  EXPECT_EQ(out, "");
  EXPECT_FALSE(stream.malformed());
}

TEST(EventStreamTest, AnEventGoesOutWithTheByteThatEndsIt) {
  for (const std::string end : {"\n\n", "\r\n\r", "\r\r"}) {
    EventStream stream(false);
    std::string out;
    const std::string event = R"(data: {"choices":[{"text":"a"}]})" + end;
    stream.Feed(event.substr(0, event.size() - 1), out);
    EXPECT_EQ(out, "");
    stream.Feed(event.substr(event.size() - 1), out);
    EXPECT_EQ(out, event);
  }
}

TEST(EventStreamTest, ManyShortLinesCostNoMoreThanOnePass) {
  // 2 MB of CR alone would take minutes if each line searched for an LF to the end.
  EventStream stream(false);
  std::string out;
  stream.Feed(std::string(2u << 20, '\r'), out);
  stream.Feed(std::string(2u << 20, '\n'), out);
  EXPECT_EQ(out, "");
  EXPECT_FALSE(stream.malformed());
}

TEST(EventStreamTest, ABigEventInSmallPiecesCostsNoMoreThanOnePass) {
  EventStream stream(false);
  std::string out;
  const std::string piece(1024, 'x');
  stream.Feed(R"(data: {"choices":[{"text":")", out);
  for (int i = 0; i < 7000; ++i) stream.Feed(piece, out);
  stream.Feed("\"}]}\n\n", out);
  EXPECT_GT(out.size(), 7000u * 1024);
  EXPECT_EQ(stream.token_events(), 1);
}

}  // namespace
}  // namespace headgate::backends::openai
