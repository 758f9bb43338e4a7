#include "routing/classify/topic.h"

#include <algorithm>
#include <cstddef>

#include "config/base/uninitialized.h"
#include "routing/ask/ask_text.h"
#include "routing/ask/technical_lines.h"
#include "routing/classify/coding_tools.h"
#include "routing/classify/model_reader.h"
#include "routing/text/text_structure.h"

namespace headgate::routing {
namespace {

// How much of the texts is read for structure, 10 KiB in all, so that a prompt of any size costs
// the same few microseconds.
constexpr std::size_t kLastUserBytes = kShapeBytes;
constexpr std::size_t kOtherBytes = 2048;
constexpr std::size_t kOtherPieceBytes = 1024;
constexpr int kOtherPieces = 16;
constexpr int kLastPieces = 16;
constexpr int kTechnical = 2;  // lines; a single one may be a sentence that looks like it
// Older messages may be about finished work.
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

// Data that a tool returns is as dense as code, but is not code.
bool Counts(Structure structure, Role role) {
  if (structure == Structure::kNone) return false;
  return role != Role::kTool || structure == Structure::kDiff ||
         structure == Structure::kStackTrace;
}

using Texts = std::vector<TextPiece>;
using Backwards = Texts::const_reverse_iterator;

// The structure that these messages show, and its confidence.
TopicVerdict StructureOf(Backwards piece, const Backwards& end) {
  std::size_t budget = kOtherBytes;
  int pieces = 0;
  for (; piece != end && budget > 0; ++piece) {
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

// All messages except the last user message; those after it come first.
TopicVerdict StructureOfOthers(const Texts& texts, const Backwards& last, const Backwards& first) {
  const TopicVerdict newer = StructureOf(texts.rbegin(), last);
  return newer.reason != Reason::kDefault ? newer : StructureOf(first, texts.rend());
}

// What the user's earlier messages, the newest first, and then the system prompt add to an unclear
// last message. `weight` is that of an earlier message; the system prompt has half of it.
void AddOthers(const Texts& texts, const Backwards& first, float weight, ModelReader& model) {
  constexpr int kEarlier = 3;
  int earlier = 0;
  int systems = 0;
  for (auto piece = first; piece != texts.rend(); ++piece) {
    const bool system = piece->role == Role::kSystem;
    if (!system && !IsUsers(*piece)) continue;
    if (++(system ? systems : earlier) > kEarlier) continue;
    TextShape shape;
    const std::string_view text = piece->text.substr(0, kOtherPieceBytes);
    AddShape(text, kOtherPieceBytes, shape);
    model.Add(text, shape, system ? weight / 2 : weight);
  }
}

// A follow-up gets the topic of its conversation, else that of the earlier messages of the user.
TopicVerdict Inherited(const Signals& signals, const Backwards& last, const Backwards& first,
                       const ClassifierOptions& options) {
  constexpr float kInherited = 0.8f;
  if (signals.conversation_topic)
    return {*signals.conversation_topic, kInherited, Reason::kSession};
  const TopicVerdict structure = StructureOfOthers(signals.texts, last, first);
  if (structure.reason != Reason::kDefault) return structure;
  HEADGATE_UNINITIALIZED ModelReader model(options);
  AddOthers(signals.texts, first, 1, model);
  TopicVerdict verdict = model.Verdict();
  if (verdict.reason == Reason::kModel) verdict.reason = Reason::kSession;
  return verdict;
}

// The last user message, which may have several adjacent pieces.
struct LastMessage {
  Backwards last;   // its last piece
  Backwards first;  // the piece before its first piece
  TextShape shape;
  AskText ask;
};

LastMessage ReadLast(const Texts& texts) {
  HEADGATE_UNINITIALIZED LastMessage message;
  message.last = std::find_if(texts.rbegin(), texts.rend(), IsUsers);
  message.first = std::find_if_not(message.last, texts.rend(), IsUsers);
  std::size_t budget = kLastUserBytes;
  int pieces = 0;
  for (auto piece = message.last; piece != message.first && budget > 0; ++piece) {
    if (++pieces > kLastPieces) break;
    budget -= AddShape(piece->text, budget, message.shape);
  }
  pieces = 0;
  for (auto piece = message.last; piece != message.first && ++pieces <= kLastPieces; ++piece) {
    AddAsk(piece->text, message.shape, message.ask);
  }
  return message;
}

// What the ask alone says.
struct Asked {
  TopicVerdict verdict;
  int words = 0;
  float not_code = 0;  // the probability of the topics that are not code
  float not_math = 0;
};

// The number of words of what was added. A word of Chinese or Japanese has two characters or so.
int WordsIn(const ModelReader& model) {
  return model.script() == Script::kCjk ? model.words() / 2 : model.words();
}

// Nothing if the ask is bare.
std::optional<Asked> VerdictOfAsk(const AskText& ask, ModelReader& model) {
  constexpr float kBareAsk = 0.5f;
  TextShape shape;
  AddShape(ask.text(), AskText::kMost, shape);
  model.Add(ask.text(), shape, 1);
  if (model.words() == 0 || model.BareProbability() >= kBareAsk) return std::nullopt;
  return Asked{model.Verdict(), WordsIn(model), model.ProbabilityOfOthers(Topic::kCode),
               model.ProbabilityOfOthers(Topic::kMath)};
}

// What the words of the last message say: of the ask as far as it says something, and of the whole
// message. A short message without material is all ask.
TopicVerdict WordsOf(const LastMessage& message, bool asks, ModelReader& model) {
  constexpr float kOfAsk = 0.7f;
  model.Clear();
  if (asks) model.AddLast(kOfAsk);
  const float weight = asks ? 1 - kOfAsk : 1;
  std::size_t bytes = 0;
  int pieces = 0;
  for (auto piece = message.last; piece != message.first && bytes < kFeatureBytes; ++piece) {
    if (++pieces > kLastPieces) break;
    model.Add(piece->text, message.shape, weight);
    bytes += piece->text.size();
  }
  return model.Verdict();
}

// Whether an ask about something that is built like `structure` is about another topic. The model
// need not know which one, but an operator may ask for more certainty.
bool AsksElse(const std::optional<Asked>& asked, Topic structure,
              const ClassifierOptions& options) {
  constexpr float kSureAsk = 0.7f;
  // "Where does it end?" may be about what stands beside it.
  constexpr float kSureShortAsk = 0.88f;
  constexpr int kShortAsk = 7;  // words
  if (!asked || asked->verdict.topic == structure) return false;
  const float others = structure == Topic::kCode ? asked->not_code : asked->not_math;
  const float sure = asked->words <= kShortAsk ? kSureShortAsk : kSureAsk;
  return others >= std::max(sure, options.threshold.value_or(0));
}

// What one of the paragraphs at the ends of the message says by itself, if it is sure of code:
// people ask before or after what they paste, also if that is prose. Prose that is not pasted is
// about code in all its parts. The other topics are not heard this way: the last lines of a task
// of code are often an example, with numbers or a sentence.
std::optional<TopicVerdict> CodeAtAnEnd(const AskText& ask, const TopicVerdict& said,
                                        const ClassifierOptions& options) {
  constexpr float kSureEnd = 0.8f;
  constexpr float kSureWhole = 0.97f;
  constexpr int kFewWords = 4;
  if (ask.paragraphs < 2 || said.topic == Topic::kCode || said.confidence >= kSureWhole) {
    return std::nullopt;
  }
  for (const std::string_view end : {ask.last, ask.first}) {
    if (!MayAsk(end)) continue;
    HEADGATE_UNINITIALIZED ModelReader model(options);
    TextShape shape;
    AddShape(end, end.size(), shape);
    model.Add(end, shape, 1);
    const TopicVerdict verdict = model.Verdict();
    if (model.words() > kFewWords && verdict.topic == Topic::kCode &&
        verdict.confidence >= kSureEnd) {
      return verdict;
    }
  }
  return std::nullopt;
}

// How bare a message must be that the model is not sure of. A new subject is hardly bare at all,
// except in Chinese, Japanese and Korean.
float SomewhatBare(Script script) {
  constexpr float kOthers = 0.015f;
  constexpr float kCjk = 0.3f;
  return script == Script::kCjk ? kCjk : kOthers;
}

// Whether a message after an answer ("yes", "now in German", "fix it", "and if the first one is
// empty?") has too little evidence of its own, so that it gets the topic of the conversation.
bool IsBareFollowUp(const ModelReader& model, const TopicVerdict& said) {
  constexpr int kBare = 3;   // words, or syllables in scripts without blanks
  constexpr int kShort = 8;  // the same
  constexpr int kMiddle = 15;
  constexpr int kLong = 40;
  constexpr float kVeryBare = 0.5f;
  constexpr float kUnsure = 0.65f;
  constexpr float kSureChange = 0.75f;
  if (model.words() <= kBare) return true;
  const bool abstained = said.reason == Reason::kAbstained;
  const bool unsure = abstained || said.confidence < kUnsure;
  if (model.words() <= kShort && unsure) return true;
  const int words = WordsIn(model);
  const float bare = model.BareProbability();
  if (words <= kMiddle && abstained && bare >= SomewhatBare(model.script())) return true;
  return words <= kLong && bare >= kVeryBare && (words <= kShort || said.confidence < kSureChange);
}

TopicVerdict TopicOfTexts(const Signals& signals, const ClassifierOptions& options) {
  const Texts& texts = signals.texts;
  const LastMessage message = ReadLast(texts);
  const Structure structure = Judge(message.shape);
  HEADGATE_UNINITIALIZED ModelReader model(
      options);  // 24 KiB that are written before they are read
  std::optional<Asked> asked;
  if (message.ask.left_out > 0) asked = VerdictOfAsk(message.ask, model);
  // `$` and `^` are as common in shell scripts as in LaTeX, so the words decide too.
  if (structure != Structure::kNone && structure != Structure::kMathNotation) {
    // The ends of a long text may be no ask, and nothing but code looks like a patch or a trace.
    const bool certain = structure == Structure::kDiff || structure == Structure::kStackTrace;
    const bool named = asked && asked->verdict.reason == Reason::kModel;
    const bool heard = !certain || (named && !message.ask.only_ends);
    return heard && AsksElse(asked, Topic::kCode, options) ? asked->verdict : Verdict(structure);
  }
  if (message.ask.technical_lines >= kTechnical && asked) {
    const bool named = asked->verdict.reason == Reason::kModel;
    if (named && AsksElse(asked, Topic::kCode, options)) return asked->verdict;
    if (!named) asked.reset();  // the log or the command beside it says more
  }
  TopicVerdict said = WordsOf(message, asked.has_value(), model);
  if (const auto code = CodeAtAnEnd(message.ask, said, options)) said = *code;
  if (structure == Structure::kMathNotation) {
    const bool named = asked && asked->verdict.reason == Reason::kModel;
    if (named && AsksElse(asked, Topic::kMath, options)) return asked->verdict;
    const bool code = said.reason == Reason::kModel && said.topic == Topic::kCode;
    return code ? said : Verdict(structure);
  }
  if (model.words() == 0) return StructureOfOthers(texts, message.last, message.first);
  const bool answered = signals.has_assistant_turn;
  if (answered && IsBareFollowUp(model, said)) {
    return Inherited(signals, message.last, message.first, options);
  }
  const TopicVerdict newer = StructureOf(texts.rbegin(), message.last);
  if (newer.reason != Reason::kDefault) return newer;
  // A message after an answer that is not bare is judged by itself.
  if (answered || (said.reason == Reason::kModel && said.confidence >= kSureTopic)) return said;
  const TopicVerdict older = StructureOf(message.first, texts.rend());
  if (older.reason != Reason::kDefault) return older;
  if (said.reason == Reason::kModel) return said;
  constexpr float kBesideTheLast = 0.5f;
  AddOthers(texts, message.first, kBesideTheLast, model);
  return model.Verdict();
}

}  // namespace

TopicVerdict ClassifyTopic(const Signals& signals, std::optional<Class> explicit_class,
                           bool fill_in_the_middle, const ClassifierOptions& options) {
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
  if (signals.coding_agent) return {Topic::kCode, 0.85f, Reason::kCodingAgent};
  return TopicOfTexts(signals, options);
}

}  // namespace headgate::routing
