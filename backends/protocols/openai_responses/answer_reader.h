#pragma once

#include <string>
#include <string_view>

#include "backends/protocols/json/members.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_responses {

// Reads a whole answer of status 200, a `response` object, as events from kStart to kEnd. A
// response that failed ends in kError with its error. Returns false, without an event, if `body` is
// not such an object or is still being worked on. Thread-safe.
bool ReadAnswer(std::string_view body, AnswerSink& sink);

// The events of what is said in one piece, in a whole answer or in a stream. Views of JSON are
// followed by 64 readable bytes. Worker-bound.
class ResponseReading {
 public:
  // Where events go from now on. REQUIRES: called before all others.
  void Use(AnswerSink& sink) { sink_ = &sink; }

  // Emits an item of `output`, from its first event to its last kPartEnd. Skips what other
  // protocols do not have, such as calls of tools that ran at the backend.
  void EmitItem(std::string_view value);
  // Emits the begin of a call.
  void EmitCall(const json::Members& item);
  void EmitSignature(std::string_view encrypted_content);
  void Emit(AnswerEvent::Kind kind, std::string_view text = {});
  // Emits the id and the model of a response.
  void EmitStart(const json::Members& response);
  // Emits kUsage, kFinish and kEnd, or kError, as the members of a response that is over say.
  // `incomplete`: known without them. Returns false, and emits no end, if a tool was called without
  // its name, which means what cannot be told, unless the answer was cut.
  bool EmitEnd(const json::Members& response, bool incomplete = false);
  // Emits kUsage, if the response has one, and {"error": …} as kError.
  void EmitFailure(const json::Members& response);

  void NoteCall() { called_ = true; }
  void NoteRefusal() { refused_ = true; }

 private:
  void EmitMessage(const json::Members& item);
  void EmitThought(const json::Members& item);
  void EmitUsage(const json::Members& response);
  void EmitTexts(std::string_view list, bool& begun);

  AnswerSink* sink_ = nullptr;
  bool called_ = false;
  bool nameless_ = false;
  bool refused_ = false;
};

// Returns the text of a member; empty if it is not a string. Thread-safe.
std::string TextOf(const json::Members& members, std::string_view name);

// The arguments of a call as a JSON object, from an item that is a call of a function or of a
// custom tool. Thread-safe.
std::string ArgumentsOf(const json::Members& item);

}  // namespace headgate::backends::openai_responses
