#include "routing/topic.h"

#include <algorithm>
#include <cstddef>

#include "routing/coding_tools.h"
#include "routing/text_structure.h"

namespace headgate::routing {
namespace {

// How far the structure of a text is read, so that a prompt of any size costs the same few
// microseconds: 8 KiB in all.
constexpr std::size_t kLastUserBytes = 6144;
constexpr std::size_t kOtherBytes = 2048;
constexpr std::size_t kOtherPieceBytes = 1024;
constexpr int kOtherPieces = 16;
// What other messages show may be over by now.
constexpr float kOtherDiscount = 0.75f;

bool IsUsers(const TextPiece& piece) {
  return piece.role == Role::kUser || piece.role == Role::kPrompt;
}

TopicVerdict Verdict(Structure structure) {
  switch (structure) {
    case Structure::kDiff:
      return {Topic::kCode, 0.95f, Reason::kDiff};
    case Structure::kStackTrace:
      return {Topic::kCode, 0.95f, Reason::kStackTrace};
    case Structure::kFence:
      return {Topic::kCode, 0.9f, Reason::kFence};
    case Structure::kCodeDensity:
      return {Topic::kCode, 0.85f, Reason::kCodeDensity};
    case Structure::kMathNotation:
      return {Topic::kMath, 0.85f, Reason::kMathNotation};
    case Structure::kNone:
      break;
  }
  return {Topic::kGeneral, 0.25f, Reason::kDefault};
}

// Data that a tool returns has the density of code without being any.
bool Counts(Structure structure, Role role) {
  if (structure == Structure::kNone) return false;
  return role != Role::kTool || structure == Structure::kDiff ||
         structure == Structure::kStackTrace;
}

TopicVerdict TopicOfTexts(const std::vector<TextPiece>& texts) {
  // What the user said last: a message may have several pieces, which stand together.
  const auto last = std::find_if(texts.rbegin(), texts.rend(), IsUsers);
  const auto first = std::find_if_not(last, texts.rend(), IsUsers);
  TextShape shape;
  std::size_t budget = kLastUserBytes;
  for (auto piece = last; piece != first && budget > 0; ++piece) {
    budget -= AddShape(piece->text, budget, shape);
  }
  const Structure structure = Judge(shape);
  if (structure != Structure::kNone) return Verdict(structure);

  budget = kOtherBytes;
  int pieces = 0;
  for (auto piece = texts.rbegin(); piece != texts.rend() && budget > 0; ++piece) {
    if (piece == last) {
      piece = first;
      if (piece == texts.rend()) break;
    }
    if (piece->role == Role::kSystem) continue;
    if (++pieces > kOtherPieces) break;
    TextShape other;
    budget -= AddShape(piece->text, std::min(budget, kOtherPieceBytes), other);
    const Structure found = Judge(other);
    if (!Counts(found, piece->role)) continue;
    TopicVerdict verdict = Verdict(found);
    verdict.confidence *= kOtherDiscount;
    return verdict;
  }
  return Verdict(Structure::kNone);
}

}  // namespace

TopicVerdict ClassifyTopic(const Signals& signals, std::optional<Class> explicit_class,
                           bool fill_in_the_middle) {
  if (explicit_class == Class::kCode) return {Topic::kCode, 1, Reason::kExplicit};
  if (explicit_class == Class::kGeneral) return {Topic::kGeneral, 1, Reason::kExplicit};
  if (signals.endpoint == Endpoint::kEmbeddings) {
    return {Topic::kGeneral, 0.25f, Reason::kEndpoint};
  }
  if (fill_in_the_middle) return {Topic::kCode, 0.9f, Reason::kFillInTheMiddle};
  if (AreCodingTools(signals.tool_names)) {
    return signals.tool_loop ? TopicVerdict{Topic::kCode, 0.95f, Reason::kToolLoop}
                             : TopicVerdict{Topic::kCode, 0.9f, Reason::kCodingTools};
  }
  return TopicOfTexts(signals.texts);
}

}  // namespace headgate::routing
