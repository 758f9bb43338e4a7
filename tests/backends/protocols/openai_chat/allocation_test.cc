// The steady state of a translated stream takes no memory.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/openai_chat/stream_reader.h"
#include "backends/protocols/openai_chat/stream_writer.h"
#include "tests/support/allocations.h"

namespace headgate::backends::openai_chat {
namespace {

constexpr std::string_view kChunk =
    R"(data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m",)"
    R"("choices":[{"index":0,"delta":{"content":"wo\"rd"},"logprobs":null,"finish_reason":null}],)"
    R"("usage":null})"
    "\n\n";

TEST(ChatStreamAllocationTest, TextsTakeNoneOnceThereIsRoom) {
  Conversation request;
  std::string out;
  StreamWriter writer({.request = &request, .request_id = "r1", .created = 1}, out);
  StreamReader reader;
  const auto feed = [&] {
    out.clear();
    reader.Feed(kChunk, writer);
    reader.Feed(kChunk.substr(0, 40), writer);
    reader.Feed(kChunk.substr(40), writer);
  };
  feed();
  feed();
  EXPECT_EQ(AllocationsIn([&] {
              for (int i = 0; i < 1000; ++i) feed();
            }),
            0u);
  EXPECT_FALSE(reader.malformed());
  EXPECT_NE(out.find(R"("delta":{"content":"wo\"rd"})"), std::string::npos);
}

}  // namespace
}  // namespace headgate::backends::openai_chat
