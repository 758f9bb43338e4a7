#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "backends/protocols/anthropic/passing/event_stream.h"
#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/openai_responses/passing/event_stream.h"
#include "backends/protocols/passing/answer_scanner.h"
#include "backends/protocols/translated_stream.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/client_error.h"
#include "backends/protocols/values/client_protocol.h"
#include "backends/protocols/values/stream_end.h"
#include "backends/protocols/values/whole_answer.h"

namespace headgate::backends {

// The readers of backends' answers. The choice among the protocols is made here, as the choice of a
// client's writer is made in client_writer.h.

// A backend and a client of different protocols.
struct AnswerTranslation {
  ChatProtocol backend = ChatProtocol::kChatCompletions;
  ChatProtocol client = ChatProtocol::kChatCompletions;
  AnswerContext context;
};

// The stream of an answer, which passes if the backend speaks the client's own protocol (see
// PassingEvents, and the EventStream of each protocol), and is written anew otherwise (see
// TranslatedStream). Sans-I/O. Worker-bound.
class StreamReader {
 public:
  // `forward_usage`: the client asked for usage, in a protocol where it has to. `max_event` bytes:
  // a longer event makes the stream malformed.
  StreamReader(ClientProtocol protocol, bool forward_usage, std::size_t max_event = kLongestKept);
  // What the translation's context points to outlives this.
  explicit StreamReader(const AnswerTranslation& translation);
  // The rest of an answer that another backend began.
  explicit StreamReader(const AnswerContinuation& continuation);
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind an end are
  // ignored.
  void Feed(std::string_view bytes, std::string& out);

  bool started() const {
    return std::visit([](const auto& r) { return r.started(); }, reader_);
  }
  bool only_begun() const {
    return std::visit([](const auto& r) { return r.only_begun(); }, reader_);
  }
  // Returns whether an error came before any content.
  bool failed_early() const { return failed_first() || (error_event() && only_begun()); }
  // Returns whether the stream is done() without an answer in it.
  bool is_empty() const;
  bool waiting() const {
    return std::visit([](const auto& r) { return r.waiting(); }, reader_);
  }
  std::string_view comments() const {
    return std::visit([](const auto& r) { return r.comments(); }, reader_);
  }
  bool failed_first() const {
    return std::visit([](const auto& r) { return r.failed_first(); }, reader_);
  }
  bool error_event() const {
    return std::visit([](const auto& r) { return r.error_event(); }, reader_);
  }
  std::string_view error() const {
    return std::visit([](const auto& r) { return r.error(); }, reader_);
  }
  bool done() const {
    return std::visit([](const auto& r) { return r.done(); }, reader_);
  }
  bool malformed() const {
    return std::visit([](const auto& r) { return r.malformed(); }, reader_);
  }
  bool ended() const {
    return std::visit([](const auto& r) { return r.ended(); }, reader_);
  }
  std::int64_t token_events() const {
    return std::visit([](const auto& r) { return r.token_events(); }, reader_);
  }
  // Returns whether a translated answer is too long for its client's protocol; it is malformed
  // then.
  bool too_long() const {
    const auto* translated = std::get_if<TranslatedStream>(&reader_);
    return translated != nullptr && translated->too_long();
  }
  // Number of events that were left out because they are not in the form of the protocol.
  std::int64_t left_out() const {
    return std::visit([](const auto& r) { return r.left_out(); }, reader_);
  }
  // What is wrong with a stream that is_empty(), for the log.
  std::string_view nothing_but_its_end() const;
  // Returns how the stream ended. Called when it has ended. `answers`: number of answers that were
  // asked for, in a protocol with a choice.
  StreamEnd end(std::size_t answers) const;
  // Returns whether each answer that was asked for has ended.
  bool finished(std::size_t answers = 1) const { return end(answers).finished; }
  // Returns usage and tier, as far as they came.
  AnswerUsage usage() const;
  // Returns what the client has been told of the answer, for the error that ends a broken stream.
  BegunAnswer begun() const;
  // Appends what ends a whole stream for its client, who speaks `client`. Called once.
  void AppendEnd(ClientProtocol client, std::string& out);

 private:
  using Reader = std::variant<openai::EventStream, anthropic::EventStream,
                              openai_responses::EventStream, TranslatedStream>;

  static Reader ReaderOf(ClientProtocol protocol, bool forward_usage, std::size_t max_event);

  Reader reader_;
};

// Reads a non-streamed answer of status 200, once all of it is there. A byte-order mark is removed
// from `body`, because some clients' JSON readers do not accept it. Room for the parser is made
// behind the body. Thread-safe.
WholeAnswer ReadWholeAnswer(ClientProtocol protocol, std::string& body);

// The same for a body that stays as it is.
WholeAnswer ReadWholeAnswerCopied(ClientProtocol protocol, std::string_view body);

// Returns whether a body that has not come completely begins as an answer does, so that it may be
// passed on.
bool BeginsAsAnswer(std::string_view body);

// Reads a body that is not an answer in the expected form: an error list, or the events of a
// stream. Thread-safe.
StrayAnswer ReadStrayAnswer(ClientProtocol protocol, std::string_view body);

// Returns what AnswerScanner looks for in an answer. Thread-safe.
const ScannedNames& ScannedNamesOf(ClientProtocol protocol);

}  // namespace headgate::backends
