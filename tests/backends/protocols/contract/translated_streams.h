#pragma once

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

inline void PrintTo(const Facts& facts, std::ostream* out) {
  *out << "started " << facts.started << " waiting " << facts.waiting << " failed first "
       << facts.failed_first << " error event " << facts.error_event << " done " << facts.done
       << " malformed " << facts.malformed << " ended " << facts.ended << " finished "
       << facts.finished << " usage [" << facts.usage << "] error [" << facts.error << "]";
}

inline std::string UsageText(const AnswerUsage& usage) {
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

inline Answer ReadBack(ChatProtocol client, std::string_view stream) {
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

inline std::string Whole(const StreamSample& sample) {
  return sample.begin + sample.middle + sample.finish + sample.end;
}

// The stream as it passes, for a client of the backend's own protocol.
inline Facts PassedFacts(const StreamSample& sample, std::string_view bytes) {
  StreamReader stream(ClientOf(sample.protocol), true);
  std::string out;
  stream.Feed(bytes, out);
  return FactsOf(stream, stream.end(1));
}

inline std::int64_t PassedTokens(const StreamSample& sample, std::string_view bytes) {
  StreamReader stream(ClientOf(sample.protocol), true);
  std::string out;
  stream.Feed(bytes, out);
  return stream.token_events();
}

}  // namespace headgate::backends::contract
