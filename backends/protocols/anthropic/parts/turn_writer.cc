#include "backends/protocols/anthropic/parts/turn_writer.h"

#include <algorithm>
#include <string_view>

#include "backends/protocols/anthropic/parts/part_writer.h"
#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/white_space.h"

namespace headgate::backends::anthropic {
namespace {

using PartKind = ContentPart::Kind;
using Piece = MergedMessage::Piece;

bool CanBeSent(const ContentPart& part, const BackendTraits& traits) {
  switch (part.kind) {
    case PartKind::kText:
    case PartKind::kRefusal:
      return HasWords(part.text);
    case PartKind::kThinking:
    case PartKind::kHiddenThinking:
      return !part.signature.text.empty() && traits.Wrote(part.signature, ChatProtocol::kMessages);
    default:
      return true;
  }
}

// Names what is left out of a part, or with it.
void NoteLosses(const ContentPart& part, const BackendTraits& traits, ChatProtocol protocol,
                DroppedFields& dropped) {
  const bool thought = part.kind == PartKind::kThinking || part.kind == PartKind::kHiddenThinking;
  if (thought && !CanBeSent(part, traits)) {
    dropped.emplace(FieldName(protocol, ConversationField::kThoughts));
  }
  if (part.kind == PartKind::kImage && !part.image_detail.empty() && part.image_detail != "auto") {
    dropped.emplace(FieldName(protocol, ConversationField::kImageDetail));
  }
  for (const ContentPart& inner : part.result) NoteLosses(inner, traits, protocol, dropped);
}

// A system's note in a user's message.
std::string NoteOf(const ContentPart& part) {
  return std::string("<system>\n").append(part.text).append("\n</system>");
}

std::string_view WithoutEndSpace(std::string_view text) {
  while (!text.empty() && json::IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool IsText(const ContentPart& part) {
  return part.kind == PartKind::kText || part.kind == PartKind::kRefusal;
}

std::optional<BodyProblem> AppendPieces(const std::vector<Piece>& pieces, bool prefill,
                                        std::string& out) {
  out += '[';
  for (const Piece& piece : pieces) {
    const ContentPart& part = *piece.part;
    if (&piece != &pieces.front()) out += ',';
    if (piece.from_system) {
      AppendTextBlock(NoteOf(part), part.cache_control, out);
    } else if (prefill && &piece == &pieces.back() && IsText(part)) {
      AppendTextBlock(WithoutEndSpace(part.text), part.cache_control, out);
    } else if (std::optional<BodyProblem> problem = AppendBlock(part, out)) {
      return problem;
    }
  }
  out += ']';
  return std::nullopt;
}

std::optional<BodyProblem> AppendMessage(const MergedMessage& message, bool last,
                                         std::string& out) {
  const bool prefill = last && message.assistant;
  out += message.assistant ? R"({"role":"assistant","content":)" : R"({"role":"user","content":)";
  const Piece& first = message.pieces.front();
  if (message.pieces.size() == 1 && !first.from_system && IsText(*first.part) &&
      first.part->cache_control.empty()) {
    const std::string_view text = first.part->text;
    json::AppendJsonString(prefill ? WithoutEndSpace(text) : text, out);
  } else if (std::optional<BodyProblem> problem = AppendPieces(message.pieces, prefill, out)) {
    return problem;
  }
  out += '}';
  return std::nullopt;
}

}  // namespace

std::vector<MergedMessage> MergeTurns(const Conversation& conversation, const BackendTraits& traits,
                                      DroppedFields& dropped) {
  std::vector<MergedMessage> messages;
  for (const Turn& turn : conversation.turns) {
    const bool assistant = turn.role == TurnRole::kAssistant;
    for (const ContentPart& part : turn.parts) {
      NoteLosses(part, traits, conversation.protocol, dropped);
      if (!CanBeSent(part, traits)) continue;
      if (messages.empty() || messages.back().assistant != assistant) {
        messages.push_back({.assistant = assistant, .pieces = {}});
      }
      messages.back().pieces.push_back({&part, turn.role == TurnRole::kSystem});
    }
  }
  for (MergedMessage& message : messages) {
    std::stable_partition(message.pieces.begin(), message.pieces.end(), [](const Piece& piece) {
      return piece.part->kind == PartKind::kToolResult;
    });
  }
  return messages;
}

std::optional<BodyProblem> AppendMessages(const std::vector<MergedMessage>& messages,
                                          std::string& out) {
  out += '[';
  if (messages.front().assistant) out += R"({"role":"user","content":"."},)";
  for (const MergedMessage& message : messages) {
    const bool last = &message == &messages.back();
    if (std::optional<BodyProblem> problem = AppendMessage(message, last, out)) return problem;
    if (!last) out += ',';
  }
  out += ']';
  return std::nullopt;
}

}  // namespace headgate::backends::anthropic
