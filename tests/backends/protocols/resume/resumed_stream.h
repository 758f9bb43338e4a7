#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backends/protocols/answer_reader.h"
#include "backends/protocols/resume/answer_so_far.h"
#include "backends/protocols/resume/continuation_request.h"
#include "backends/protocols/translator.h"

namespace headgate::backends::resumed {

// A model that always says the same text, in streams of any protocol, and an answer that breaks
// where a test wants it and goes on at another such model.

inline constexpr ChatProtocol kAllProtocols[] = {ChatProtocol::kChatCompletions,
                                                 ChatProtocol::kMessages, ChatProtocol::kResponses};

inline ClientProtocol ClientOf(ChatProtocol protocol) {
  switch (protocol) {
    case ChatProtocol::kChatCompletions:
      return ClientProtocol::kOpenAi;
    case ChatProtocol::kMessages:
      return ClientProtocol::kAnthropic;
    case ChatProtocol::kResponses:
      break;
  }
  return ClientProtocol::kResponses;
}

// Returns where a piece of about `size` bytes of UTF-8 ends.
inline std::size_t PieceEnd(std::string_view text, std::size_t size) {
  std::size_t end = std::min(text.size(), std::max<std::size_t>(size, 1));
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end;
}

inline Conversation RequestOf(ChatProtocol protocol) {
  Conversation request;
  request.protocol = protocol;
  request.model = "asked";
  request.stream = request.stream_usage = true;
  return request;
}

// Returns the stream of a backend that says `text` in pieces, with 10 tokens of input, and a token
// of output for each piece.
inline std::string StreamOf(ChatProtocol protocol, std::string_view text, std::string_view id,
                            std::size_t piece = 3) {
  const Conversation request = RequestOf(protocol);
  std::string out;
  const std::unique_ptr<AnswerSink> writer =
      MakeStreamWriter(protocol, {.request = &request, .request_id = id, .created = 1000}, out);
  using Kind = AnswerEvent::Kind;
  AnswerUsage usage;
  usage.tokens = ReportedTokens{.input = 10};
  const auto on = [&](Kind kind, std::string_view words = {}) {
    AnswerEvent event;
    event.kind = kind;
    event.text = words;
    event.model = "served";
    event.usage = &usage;
    writer->On(event);
  };
  on(Kind::kStart);
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = PieceEnd(rest, piece);
    on(Kind::kText, rest.substr(0, end));
    rest.remove_prefix(end);
    ++usage.tokens->output;
  }
  on(Kind::kPartEnd);
  on(Kind::kUsage);
  on(Kind::kFinish);
  on(Kind::kEnd);
  return out;
}

struct ResumedCase {
  ChatProtocol client = ChatProtocol::kChatCompletions;
  ChatProtocol first = ChatProtocol::kChatCompletions;
  ChatProtocol second = ChatProtocol::kChatCompletions;
  std::string_view text;
  std::size_t cut = 0;  // bytes of the first stream that come
  std::size_t piece = 3;
  Repeats repeats = Repeats::kNever;
  std::size_t tear = 0;  // bytes that come at once; 0: all
};

struct ResumedResult {
  std::string bytes;  // that the client got
  std::string why_not;
  std::size_t first_bytes = 0;  // of `bytes`, of the first stream
  std::string id;               // in the first stream
  bool resumed = false;
  bool whole = false;
};

inline void FeedTorn(StreamReader& reader, std::string_view bytes, std::size_t tear,
                     std::string& out) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(tear, bytes.size()))) {
    if (tear == 0) tear = bytes.size();
    reader.Feed(bytes.substr(0, tear), out);
  }
}

// The beginning of the answer.
class FirstStream {
 public:
  FirstStream(const ResumedCase& one, const Conversation& request) {
    if (one.first == one.client) {
      reader_ = std::make_unique<StreamReader>(ClientOf(one.client), true);
    } else {
      reader_ = std::make_unique<StreamReader>(
          AnswerTranslation{.backend = one.first,
                            .client = one.client,
                            .context = {.request = &request, .request_id = "r", .created = 7}});
    }
  }
  StreamReader& reader() { return *reader_; }

 private:
  std::unique_ptr<StreamReader> reader_;
};

inline ContinuationRequest RestOf(const ClientSeam& seam, Repeats repeats) {
  const PrefillDialect dialect{.name = "test", .root = {}, .message = {}, .repeats = repeats};
  ContinuationRequest rest;
  WriteContinuation({.body = R"({"messages":[{"role":"user","content":"x"}]})",
                     .seam = seam,
                     .tokens_so_far = 0,
                     .dialect = &dialect},
                    rest);
  return rest;
}

// Relays the first stream up to the cut and the rest from the second backend, which says what comes
// behind the text that it was sent.
inline ResumedResult Resume(const ResumedCase& one) {
  const Conversation request = RequestOf(one.client);
  ResumedResult result;
  FirstStream first(one, request);
  const std::string begun = StreamOf(one.first, one.text, "1", one.piece);
  FeedTorn(first.reader(), std::string_view(begun).substr(0, one.cut), one.tear, result.bytes);
  AnswerSoFar so_far(one.client, MakeStreamReader(one.client));
  so_far.Sent(result.bytes);
  result.first_bytes = result.bytes.size();
  result.whole = first.reader().done() || first.reader().finished();
  if (result.whole) {
    first.reader().AppendEnd(ClientOf(one.client), result.bytes);
    return result;
  }
  result.why_not = so_far.WhyNot();
  if (!so_far.begun() || !result.why_not.empty()) return result;
  result.resumed = true;
  result.id = so_far.seam().id;
  const ContinuationRequest rest = RestOf(so_far.seam(), one.repeats);
  const bool repeats = one.repeats == Repeats::kAlways;
  const std::string more =
      StreamOf(one.second, one.text.substr(repeats ? 0 : rest.sent.size()), "2", one.piece);
  StreamReader second(
      AnswerContinuation{.backend = one.second,
                         .client = one.client,
                         .context = {.request = &request, .request_id = "r", .created = 7},
                         .client_seam = &so_far.seam(),
                         .seam = {.sent = rest.sent,
                                  .withheld = rest.withheld,
                                  .repeats = rest.repeats,
                                  .before = ReportedTokens{.input = 100, .output = 50}}});
  FeedTorn(second, more, one.tear, result.bytes);
  result.whole = second.done() && !second.malformed();
  second.AppendEnd(ClientOf(one.client), result.bytes);
  return result;
}

// Reads what a client got.
inline Answer ReadClients(ChatProtocol client, std::string_view bytes) {
  Answer answer;
  AnswerCollector collector(answer);
  MakeStreamReader(client)->Feed(bytes, collector);
  return answer;
}

inline std::string TextOf(const Answer& answer) {
  std::string text;
  for (const ContentPart& part : answer.parts) text += part.text;
  return text;
}

}  // namespace headgate::backends::resumed
