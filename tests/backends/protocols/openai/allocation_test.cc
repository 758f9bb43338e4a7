// Bytes that pass through do not allocate memory.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/anthropic/passing/event_stream.h"
#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/openai/whole_answer.h"
#include "backends/protocols/openai_responses/passing/event_stream.h"
#include "tests/support/allocations.h"

namespace headgate::backends::openai {
namespace {

constexpr std::string_view kPlain =
    R"(data: {"id":"c","choices":[{"index":0,"delta":{"content":"word"},"finish_reason":null}]})"
    "\n\n";
constexpr std::string_view kWithUsage =
    R"(data: {"id":"c","service_tier":"default","choices":[{"index":1,"delta":{"content":"word"}}],)"
    R"("usage":{"prompt_tokens":9,"completion_tokens":2}})"
    "\n\n";

TEST(EventStreamAllocationTest, EventsTakeNoneOnceThereIsRoom) {
  EventStream stream(false);
  std::string out;
  const auto feed = [&] {
    out.clear();
    for (const std::string_view event : {kPlain, kWithUsage}) {
      stream.Feed(event, out);
      stream.Feed(event.substr(0, 30), out);
      stream.Feed(event.substr(30), out);
    }
  };
  feed();
  EXPECT_EQ(AllocationsIn([&] {
              for (int i = 0; i < 1000; ++i) feed();
            }),
            0u);
  EXPECT_EQ(stream.token_events(), 4004);
}

// Events of the other protocols whose bytes pass.
template <typename Stream>
void ExpectNoAllocation(std::string_view first, std::string_view event) {
  Stream stream;
  std::string out;
  const auto feed = [&] {
    out.clear();
    stream.Feed(event, out);
    stream.Feed(event.substr(0, 30), out);
    stream.Feed(event.substr(30), out);
  };
  stream.Feed(first, out);
  feed();
  EXPECT_EQ(AllocationsIn([&] {
              for (int i = 0; i < 1000; ++i) feed();
            }),
            0u);
  EXPECT_EQ(stream.token_events(), 2002);
}

TEST(EventStreamAllocationTest, EventsOfOtherProtocolsTakeNone) {
  ExpectNoAllocation<anthropic::EventStream>(
      "event: message_start\ndata: {\"type\":\"message_start\"}\n\n",
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
      "\"delta\":{\"type\":\"text_delta\",\"text\":\"word\"}}\n\n");
  ExpectNoAllocation<openai_responses::EventStream>(
      "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n",
      "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
      "\"item_id\":\"m\",\"delta\":\"word\"}\n\n");
}

// The scanner does not keep bytes that pass through, whatever is in them.
TEST(AnswerScannerAllocationTest, TextsOfAnyLengthTakeNone) {
  AnswerScanner scanner(kScannedCompletion);
  scanner.Feed(R"({"a_name_that_is_much_longer_than_any_that_is_looked_for":")");
  EXPECT_EQ(AllocationsIn([&] {
              for (int i = 0; i < 10'000; ++i) scanner.Feed(R"(text \n \" \\ \u0041)");
            }),
            0u);
}

}  // namespace
}  // namespace headgate::backends::openai
