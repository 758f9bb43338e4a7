// A delta that passes from a backend's stream to a client's takes no memory.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "backends/protocols/openai_responses/stream_reader.h"
#include "backends/protocols/openai_responses/stream_writer.h"
#include "tests/support/allocations.h"

namespace headgate::backends::openai_responses {
namespace {

constexpr std::string_view kDelta =
    "event: response.output_text.delta\n"
    R"(data: {"type":"response.output_text.delta","item_id":"msg_1","output_index":0,)"
    R"("content_index":0,"delta":"word \n","logprobs":[],"sequence_number":7})"
    "\n\n";

class Counting final : public AnswerSink {
 public:
  void On(const AnswerEvent& event) override { bytes += event.text.size(); }
  std::size_t bytes = 0;
};

TEST(ResponsesAllocationTest, DeltasTakeNoneOnceThereIsRoom) {
  StreamReader reader;
  Counting sink;
  const auto feed = [&] {
    reader.Feed(kDelta, sink);
    reader.Feed(kDelta.substr(0, 60), sink);
    reader.Feed(kDelta.substr(60), sink);
  };
  feed();
  EXPECT_EQ(AllocationsIn([&] {
              for (int i = 0; i < 1000; ++i) feed();
            }),
            0u);
  EXPECT_EQ(sink.bytes, 2002u * 6);
}

TEST(ResponsesAllocationTest, WrittenDeltasTakeNoneButWhatTheAnswerGrowsBy) {
  const Conversation request;
  const AnswerContext context{&request, "r1", 0};
  std::string out;
  StreamWriter writer(context, out);
  AnswerEvent event;
  event.kind = AnswerEvent::Kind::kStart;
  writer.On(event);
  event.kind = AnswerEvent::Kind::kText;
  event.text = "word \n";
  writer.On(event);
  // The whole text is kept for the last event: its buffer doubles a few times.
  EXPECT_LE(AllocationsIn([&] {
              for (int i = 0; i < 1000; ++i) {
                out.clear();
                writer.On(event);
              }
            }),
            12u);
}

}  // namespace
}  // namespace headgate::backends::openai_responses
