#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/client_error.h"
#include "backends/protocols/values/conversation.h"

namespace headgate::backends {

// What a backend takes beyond its protocol, and what its models require: from the configuration and
// the catalogue.
struct BackendTraits {
  std::string_view model;  // as the backend knows it; outlives the call
  // Written where the protocol requires a limit and the client says none.
  std::int64_t default_max_tokens = 4096;
  bool is_openai = false;      // OpenAI itself: max_completion_tokens, developer messages, no top_k
  bool takes_sampling = true;  // temperature, top_p, top_k: not with anthropic-version 2026-10-21
  bool takes_effort = true;    // reasoning_effort, output_config.effort
  bool takes_thoughts = false;  // a chat backend reads reasoning_content of earlier turns
  // Written as `priority` of chat completions and Responses. Messages have no such member.
  std::optional<int> priority = {};
  // Which backend it is: SignatureOrigin. Thoughts go only to the backend that had them.
  std::string origin = {};

  bool Wrote(const Signature& signature, ChatProtocol protocol) const {
    return signature.protocol == protocol && signature.origin == origin;
  }
};

// Names of a client's fields that the written request does not carry, for x-headgate-dropped. Named
// as the client's protocol names them: "top_k", "cache_control".
using DroppedFields = std::set<std::string, std::less<>>;

// Returns how a header names a member of a client's body: by its name, or as "unknown" if the name
// is longer than 64 bytes or has characters that a header's list may not have.
std::string_view NameForHeader(std::string_view name);

// Adds the name of a client's member that was left out. A stranger chooses the names, so not more
// than 32 are kept.
void NoteDropped(std::string name, DroppedFields& dropped);

// Fields of a Conversation that some protocol cannot say. A writer names those it leaves out.
enum class ConversationField : std::uint8_t {
  kTemperature,
  kTopP,
  kTopK,
  kSeed,
  kPresencePenalty,
  kFrequencyPenalty,
  kStop,
  kFormatDescription,
  kFormatStrict,
  kEffort,
  kThinkingBudget,
  kVerbosity,
  kServiceTier,
  kUser,
  kCacheKey,
  kCacheControl,
  kMetadata,
  kParallelToolCalls,
  kToolStrict,
  kImageDetail,
  kThoughts,  // of earlier turns
  kToolError,
};

// Returns what a client of `protocol` calls the field. Thread-safe.
std::string_view FieldName(ChatProtocol protocol, ConversationField field);

// What the answer of a client's request is written with.
struct AnswerContext {
  const Conversation* request = nullptr;  // what the client asked; never null
  std::string_view request_id;            // of the gateway, for ids that a backend did not give
  std::int64_t created = 0;               // Unix time in seconds
  // The backend that answers: its protocol, and its SignatureOrigin. With an origin, thoughts that
  // the backend did not sign get a mark too, so that they find back to it.
  ChatProtocol backend = ChatProtocol::kChatCompletions;
  std::string origin = {};
};

// Returns the id of a call as a backend gave it, or one made of the gateway's id of the request if
// it gave none: a client names the call by its id when it sends the result. `number`: another one
// for each call of the answer. Thread-safe.
std::string CallIdOf(std::string_view id, std::size_t number, const AnswerContext& context);

// Writes a client's stream from the events of an answer. Worker-bound.
class AnswerStreamWriter : public AnswerSink {
 public:
  // Returns what the client has been told of the answer; empty in a protocol whose errors do not
  // say it.
  virtual BegunAnswer begun() const { return {}; }
  // Returns whether the answer is longer than what a writer keeps of it, in a protocol whose end
  // repeats the answer. The writer then ignores all events, and the caller ends the stream with an
  // error.
  virtual bool too_long() const { return false; }
};

// Reads a backend's streamed answer, without I/O, split anywhere; the events do not depend on where
// the bytes were split. After an error or the end, bytes are ignored. Worker-bound.
class AnswerStreamReader {
 public:
  virtual ~AnswerStreamReader() = default;
  virtual void Feed(std::string_view bytes, AnswerSink& sink) = 0;
  virtual bool ended() const = 0;  // kEnd or kError was handed over, or malformed()
  // Returns whether it is not a stream of its protocol, or an event is too long, or it ended
  // without its finish after events were left out.
  virtual bool malformed() const = 0;
  // Number of events behind the first that are not in the form of the protocol. They are left out.
  // More than kMostLeftOut make the stream malformed.
  virtual std::int64_t left_out() const = 0;

  // Returns whether a call of a tool has come in part and may not have been handed over.
  virtual bool announces_call() const { return false; }

  // Two members for a protocol whose stream may be whole without its end: chat completions of some
  // servers lack [DONE].
  //
  // Returns whether the answer has ended, although its end may be missing.
  virtual bool finished() const { return false; }
  // Hands over what is missing up to kEnd. REQUIRES: finished(); !ended().
  virtual void EndAtClose(AnswerSink& /*sink*/) {}
  // Returns the usage as far as it came, for a stream that broke: also what has not been handed
  // over, and what was generated behind the last report. Empty if the protocol reports usage with
  // the end alone.
  virtual AnswerUsage usage() const { return {}; }

  // Returns the number of events that carried generated content, as PassingEvents counts them: of
  // the backend's stream, so that times and estimates do not depend on who the client is.
  std::int64_t token_events() const { return token_events_; }

 protected:
  void CountToken() { ++token_events_; }

 private:
  std::int64_t token_events_ = 0;
};

}  // namespace headgate::backends
