// A backend's stream that has an error in it, or broken events, or no end, as a client of each
// protocol gets it, and what the gateway is told of it.
#include <gtest/gtest.h>

#include <string>

#include "tests/backends/protocols/contract/translated_streams.h"

namespace headgate::backends::contract {
namespace {

TEST(BrokenStreamContract, AnErrorFirstIsLeftToTheCaller) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    Translation stream(backend, client);
    stream.Feed(SampleOf(backend).error + Whole(SampleOf(backend)));
    const Facts facts = stream.facts();
    EXPECT_TRUE(facts.failed_first);
    EXPECT_FALSE(facts.error_event || facts.started || facts.done || facts.finished);
    EXPECT_TRUE(facts.ended);
    EXPECT_NE(facts.error.find("busy"), std::string::npos);
    EXPECT_EQ(stream.out(), "");
  });
}

// Usage beside the first error does not begin the answer.
TEST(BrokenStreamContract, AnErrorFirstMayHaveUsage) {
  const std::string chat =
      R"(data: {"error":{"message":"busy"},"usage":{"prompt_tokens":5,"completion_tokens":1}})"
      "\n\n";
  const std::string responses =
      R"(data: {"type":"response.failed","response":{"error":{"message":"busy"},)"
      R"("usage":{"input_tokens":5,"output_tokens":1}}})"
      "\n\n";
  for (const ChatProtocol client : kProtocols) {
    for (const ChatProtocol backend : {ChatProtocol::kChatCompletions, ChatProtocol::kResponses}) {
      SCOPED_TRACE(PairName(backend, client));
      Translation stream(backend, client);
      stream.Feed(backend == ChatProtocol::kResponses ? responses : chat);
      EXPECT_TRUE(stream.facts().failed_first);
      EXPECT_EQ(stream.facts().usage, "5 0 0 1 0");
      EXPECT_EQ(stream.out(), "");
    }
  }
}

TEST(BrokenStreamContract, AnErrorLaterEndsTheStream) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    Translation before(backend, client);
    before.Feed(sample.begin + sample.middle);
    Translation stream(backend, client);
    stream.Feed(sample.begin + sample.middle + sample.error + sample.finish + sample.end);
    const Facts facts = stream.facts();
    EXPECT_TRUE(facts.error_event && facts.started && facts.ended);
    EXPECT_FALSE(facts.failed_first || facts.done || facts.malformed);
    EXPECT_TRUE(stream.out().starts_with(before.out()));
    EXPECT_FALSE(ReadBack(client, stream.out()).ended);
  });
}

// One event that is not in the form of its protocol does not end a good stream.
TEST(BrokenStreamContract, AnEventThatIsNotJsonIsLeftOut) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    const std::string broken = "data: {\"broken\n\n";
    Translation whole(backend, client);
    whole.Feed(Whole(sample));
    whole.AppendEnd();
    Translation stream(backend, client);
    stream.Feed(sample.begin + broken + sample.middle + broken + sample.finish + sample.end);
    EXPECT_TRUE(stream.facts().done);
    EXPECT_FALSE(stream.facts().malformed);
    stream.AppendEnd();
    EXPECT_EQ(stream.out(), whole.out());
    // What was left out may have been the finish. Of Responses it is the end itself.
    Translation cut(backend, client);
    cut.Feed(sample.begin + sample.middle + broken + sample.end);
    EXPECT_EQ(cut.facts().malformed, !sample.end.empty());
    EXPECT_FALSE(cut.facts().done);
  });
}

TEST(BrokenStreamContract, AStreamOfManyEventsThatAreNotJsonIsMalformed) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    Translation stream(backend, client);
    stream.Feed(sample.begin);
    for (int i = 0; i < kMostLeftOut; ++i) stream.Feed("data: nonsense\n\n");
    EXPECT_FALSE(stream.facts().malformed);
    stream.Feed("data: nonsense\n\n");
    EXPECT_TRUE(stream.facts().malformed);
  });
}

// Some servers leave out what ends the stream, although the answer is whole.
TEST(BrokenStreamContract, AFinishedStreamMayLackItsEnd) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    Translation whole(backend, client);
    whole.Feed(Whole(sample));
    whole.AppendEnd();
    Translation stream(backend, client);
    stream.Feed(sample.begin + sample.middle + sample.finish);
    EXPECT_EQ(stream.facts().done, sample.end.empty());
    EXPECT_TRUE(stream.facts().finished);
    EXPECT_EQ(stream.facts().usage, "130 100 0 40 0");
    stream.AppendEnd();
    EXPECT_EQ(stream.out(), whole.out());
  });
}

}  // namespace
}  // namespace headgate::backends::contract
