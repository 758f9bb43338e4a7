#include "backends/protocols/openai_responses/stream/piece_event.h"

namespace headgate::backends::openai_responses {
namespace {

using EventKind = AnswerEvent::Kind;

constexpr std::string_view kSummaryIndex = "summary_index";

// By how often they come.
constexpr PieceEvent kPieceEvents[] = {
    {R"("response.output_text.delta")", EventKind::kText, ItemKind::kMessage, "content_index",
     "delta", false},
    {R"("response.function_call_arguments.delta")",
     EventKind::kToolArguments,
     ItemKind::kFunction,
     {},
     "delta",
     false},
    {R"("response.reasoning_summary_text.delta")", EventKind::kThinking, ItemKind::kThought,
     kSummaryIndex, "delta", false},
    {R"("response.reasoning_text.delta")", EventKind::kThinking, ItemKind::kThought,
     "content_index", "delta", false},
    {R"("response.refusal.delta")", EventKind::kRefusal, ItemKind::kMessage, "content_index",
     "delta", false},
    {R"("response.output_text.done")", EventKind::kText, ItemKind::kMessage, "content_index",
     "text", true},
    {R"("response.function_call_arguments.done")",
     EventKind::kToolArguments,
     ItemKind::kFunction,
     {},
     "arguments",
     true},
    {R"("response.reasoning_summary_text.done")", EventKind::kThinking, ItemKind::kThought,
     kSummaryIndex, "text", true},
    {R"("response.reasoning_text.done")", EventKind::kThinking, ItemKind::kThought, "content_index",
     "text", true},
    {R"("response.refusal.done")", EventKind::kRefusal, ItemKind::kMessage, "content_index",
     "refusal", true},
};

}  // namespace

const PieceEvent* PieceEventOf(std::string_view type) {
  for (const PieceEvent& piece : kPieceEvents) {
    if (piece.type == type) return &piece;
  }
  return nullptr;
}

std::string_view PartIn(const json::Members& event, const PieceEvent& piece, std::string& name) {
  name.clear();
  if (piece.index.empty()) return name;
  const std::string_view index = event.Find(piece.index);
  if (!json::IsNumber(index)) return name;
  if (piece.item == ItemKind::kThought) {
    const bool summary = piece.index == kSummaryIndex;
    name.push_back(static_cast<char>(summary ? PartList::kSummary : PartList::kContent));
  }
  return name.append(index);
}

}  // namespace headgate::backends::openai_responses
