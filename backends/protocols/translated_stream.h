#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backends/protocols/resume/resumed_writer.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/answer_usage.h"
#include "backends/protocols/values/client_error.h"
#include "backends/protocols/values/client_seam.h"
#include "backends/protocols/values/stream_end.h"

namespace headgate::backends {

// How the stream of a backend goes on with an answer that another backend began. What it points to
// outlives the stream that is made of it.
struct AnswerContinuation {
  ChatProtocol backend = ChatProtocol::kChatCompletions;
  ChatProtocol client = ChatProtocol::kChatCompletions;
  AnswerContext context;
  const ClientSeam* client_seam = nullptr;  // never null; need not outlive the constructor
  Seam seam;
};

// The body of one streamed answer, read in the backend's protocol and written in the client's. Its
// end is not written but kept for AppendEnd, because only the caller knows whether the answer was
// whole. An error is left to the caller, too. The output does not depend on where the bytes were
// split. Sans-I/O. Worker-bound.
class TranslatedStream {
 public:
  // What `context` points to outlives this.
  TranslatedStream(ChatProtocol backend, ChatProtocol client, const AnswerContext& context);
  // The rest of an answer, joined to what the client has: with its id and model, without another
  // beginning. The facts below are those of the rest alone. The protocols may be the same.
  explicit TranslatedStream(const AnswerContinuation& continuation);
  TranslatedStream(const TranslatedStream&) = delete;  // the writer refers to it
  TranslatedStream& operator=(const TranslatedStream&) = delete;

  // Takes bytes as they came, and appends what goes to the client to `out`. Bytes behind an end are
  // ignored.
  void Feed(std::string_view bytes, std::string& out);

  // Returns whether an event of the answer has been seen. Signs of life do not count.
  bool started() const { return events_.started; }
  // Returns whether nothing but the beginning of the answer has been seen: none of its content, and
  // not its end.
  bool only_begun() const { return events_.started && !events_.has_content; }
  // Returns whether the last Feed brought a sign of life before the answer began.
  bool waiting() const { return events_.waiting; }
  // Comments for a client that waits; empty if waiting() is false.
  std::string_view comments() const;
  // Returns whether the stream began with an error.
  bool failed_first() const { return events_.failed && !events_.started; }
  // Returns whether an error came later.
  bool error_event() const { return events_.failed && events_.started && !unusable(); }
  std::string_view error() const { return events_.error; }  // its document, as it came
  // Returns whether the protocol's end was seen.
  bool done() const { return events_.done && !unusable(); }
  bool malformed() const { return reader_->malformed() || unusable(); }
  // Returns whether the answer is too long for its client's protocol; it is malformed then.
  bool too_long() const { return writer_->too_long(); }
  std::int64_t left_out() const { return reader_->left_out(); }
  bool ended() const { return reader_->ended() || unusable(); }
  std::int64_t token_events() const { return reader_->token_events(); }
  StreamEnd end() const;
  // Returns usage and tier, as far as they came.
  AnswerUsage usage() const;

  // Returns what the client has been told of the answer.
  BegunAnswer begun() const { return writer_->begun(); }

  // Appends what ends a whole stream for the client. Called once, when the caller has found the
  // answer whole.
  void AppendEnd(std::string& out);

 private:
  // Passes events on to the writer, and notes what the gateway has to know of them.
  class Events final : public AnswerSink {
   public:
    void On(const AnswerEvent& event) override;

    AnswerSink* writer = nullptr;
    std::string* written = nullptr;  // by the writer
    std::string error;
    AnswerUsage usage;
    std::size_t before_end = 0;  // bytes of `written` that are not the end
    bool started = false;
    bool has_content = false;
    bool waiting = false;
    bool failed = false;
    bool finished = false;
    bool done = false;
  };

  bool unusable() const { return too_long() || (resumed_ != nullptr && resumed_->unusable()); }

  const std::unique_ptr<AnswerStreamReader> reader_;
  std::string written_;  // by the last Feed, and then the end
  const std::unique_ptr<AnswerStreamWriter> writer_;
  const ResumedWriter* resumed_ = nullptr;  // the writer of a rest
  Events events_;
};

}  // namespace headgate::backends
