#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backends/protocols/openai_chat/chunks/chunk_reader.h"
#include "backends/protocols/values/answer_event.h"

namespace headgate::backends::openai_chat {

// Follows one JSON text that comes in pieces, to see where its object ends.
class ObjectProgress {
 public:
  void Add(std::string_view piece);
  bool complete() const { return complete_; }

 private:
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  bool complete_ = false;
};

// Puts the fragments of an answer's tool calls into order: calls one after another, in the order in
// which they began. The first call passes at once. Fragments of a later call wait until the
// arguments of the calls before it are whole, or until Finish.
//
// A fragment belongs to the call with its index. Servers leave the index out, leave the id out,
// give all calls the index 0, or repeat id and name in each fragment: a fragment without an index
// belongs to the call with its id, or else begins a call if it has a name. A name may come in
// pieces, so a call is told when its arguments or the next call come. Worker-bound.
class CallOrder {
 public:
  // Bytes that may wait.
  static constexpr std::size_t kMostWaiting = 8u << 20;

  // `answer_id`: what the ids of calls without one are made of.
  void SetAnswerId(std::string_view answer_id);

  // Takes the next fragment.
  void Take(const CallFragment& fragment, AnswerSink& sink);
  // Ends the calls that are not ended, and hands over what waits. Calls without a name are left
  // out.
  void Finish(AnswerSink& sink);
  // Ends the current call if its arguments are whole and no other one waits.
  void EndWhole(AnswerSink& sink);

  bool any() const { return begun_ > 0; }
  // Returns whether a call has come, be it only a part of its name.
  bool announced() const { return !calls_.empty(); }
  // A call has begun and has not ended.
  bool open() const { return at_ < calls_.size(); }
  // Finish has left out a call.
  bool nameless() const { return nameless_; }
  // There are too many calls, or too many bytes wait.
  bool too_much() const { return too_much_; }

 private:
  struct Call {
    std::int64_t index = CallFragment::kNoIndex;
    std::string id;
    std::string name;
    std::string waiting;
    std::string held;  // of a call that has begun: arguments that say nothing so far
    ObjectProgress progress;
    bool begun = false;
    bool has_arguments = false;
  };

  std::size_t Find(const CallFragment& fragment);
  std::size_t NewCall(const CallFragment& fragment);
  void Advance(AnswerSink& sink);
  void Begin(Call& call, AnswerSink& sink);
  bool MayBegin(std::size_t place, std::string_view arguments) const;
  static void Tell(Call& call, std::string_view arguments, AnswerSink& sink);
  static void HandOver(Call& call, std::string_view arguments, AnswerSink& sink);
  void End(Call& call, AnswerSink& sink);

  std::vector<Call> calls_;
  std::size_t at_ = 0;  // calls before it have ended
  std::size_t begun_ = 0;
  std::size_t waiting_ = 0;
  std::string id_start_ = "call_";
  bool nameless_ = false;
  bool too_much_ = false;
};

}  // namespace headgate::backends::openai_chat
