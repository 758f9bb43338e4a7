#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/protocols/translated_stream.h"
#include "backends/protocols/translator.h"
#include "config/base/check.h"

namespace headgate::backends {

struct TranslatedBytes {
  std::string out;
  std::string error;
  bool started = false;
  bool failed_first = false;
  bool done = false;
  bool malformed = false;
  bool finished = false;
  std::int64_t token_events = 0;
  std::int64_t output = -1;

  bool operator==(const TranslatedBytes&) const = default;
};

// `step` 0: all at once.
inline TranslatedBytes TranslateBytes(ChatProtocol backend, const Conversation& request,
                                      std::string_view bytes, std::size_t step) {
  TranslatedStream stream(backend, request.protocol, {.request = &request, .request_id = "r"});
  TranslatedBytes result;
  if (step == 0) stream.Feed(bytes, result.out);
  for (std::size_t at = 0; step != 0 && at < bytes.size(); at += step) {
    stream.Feed(bytes.substr(at, step), result.out);
  }
  result.started = stream.started();
  result.failed_first = stream.failed_first();
  result.error = stream.error();
  result.done = stream.done();
  result.malformed = stream.malformed();
  result.finished = stream.end().finished;
  result.token_events = stream.token_events();
  const AnswerUsage usage = stream.usage();
  if (usage.tokens) result.output = usage.tokens->output;
  if (result.done) stream.AppendEnd(result.out);
  return result;
}

// Translates a stream whole and torn, with the same result; then reads the bytes as a whole answer.
inline void CheckChatAnswer(ChatProtocol backend, std::string_view input) {
  if (input.size() < 2) return;
  const auto first = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  Conversation request;
  request.protocol = static_cast<ChatProtocol>(first % 3);
  request.model = "m";
  request.stream_usage = (first & 0x80) != 0;
  request.thinking.mode = ThinkingRequest::Mode::kAdaptive;
  const TranslatedBytes whole = TranslateBytes(backend, request, input, 0);
  HEADGATE_CHECK(TranslateBytes(backend, request, input, first / 3 % 16 + 1) == whole);
  HEADGATE_CHECK(!whole.failed_first || whole.out.empty());
  HEADGATE_CHECK(!(whole.done && whole.malformed));

  Answer answer;
  AnswerCollector collector(answer);
  const bool good = ReadAnswer(backend, input, collector);
  HEADGATE_CHECK(good || !answer.ended);
  std::string out;
  WriteAnswer(request.protocol, answer, {.request = &request, .request_id = "r"}, out);
  Answer shown;
  AnswerCollector reading(shown);
  HEADGATE_CHECK(!answer.ended || ReadAnswer(request.protocol, out, reading));
}

}  // namespace headgate::backends
