// A backend's stream as a client of each protocol gets it, and what the gateway is told of it.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/backends/protocols/contract/aspects.h"
#include "tests/backends/protocols/contract/translated_streams.h"

namespace headgate::backends::contract {
namespace {

// Responses says its tier always.
Aspects WithoutTier(Aspects aspects) {
  aspects.erase("service_tier");
  return aspects;
}

TEST(StreamContract, AClientReadsWhatTheBackendSaid) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    Translation stream(backend, client);
    stream.Feed(Whole(SampleOf(backend)));
    EXPECT_EQ(ReadBack(client, stream.out()).ended, false) << "the caller decides about the end";
    stream.AppendEnd();
    const Answer answer = ReadBack(client, stream.out());
    EXPECT_EQ(WithoutTier(AspectsOf(answer)), (Aspects{{"thoughts", "Hm."},
                                                       {"texts.assistant", "Hi \"you\"."},
                                                       {"calls", "a f {\"x\":1} | b g {}"},
                                                       {"model", "m"},
                                                       {"finish", "tool calls"},
                                                       {"usage", "130 100 0 40 0"},
                                                       {"ended", "true"}}))
        << stream.out();
    EXPECT_EQ(stream.facts(), (Facts{.started = true,
                                     .done = true,
                                     .ended = true,
                                     .finished = true,
                                     .usage = "130 100 0 40 0"}));
  });
}

TEST(StreamContract, TheOutputDoesNotDependOnTheSplit) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const std::string bytes = Whole(SampleOf(backend));
    Translation whole(backend, client);
    whole.Feed(bytes);
    Translation single(backend, client);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      EXPECT_FALSE(single.done()) << i;
      single.Feed(std::string_view(bytes).substr(i, 1));
    }
    EXPECT_EQ(single.out(), whole.out());
    EXPECT_EQ(single.facts(), whole.facts());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Translation cut(backend, client);
      cut.Feed(std::string_view(bytes).substr(0, i));
      ASSERT_FALSE(cut.done()) << "cut at " << i;
      ASSERT_TRUE(whole.out().starts_with(cut.out())) << "cut at " << i;
      cut.Feed(std::string_view(bytes).substr(i));
      ASSERT_EQ(cut.out(), whole.out()) << "cut at " << i;
    }
  });
}

// What is told of a stream does not depend on whether it is translated, wherever it was cut. So a
// broken stream costs the same for every client.
TEST(StreamContract, FactsAreThoseOfAPassingStream) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    const std::string streams[] = {
        Whole(sample),
        sample.begin + sample.middle + sample.error,
        sample.error,
        ": wait\n\n" + sample.begin + sample.error,
        sample.begin + sample.middle + sample.finish,
        sample.begin + "data: nonsense\n\n",
        "data: nonsense\n\n",
    };
    for (const std::string& bytes : streams) {
      Translation stream(backend, client);
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0 && bytes[i - 1] == '\n' && bytes[i] != '\n') {
          Facts facts = stream.facts();
          Facts passed = PassedFacts(sample, std::string_view(bytes).substr(0, i));
          facts.waiting = passed.waiting = false;  // of the last bytes alone
          if (facts.failed_first) facts.started = passed.started;
          ASSERT_EQ(facts, passed) << bytes.substr(0, i);
        }
        stream.Feed(std::string_view(bytes).substr(i, 1));
      }
      Facts facts = stream.facts();
      Facts passed = PassedFacts(sample, bytes);
      facts.waiting = passed.waiting = false;
      if (facts.failed_first) facts.started = passed.started;
      if (!passed.error.empty()) facts.error = passed.error;  // Responses passes the object alone
      EXPECT_EQ(facts, passed) << bytes;
    }
  });
}

// The time to the first token and the time between tokens are those of the backend's events, so
// that they do not depend on who the client is.
TEST(StreamContract, TokensAreTheEventsThatAPassingStreamCounts) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    const std::string bytes = Whole(sample);
    Translation stream(backend, client);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i > 0 && bytes[i - 1] == '\n' && bytes[i] != '\n') {
        ASSERT_EQ(stream.token_events(), PassedTokens(sample, std::string_view(bytes).substr(0, i)))
            << bytes.substr(0, i);
      }
      stream.Feed(std::string_view(bytes).substr(i, 1));
    }
    EXPECT_EQ(stream.token_events(), PassedTokens(sample, bytes));
    EXPECT_GT(stream.token_events(), 3);
  });
}

TEST(StreamContract, SignsOfLifeAheadOfTheAnswer) {
  ForEachRoute([](ChatProtocol backend, ChatProtocol client) {
    const StreamSample& sample = SampleOf(backend);
    Translation stream(backend, client);
    stream.Feed(": wait\n\n");
    EXPECT_EQ(stream.facts(), (Facts{.waiting = true, .usage = "none"}));
    EXPECT_EQ(stream.out(), "");
    stream.Feed(": wa");
    EXPECT_EQ(stream.facts(), (Facts{.usage = "none"}));
    stream.Feed("it\n\n" + sample.begin + sample.middle);
    EXPECT_TRUE(stream.facts().waiting);
    EXPECT_TRUE(stream.facts().started);
    stream.Feed(": still there\n\n");
    EXPECT_FALSE(stream.facts().waiting);
    stream.Feed(sample.finish + sample.end);
    stream.AppendEnd();
    EXPECT_TRUE(ReadBack(client, stream.out()).ended);
  });
}

// Anthropic says at once what the request cost, and so do we to clients who read it there.
TEST(StreamContract, UsageOfTheBeginningIsToldAtOnce) {
  const StreamSample& sample = SampleOf(ChatProtocol::kMessages);
  for (const ChatProtocol client : kProtocols) {
    Translation stream(ChatProtocol::kMessages, client);
    stream.Feed(sample.begin);
    EXPECT_EQ(stream.facts().usage, "130 100 0 1 0");
    if (client == ChatProtocol::kMessages) {
      EXPECT_NE(stream.out().find(R"("usage":{"input_tokens":30,)"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace headgate::backends::contract
