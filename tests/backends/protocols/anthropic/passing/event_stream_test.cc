#include "backends/protocols/anthropic/passing/event_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/backends/protocols/passing/stream_checks.h"

namespace headgate::backends {
namespace {

const std::string kBegin = NamedEvent(
    "message_start",
    R"("message":{"id":"msg_1","type":"message","content":[],"stop_reason":null,"usage":{"input_tokens":25,"cache_creation_input_tokens":10,"cache_read_input_tokens":500,"output_tokens":1,"service_tier":"standard"}})");
const std::string kBlock =
    NamedEvent("content_block_start", R"("index":0,"content_block":{"type":"text","text":""})");
const std::string kWord =
    NamedEvent("content_block_delta", R"("index":0,"delta":{"type":"text_delta","text":"H\"i"})");
const std::string kThought = NamedEvent(
    "content_block_delta", R"("index":0,"delta":{"type":"thinking_delta","thinking":"hm"})");
const std::string kArguments =
    NamedEvent("content_block_delta",
               R"("index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"})");
const std::string kEmpty = NamedEvent(
    "content_block_delta", R"("index":1,"delta":{"type":"input_json_delta","partial_json":""})");
const std::string kSigned = NamedEvent(
    "content_block_delta", R"("index":0,"delta":{"type":"signature_delta","signature":"text"})");
const std::string kBlockEnd = NamedEvent("content_block_stop", R"("index":0)");
const std::string kPing = NamedEvent("ping");
const std::string kFinish = NamedEvent(
    "message_delta",
    R"("delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":40,"input_tokens":null,"output_tokens_details":{"thinking_tokens":30}})");
const std::string kStop = NamedEvent("message_stop");
const std::string kOverloaded =
    R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})";

TEST(AnthropicEventStream, PassesWholeEventsAndLearnsTheirUsage) {
  const std::string body =
      kBegin + kBlock + kPing + kThought + kSigned + kWord + kEmpty + kArguments + kBlockEnd;
  ExpectPassed(
      ClientProtocol::kAnthropic,
      {
          {"whole",
           body + kFinish + kStop + "data: more\n\n",
           {.out = body + kFinish,
            .started = true,
            .done = true,
            .finished = true,
            .token_events = 3,
            .input = 535,
            .cached = 500,
            .written = 10,
            .output = 40,
            .reasoning = 30,
            .tier = "default"}},
          {"without_its_end",
           body + kFinish,
           {.out = body + kFinish,
            .started = true,
            .finished = true,
            .token_events = 3,
            .input = 535,
            .cached = 500,
            .written = 10,
            .output = 40,
            .reasoning = 30,
            .tier = "default"}},
          {"cut_within_an_event",
           body + kFinish.substr(0, kFinish.size() - 1),
           {.out = body,
            .started = true,
            .token_events = 3,
            .input = 535,
            .cached = 500,
            .written = 10,
            .output = 4,
            .consistent = false,
            .tier = "default"}},
          {"a_delta_of_usage_replaces",
           NamedEvent("message_start",
                      R"("message":{"usage":{"input_tokens":0,"output_tokens":0}})") +
               NamedEvent("message_delta", R"("usage":{"input_tokens":9,"output_tokens":5})") +
               NamedEvent("message_delta", R"("usage":{"input_tokens":0,"output_tokens":7})"),
           {.out = NamedEvent("message_start",
                              R"("message":{"usage":{"input_tokens":0,"output_tokens":0}})") +
                   NamedEvent("message_delta", R"("usage":{"input_tokens":9,"output_tokens":5})") +
                   NamedEvent("message_delta", R"("usage":{"input_tokens":0,"output_tokens":7})"),
            .started = true,
            .input = 9,
            .output = 7}},
          {"impossible_counts",
           NamedEvent("message_delta", R"("usage":{"input_tokens":-1,"output_tokens":5})") +
               NamedEvent("message_delta",
                          R"("usage":{"input_tokens":3,"cache_read_input_tokens":1.5})"),
           {.out = NamedEvent("message_delta", R"("usage":{"input_tokens":-1,"output_tokens":5})") +
                   NamedEvent("message_delta",
                              R"("usage":{"input_tokens":3,"cache_read_input_tokens":1.5})"),
            .started = true,
            .input = 3,
            .output = 0,
            .consistent = false}},
      });
}

TEST(AnthropicEventStream, KeepsErrorsAndSignsOfLifeApart) {
  ExpectPassed(
      ClientProtocol::kAnthropic,
      {
          {"end_alone", kStop, {.done = true}},
          {"signs_of_life",
           ": ok\n\n" + kPing + kBegin.substr(0, 0) + kWord + ": x-headgate-cost 1\n" + kPing,
           {.out = kWord + ":\n" + kPing,
            .comments = ": ok\n\n:\n\n",
            .started = true,
            .token_events = 1}},
          {"error_first",
           "event: error\ndata: " + kOverloaded + "\n\n" + kWord,
           {.started = true, .failed_first = true, .error = kOverloaded}},
          {"error_later",
           kWord + "event: error\ndata: " + kOverloaded + "\n\n" + kWord,
           {.out = kWord,
            .started = true,
            .error_event = true,
            .token_events = 1,
            .error = kOverloaded}},
          {"error_of_another_protocol",
           kWord + "data: {\"error\":{\"message\":\"boom\"}}\n\n",
           {.out = kWord,
            .started = true,
            .error_event = true,
            .token_events = 1,
            .error = R"({"error":{"message":"boom"}})"}},
          {"error_of_words",
           "data: {\"detail\":\"model loading\"}\n\n",
           {.started = true, .failed_first = true, .error = R"({"detail":"model loading"})"}},
          {"not_json",
           kWord + "data: {\"type\":\"message_delta\",\"usage\":{]}\n\n" + kWord,
           {.out = kWord + kWord, .started = true, .token_events = 2, .left_out = 1}},
          {"not_json_and_no_finish",
           kWord + "data: {\"type\":\"message_delta\",\"usage\":{]}\n\n" + kStop,
           {.out = kWord,
            .started = true,
            .done = true,
            .ends_malformed = true,
            .token_events = 1,
            .left_out = 1}},
          {"text", "data: hello\n\n", {.malformed = true}},
          {"openais_end_is_removed",
           kWord + "data: [DONE]\n\n" + kStop,
           {.out = kWord, .started = true, .done = true, .token_events = 1}},
          {"unknown_events_pass",
           kWord + NamedEvent("new_event", R"("error":null,"x":1)"),
           {.out = kWord + NamedEvent("new_event", R"("error":null,"x":1)"),
            .started = true,
            .token_events = 1}},
          {"the_type_may_stand_anywhere",
           "data: {\"usage\":{\"output_tokens\":2},\"type\" : \"message_delta\"}\n\n"
           "data: {\"x\":1,\"type\":\"message_stop\"}\n\n",
           {.out = "data: {\"usage\":{\"output_tokens\":2},\"type\" : \"message_delta\"}\n\n",
            .started = true,
            .done = true,
            .input = 0,
            .output = 2}},
      });
}

}  // namespace
}  // namespace headgate::backends
