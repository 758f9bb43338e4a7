#include "loadtest/sim/answers/answer_plan.h"

#include <algorithm>
#include <array>
#include <functional>

#include "loadtest/sim/base/json_text.h"

namespace headgate::loadtest::sim {
namespace {

using Kind = AnswerPart::Kind;

constexpr std::string_view kSigned = "headgate-sim-";

std::string Sign(const std::string& thinking) {
  return std::string(kSigned) + Hex(std::hash<std::string>{}(thinking));
}

FinishReason ReasonOf(std::string_view name) {
  constexpr std::array<FinishReason, kFinishNames.size()> kReasons{
      FinishReason::kStopSequence, FinishReason::kRefusal, FinishReason::kPause,
      FinishReason::kContext};
  const auto* found = std::find(kFinishNames.begin(), kFinishNames.end(), name);
  return kReasons.at(static_cast<std::size_t>(found - kFinishNames.begin()));
}

// Collects the parts of an answer, up to the request's limit of tokens.
class Planner {
 public:
  // `prefix` is the text that the client already has; the answer goes on behind it.
  Planner(std::int64_t limit, std::string prefix) : left_(limit), prefix_(std::move(prefix)) {}

  void Thinking(std::string text, std::string signature) {
    AnswerPart part;
    part.kind = Kind::kThinking;
    if (signature.empty()) signature = Sign(text);
    part.signature = std::move(signature);
    Add(std::move(part), Answer::Of(std::move(text), left_), false);
  }

  void RedactedThinking(const std::string& data) {
    AnswerPart part;
    part.kind = Kind::kThinking;
    part.signature = data;
    part.redacted = true;
    Add(std::move(part), Answer::Of(data, left_), false);
  }

  void CannedThinking(std::int64_t tokens) {
    Answer words = Answer::Canned(tokens);
    std::string text;
    for (std::int64_t i = 0; i < tokens; ++i) text += words.Next();
    AnswerPart part;
    part.kind = Kind::kThinking;
    part.signature = Sign(text);
    Add(std::move(part), Answer::Canned(std::min(tokens, left_)), tokens > left_);
  }

  // Adds at most `most` tokens of `text`.
  void Text(std::string text, std::int64_t most) { AddText(Answer::Of(std::move(text), most)); }

  void Words(std::int64_t tokens) { AddText(Answer::Canned(tokens)); }

  // Adds `bytes` bytes of text. The limit of tokens does not apply.
  void Huge(std::int64_t bytes) {
    Answer text = Answer::Huge(bytes);
    text.ContinueBehind(prefix_);
    Add({}, std::move(text), false);
  }

  void Call(ToolCall call) {
    AnswerPart part;
    part.kind = Kind::kToolCall;
    // The first token is the name of the call. Four spaces in front of the arguments stand for it.
    std::string text = std::string(4, ' ') + call.arguments;
    part.call = std::move(call);
    Add(std::move(part), Answer::Of(std::move(text), left_), false);
  }

  // Returns the plan. `finish` is the reason that the fault asks for, or empty.
  AnswerPlan Take(std::string_view finish) {
    if (!finish.empty()) {
      plan_.reason = ReasonOf(finish);
    } else if (cut_off_) {
      plan_.reason = FinishReason::kLength;
    } else if (!plan_.parts.empty() && plan_.parts.back().part.kind == Kind::kToolCall) {
      plan_.reason = FinishReason::kToolCalls;
    }
    return std::move(plan_);
  }

 private:
  void Add(AnswerPart part, Answer pieces, bool cut_off) {
    if (cut_off_) return;
    cut_off_ = cut_off || pieces.truncated();
    plan_.tokens += pieces.tokens();
    left_ -= std::min(left_, pieces.tokens());
    if (pieces.tokens() > 0) plan_.parts.push_back({std::move(part), std::move(pieces)});
  }

  // A text that does not start with the prefix is given whole, so that a wrong prefix shows.
  void AddText(Answer text) {
    text.ContinueBehind(prefix_);
    text.Limit(left_);
    Add({}, std::move(text), false);
  }

  AnswerPlan plan_;
  std::int64_t left_;
  std::string prefix_;
  bool cut_off_ = false;
};

void Follow(const ScriptStep& step, const CompletionRequest& request, Planner& planner) {
  if (!step.thinking.empty()) planner.Thinking(step.thinking, step.signature);
  if (!step.redacted.empty()) planner.RedactedThinking(step.redacted);
  if (!step.text.empty()) planner.Text(step.text, Answer::kNoLimit);
  for (ToolCall call : step.calls) {
    for (const OfferedTool& tool : request.tools) {
      if (tool.name == call.name) call.custom = tool.custom;
    }
    planner.Call(std::move(call));
  }
}

}  // namespace

bool IsOwnSignature(std::string_view signature) { return signature.starts_with(kSigned); }

AnswerPlan PlanAnswer(CompletionRequest& request, const Fault& fault, const ScriptStep* step,
                      Replica& replica, std::string_view raw_body) {
  if (request.endpoint == Endpoint::kEmbeddings) return {};
  // A server that repeats the prefix gives the whole answer.
  if (replica.options.prefill_repeats) request.prefix.clear();
  Planner planner(request.max_tokens.value_or(Answer::kNoLimit), std::move(request.prefix));
  std::string said = std::move(request.last_user_text);
  request.last_user_text = {};
  if (fault.thinking) planner.CannedThinking(*fault.thinking);
  if (step != nullptr) {
    Follow(*step, request, planner);
  } else if (request.tool_call) {
    planner.Call(*request.tool_call);
  } else if (fault.echo_body) {
    planner.Text(std::string(raw_body), Answer::kNoLimit);
  } else if (fault.huge) {
    planner.Huge(*fault.huge);
  } else if (replica.options.echo) {
    planner.Text(std::move(said), fault.tokens.value_or(Answer::kNoLimit));
  } else {
    planner.Words(fault.tokens ? *fault.tokens
                               : replica.options.tokens.SampleCount(replica.random));
  }
  return planner.Take(fault.finish);
}

}  // namespace headgate::loadtest::sim
