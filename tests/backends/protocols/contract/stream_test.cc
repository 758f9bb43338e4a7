// A backend's stream as a client of each protocol gets it, and what the gateway is told of it.
#include <gtest/gtest.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "backends/protocols/answer_reader.h"
#include "tests/backends/protocols/contract/aspects.h"
#include "tests/backends/protocols/contract/protocols.h"
#include "tests/backends/protocols/contract/samples.h"

namespace headgate::backends::contract {
namespace {

// What the gateway is told of a stream.
struct Facts {
  bool started = false;
  bool waiting = false;  // by the last bytes
  bool failed_first = false;
  bool error_event = false;
  bool done = false;
  bool malformed = false;
  bool ended = false;
  bool finished = false;
  std::string usage;
  std::string error;
  bool operator==(const Facts&) const = default;
};

void PrintTo(const Facts& facts, std::ostream* out) {
  *out << "started " << facts.started << " waiting " << facts.waiting << " failed first "
       << facts.failed_first << " error event " << facts.error_event << " done " << facts.done
       << " malformed " << facts.malformed << " ended " << facts.ended << " finished "
       << facts.finished << " usage [" << facts.usage << "] error [" << facts.error << "]";
}

std::string UsageText(const AnswerUsage& usage) {
  if (!usage.tokens) return "none";
  const ReportedTokens& tokens = *usage.tokens;
  return std::to_string(tokens.input) + " " + std::to_string(tokens.cached_input) + " " +
         std::to_string(tokens.cache_write) + " " + std::to_string(tokens.output) + " " +
         std::to_string(tokens.reasoning) + (tokens.consistent ? "" : " about") +
         usage.service_tier;
}

template <typename Stream>
Facts FactsOf(const Stream& stream, const StreamEnd& end) {
  EXPECT_EQ(end.error, stream.error_event());
  EXPECT_EQ(end.malformed, stream.malformed());
  EXPECT_EQ(end.closed, stream.done());
  return {.started = stream.started(),
          .waiting = stream.waiting(),
          .failed_first = stream.failed_first(),
          .error_event = stream.error_event(),
          .done = stream.done(),
          .malformed = stream.malformed(),
          .ended = stream.ended(),
          .finished = end.finished,
          .usage = UsageText(stream.usage()),
          .error = std::string(stream.error())};
}

// One stream for a client that wants to be told everything.
class Translation {
 public:
  Translation(ChatProtocol backend, ChatProtocol client)
      : request_(CuriousClient(client)),
        stream_(backend, client, {.request = &request_, .request_id = "r1", .created = 7}) {}

  void Feed(std::string_view bytes) {
    const std::string copy(bytes);  // so that a sanitizer sees a view that is kept too long
    stream_.Feed(copy, out_);
  }
  void AppendEnd() { stream_.AppendEnd(out_); }
  Facts facts() const { return FactsOf(stream_, stream_.end()); }
  bool done() const { return stream_.done(); }
  std::int64_t token_events() const { return stream_.token_events(); }
  const std::string& out() const { return out_; }

 private:
  const Conversation request_;
  TranslatedStream stream_;
  std::string out_;
};

Answer ReadBack(ChatProtocol client, std::string_view stream) {
  Answer answer;
  AnswerCollector collector(answer);
  MakeStreamReader(client)->Feed(stream, collector);
  return answer;
}

// Calls check(backend, client) for each two protocols, equal ones too.
template <typename Check>
void ForEachRoute(Check check) {
  for (const ChatProtocol backend : kProtocols) {
    for (const ChatProtocol client : kProtocols) {
      SCOPED_TRACE(PairName(backend, client));
      check(backend, client);
    }
  }
}

std::string Whole(const StreamSample& sample) {
  return sample.begin + sample.middle + sample.finish + sample.end;
}

// The stream as it passes, for a client of the backend's own protocol.
Facts PassedFacts(const StreamSample& sample, std::string_view bytes) {
  StreamReader stream(ClientOf(sample.protocol), true);
  std::string out;
  stream.Feed(bytes, out);
  return FactsOf(stream, stream.end(1));
}

std::int64_t PassedTokens(const StreamSample& sample, std::string_view bytes) {
  StreamReader stream(ClientOf(sample.protocol), true);
  std::string out;
  stream.Feed(bytes, out);
  return stream.token_events();
}

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

TEST(StreamContract, AnErrorFirstIsLeftToTheCaller) {
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
TEST(StreamContract, AnErrorFirstMayHaveUsage) {
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

TEST(StreamContract, AnErrorLaterEndsTheStream) {
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
TEST(StreamContract, AnEventThatIsNotJsonIsLeftOut) {
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

TEST(StreamContract, AStreamOfManyEventsThatAreNotJsonIsMalformed) {
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
TEST(StreamContract, AFinishedStreamMayLackItsEnd) {
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
