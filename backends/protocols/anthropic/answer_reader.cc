#include "backends/protocols/anthropic/answer_reader.h"

#include <simdjson.h>

#include <optional>
#include <string>

#include "backends/protocols/anthropic/answer_values.h"
#include "backends/protocols/anthropic/parts/block_fields.h"
#include "backends/protocols/anthropic/parts/json_value.h"
#include "backends/protocols/anthropic/parts/message_usage.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/members.h"
#include "backends/protocols/json/object_reader.h"

namespace headgate::backends::anthropic {
namespace {

using EventKind = AnswerEvent::Kind;
using simdjson::SUCCESS;

// What stands beside the content. The tokens are valid as long as the body.
struct Envelope {
  BlockFields fields;
  MessageUsage usage;
  bool has_content = false;
};

bool ReadEnvelope(simdjson::ondemand::object root, Envelope& envelope) {
  for (auto member : root) {
    std::string_view key;
    simdjson::ondemand::value value;
    if (member.error() != SUCCESS || member.value().get(value) != SUCCESS) return false;
    if (member.unescaped_key().get(key) != SUCCESS) continue;
    simdjson::ondemand::object object;
    if (key == "content") {
      envelope.has_content = json::TokenOf(value).starts_with('[');
    } else if (key == "usage") {
      if (value.get_object().get(object) == SUCCESS) envelope.usage.Learn(object);
    } else if (!ReadBlockField(key, value, envelope.fields)) {
      return false;
    }
  }
  return envelope.has_content && envelope.fields.type != "\"error\"";
}

class BlockTeller {
 public:
  explicit BlockTeller(AnswerSink& sink) : sink_(sink) {}

  void Tell(const BlockFields& block);
  // Returns whether there was a text.
  bool Text(EventKind kind, std::string_view token) {
    const std::string_view text = TokenText(token, buffer_);
    if (!text.empty()) sink_.On({.kind = kind, .text = text});
    return !text.empty();
  }
  void End() { sink_.On({.kind = EventKind::kPartEnd}); }
  bool calls() const { return calls_; }
  bool nameless() const { return nameless_; }

 private:
  void Call(const BlockFields& block);

  AnswerSink& sink_;
  std::string buffer_;
  std::string name_;
  bool calls_ = false;
  bool nameless_ = false;
};

void BlockTeller::Tell(const BlockFields& block) {
  if (block.type == "\"text\"") {
    Text(EventKind::kText, block.text);
  } else if (block.type == "\"thinking\"") {
    Text(EventKind::kThinking, block.thinking);
    Text(EventKind::kSignature, block.signature);
  } else if (block.type == "\"redacted_thinking\"") {
    Text(EventKind::kSignature, block.data);
  } else if (block.type == "\"tool_use\"") {
    Call(block);
  } else {
    return;
  }
  End();
}

void BlockTeller::Call(const BlockFields& block) {
  calls_ = true;
  const std::string_view id = TokenText(block.id, buffer_);
  const std::string_view name = TokenText(block.name, name_);
  nameless_ |= name.empty();
  sink_.On({.kind = EventKind::kToolCall, .id = id, .name = name});
  const std::string_view input = InputObject(block.input, buffer_);
  sink_.On(
      {.kind = EventKind::kToolArguments, .text = input.empty() ? std::string_view("{}") : input});
}

void TellContent(simdjson::ondemand::array content, BlockTeller& teller) {
  for (auto element : content) {
    simdjson::ondemand::value value;
    BlockFields block;
    if (element.get(value) != SUCCESS || !ReadBlockFields(value, block)) return;
    teller.Tell(block);
  }
}

// Tells the answer from its second reading, so that the order of its members does not matter.
// Returns false if it calls a tool without its name, which means what cannot be told, unless the
// answer was cut.
bool TellAnswer(const Envelope& envelope, simdjson::ondemand::object root, AnswerSink& sink) {
  std::string id;
  std::string model;
  sink.On({.kind = EventKind::kStart,
           .id = TokenText(envelope.fields.id, id),
           .model = TokenText(envelope.fields.model, model)});
  BlockTeller teller(sink);
  simdjson::ondemand::array content;
  if (root["content"].get_array().get(content) == SUCCESS) TellContent(content, teller);
  if (teller.Text(EventKind::kRefusal, envelope.fields.explanation)) teller.End();
  const AnswerUsage usage = envelope.usage.Usage();
  if (envelope.usage.known()) sink.On({.kind = EventKind::kUsage, .usage = &usage});
  std::string stop;
  std::optional<FinishReason> finish = ReadStopReason(TokenText(envelope.fields.stop_reason, stop));
  if (teller.nameless() && finish != FinishReason::kLength) return false;
  const FinishReason guess = teller.calls() ? FinishReason::kToolCalls : FinishReason::kStop;
  const std::string_view sequence = TokenText(envelope.fields.stop_sequence, stop);
  sink.On(
      {.kind = EventKind::kFinish, .stop_sequence = sequence, .finish = finish.value_or(guess)});
  sink.On({.kind = EventKind::kEnd});
  return true;
}

}  // namespace

bool ReadAnswer(std::string_view body, AnswerSink& sink) {
  thread_local JsonText first;
  thread_local JsonText second;
  body = json::WithoutLead(body);
  if (!json::IsWholeObject(body)) return false;
  simdjson::ondemand::object root;
  simdjson::ondemand::object again;
  Envelope envelope;
  const bool good = first.Open(body, root) && ReadEnvelope(root, envelope) &&
                    second.Open(body, again) && TellAnswer(envelope, again, sink);
  first.Trim();
  second.Trim();
  return good;
}

}  // namespace headgate::backends::anthropic
