#include "backends/protocols/openai_chat/chunks/call_order.h"

#include <algorithm>

#include "backends/protocols/openai_chat/body/wire_words.h"
#include "config/base/text.h"

namespace headgate::backends::openai_chat {
namespace {

constexpr std::string_view kNull = "null";
constexpr std::size_t kMostCalls = 256;
constexpr std::size_t kLongestIdStart = 48;  // ids of 64 characters suit every protocol

// Returns whether a text that may go on is blank or null so far.
bool MaySayNothing(std::string_view text) {
  const std::size_t size = text.size();
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), size));
  if (text.size() <= kNull.size()) return kNull.starts_with(text);
  return text.starts_with(kNull) && config::Trim(text) == kNull;
}

bool SuitsId(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

void ObjectProgress::Add(std::string_view piece) {
  for (const char c : piece) {
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      complete_ |= --depth_ == 0;
    }
  }
}

void CallOrder::SetAnswerId(std::string_view answer_id) {
  id_start_ = "call_";
  for (const char c : answer_id.substr(0, kLongestIdStart)) {
    if (SuitsId(c)) id_start_ += c;
  }
  if (!answer_id.empty()) id_start_ += '_';
}

void CallOrder::Take(const CallFragment& fragment, AnswerSink& sink) {
  if (fragment.id.empty() && fragment.name.empty() && fragment.arguments.empty()) return;
  const std::size_t place = Find(fragment);
  if (place < at_ || place == calls_.size()) return;  // behind the end of its call, or too many
  Call& call = calls_[place];
  if (call.id.empty()) call.id = fragment.id;
  // Some servers repeat the whole name.
  if (!call.begun && fragment.name != call.name) call.name += fragment.name;
  if (MayBegin(place, fragment.arguments)) Begin(call, sink);
  if (call.begun) {
    HandOver(call, fragment.arguments, sink);
  } else {
    call.waiting += fragment.arguments;
    waiting_ += fragment.arguments.size();
    too_much_ |= waiting_ > kMostWaiting;
  }
  Advance(sink);
}

// Returns whether a call that has not begun is the current one, and its name is whole.
bool CallOrder::MayBegin(std::size_t place, std::string_view arguments) const {
  const Call& call = calls_[place];
  return place == at_ && !call.begun && !call.name.empty() &&
         (!arguments.empty() || !call.waiting.empty() || place + 1 < calls_.size());
}

// Ends the current call when it is whole and another one has begun, which is then the current one.
void CallOrder::Advance(AnswerSink& sink) {
  if (open() && MayBegin(at_, {})) Begin(calls_[at_], sink);
  while (at_ + 1 < calls_.size() && calls_[at_].begun && calls_[at_].progress.complete()) {
    End(calls_[at_++], sink);
    if (MayBegin(at_, {})) Begin(calls_[at_], sink);
  }
}

void CallOrder::EndWhole(AnswerSink& sink) {
  if (at_ + 1 == calls_.size() && calls_[at_].begun && calls_[at_].progress.complete()) {
    End(calls_[at_++], sink);
  }
}

void CallOrder::Finish(AnswerSink& sink) {
  for (; at_ < calls_.size(); ++at_) {
    Call& call = calls_[at_];
    if (!call.begun && !call.name.empty()) Begin(call, sink);
    if (call.begun) End(call, sink);
    nameless_ |= !call.begun;
  }
}

std::size_t CallOrder::Find(const CallFragment& fragment) {
  const std::size_t last = calls_.size() - 1;
  if (fragment.index != CallFragment::kNoIndex) {
    for (std::size_t i = calls_.size(); i-- > 0;) {
      const Call& call = calls_[i];
      if (call.index != fragment.index) continue;
      const bool other = !fragment.id.empty() && !fragment.name.empty() && !call.id.empty() &&
                         fragment.id != call.id;
      return other ? NewCall(fragment) : i;
    }
    return NewCall(fragment);
  }
  for (std::size_t i = calls_.size(); !fragment.id.empty() && i-- > 0;) {
    if (calls_[i].id == fragment.id) return i;
  }
  const bool begins = !fragment.name.empty() && (calls_.empty() || !calls_[last].name.empty());
  return begins || calls_.empty() ? NewCall(fragment) : last;
}

std::size_t CallOrder::NewCall(const CallFragment& fragment) {
  if (calls_.size() == kMostCalls) {
    too_much_ = true;
    return calls_.size();
  }
  calls_.emplace_back().index = fragment.index;
  return calls_.size() - 1;
}

void CallOrder::Begin(Call& call, AnswerSink& sink) {
  if (call.id.empty()) call.id = id_start_ + std::to_string(begun_);
  ++begun_;
  call.begun = true;
  AnswerEvent event = EventOf(AnswerEvent::Kind::kToolCall);
  event.id = call.id;
  event.name = call.name;
  sink.On(event);
  waiting_ -= call.waiting.size();
  HandOver(call, call.waiting, sink);
  call.waiting = {};
}

void CallOrder::HandOver(Call& call, std::string_view arguments, AnswerSink& sink) {
  if (arguments.empty()) return;
  if (call.has_arguments) return Tell(call, arguments, sink);
  if (call.held.empty() && !MaySayNothing(arguments)) return Tell(call, arguments, sink);
  call.held += arguments;
  if (!MaySayNothing(call.held)) Tell(call, call.held, sink);
}

void CallOrder::Tell(Call& call, std::string_view arguments, AnswerSink& sink) {
  call.has_arguments = true;
  call.progress.Add(arguments);
  sink.On(EventOf(AnswerEvent::Kind::kToolArguments, arguments));
}

void CallOrder::End(Call& call, AnswerSink& sink) {
  // Servers write "", " " or "null" for a call without arguments. They are an object all the same.
  const std::string_view held = config::Trim(call.held);
  if (!call.has_arguments) Tell(call, held.empty() || held == kNull ? "{}" : held, sink);
  sink.On(EventOf(AnswerEvent::Kind::kPartEnd));
}

}  // namespace headgate::backends::openai_chat
