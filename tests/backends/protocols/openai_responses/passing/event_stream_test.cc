#include "backends/protocols/openai_responses/passing/event_stream.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/backends/protocols/passing/stream_checks.h"

namespace headgate::backends {
namespace {

const std::string kCreated = NamedEvent(
    "response.created",
    R"("response":{"id":"resp_1","status":"in_progress","error":null,"usage":null,"output":[],"service_tier":"auto"},"sequence_number":0)");
const std::string kDelta = NamedEvent(
    "response.output_text.delta", R"("item_id":"m","output_index":0,"delta":"H\"i","logprobs":[])");
const std::string kCallDelta =
    NamedEvent("response.function_call_arguments.delta", R"("item_id":"f","delta":"{\"delta\":")");
const std::string kEmptyDelta = NamedEvent("response.output_text.delta", R"("delta":"")");
const std::string kTextDone = NamedEvent("response.output_text.done", R"("text":"H\"i")");
const std::string kUsageOfEnd =
    R"("usage":{"input_tokens":90,"input_tokens_details":{"cached_tokens":50,"cache_write_tokens":10},"output_tokens":40,"output_tokens_details":{"reasoning_tokens":30},"total_tokens":130})";
const std::string kCompleted =
    NamedEvent("response.completed",
               R"("response":{"status":"completed","error":null,"output":[{"type":"message"}],)" +
                   kUsageOfEnd + R"(,"service_tier":"flex"},"sequence_number":9)");
const std::string kIncomplete =
    NamedEvent("response.incomplete", R"("response":{"status":"incomplete","output":[]})");

TEST(ResponsesEventStream, PassesWholeEventsAndTheirEnd) {
  const std::string body = kCreated + kDelta + kEmptyDelta + kCallDelta + kTextDone;
  ExpectPassed(ClientProtocol::kResponses,
               {
                   {"completed",
                    body + kCompleted + "data: [DONE]\n\n" + kDelta,
                    {.out = body + kCompleted,
                     .started = true,
                     .done = true,
                     .finished = true,
                     .token_events = 2,
                     .input = 90,
                     .cached = 50,
                     .written = 10,
                     .output = 40,
                     .reasoning = 30,
                     .tier = "flex"}},
                   {"incomplete",
                    body + kIncomplete,
                    {.out = body + kIncomplete,
                     .started = true,
                     .done = true,
                     .finished = true,
                     .token_events = 2,
                     .tier = "auto"}},
                   {"without_its_end",
                    body + "data: [DONE]\n\n",
                    {.out = body, .started = true, .token_events = 2, .tier = "auto"}},
                   {"cut_within_its_end",
                    body + kCompleted.substr(0, kCompleted.size() - 1),
                    {.out = body, .started = true, .token_events = 2, .tier = "auto"}},
                   {"end_alone",
                    kCompleted,
                    {.out = kCompleted,
                     .started = true,
                     .done = true,
                     .finished = true,
                     .input = 90,
                     .cached = 50,
                     .written = 10,
                     .output = 40,
                     .reasoning = 30,
                     .tier = "flex"}},
               });
}

TEST(ResponsesEventStream, KeepsErrorsApart) {
  const std::string flat =
      R"({"type":"error","code":"server_error","message":"boom","param":null,"sequence_number":3})";
  const std::string failed = NamedEvent(
      "response.failed",
      R"("response":{"status":"failed","error":{"code":"server_error","message":"boom"},"usage":{"input_tokens":5,"output_tokens":2}})");
  const std::string inner = R"({"error":{"code":"server_error","message":"boom"}})";
  ExpectPassed(
      ClientProtocol::kResponses,
      {
          {"error_first",
           "event: error\ndata: " + flat + "\n\n" + kDelta,
           {.started = true, .failed_first = true, .error = flat}},
          {"error_later",
           kDelta + "event: error\ndata: " + flat + "\n\n" + kDelta,
           {.out = kDelta, .started = true, .error_event = true, .token_events = 1, .error = flat}},
          {"failed_first",
           failed,
           {.started = true, .failed_first = true, .input = 5, .output = 2, .error = inner}},
          {"failed_later",
           kDelta + failed,
           {.out = kDelta,
            .started = true,
            .error_event = true,
            .token_events = 1,
            .input = 5,
            .output = 2,
            .error = inner}},
          {"cancelled_later",
           kDelta + NamedEvent("response.cancelled", R"("response":{"status":"cancelled"})"),
           {.out = kDelta,
            .started = true,
            .error_event = true,
            .token_events = 1,
            .error = R"({"type":"response.cancelled","response":{"status":"cancelled"}})"}},
          {"error_of_another_protocol",
           kDelta + "data: {\"error\":\"boom\"}\n\n",
           {.out = kDelta,
            .started = true,
            .error_event = true,
            .token_events = 1,
            .error = R"({"error":"boom"})"}},
          {"not_json", "data: {\"type\":}\n\n", {.malformed = true}},
          {"not_json_later",
           kDelta + "data: {\"type\":}\n\ndata: {\"broken\n\n" + kDelta,
           {.out = kDelta + kDelta, .started = true, .token_events = 2, .left_out = 2}},
          {"comments",
           ": ping\n\n" + kDelta + ": ping\n\n",
           {.out = kDelta + ": ping\n\n",
            .comments = ": ping\n\n",
            .started = true,
            .token_events = 1}},
          {"unknown_events_pass",
           kDelta + NamedEvent("keepalive", R"("sequence_number":1)"),
           {.out = kDelta + NamedEvent("keepalive", R"("sequence_number":1)"),
            .started = true,
            .token_events = 1}},
      });
}

TEST(ResponsesEventStream, CountsTheNumbersOfItsEventsOn) {
  openai_responses::EventStream events;
  std::string out;
  events.Feed(
      NamedEvent("response.created",
                 R"("response":{"id":"resp_1","model":"m","created_at":7},"sequence_number":4)"),
      out);
  events.Feed(kDelta + ": ping\n\n" + kTextDone + "data: [DONE]\n\n", out);
  EXPECT_EQ(events.begun().id, "resp_1");
  EXPECT_EQ(events.begun().model, "m");
  EXPECT_EQ(events.begun().created, 7);
  EXPECT_EQ(events.begun().next_number, 7);
}

TEST(ResponsesEventStream, CountsFromZeroIfNothingIsNumbered) {
  openai_responses::EventStream events;
  std::string out;
  events.Feed(kDelta + kTextDone, out);
  EXPECT_EQ(events.begun().next_number, 2);
  EXPECT_EQ(events.begun().id, "");
}

}  // namespace
}  // namespace headgate::backends
