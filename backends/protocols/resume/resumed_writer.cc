#include "backends/protocols/resume/resumed_writer.h"

#include <utility>

namespace headgate::backends {
namespace {

using Kind = AnswerEvent::Kind;

bool MayRepeat(const Seam& seam) {
  switch (seam.repeats) {
    case Repeats::kNever:
      return false;
    case Repeats::kPerhaps:
      return seam.sent.size() >= ResumedWriter::kShortestRepetition;
    case Repeats::kAlways:
      break;
  }
  return !seam.sent.empty();
}

void Add(const ReportedTokens& before, ReportedTokens& sum) {
  sum.input += before.input;
  sum.cached_input += before.cached_input;
  sum.cache_write += before.cache_write;
  sum.output += before.output;
  sum.reasoning += before.reasoning;
  sum.consistent &= before.consistent;
  sum.cache_write_1h += before.cache_write_1h;
  sum.web_searches += before.web_searches;
  sum.other_charges |= before.other_charges;
}

}  // namespace

ResumedWriter::ResumedWriter(const Seam& seam, std::unique_ptr<AnswerStreamWriter> writer)
    : seam_(seam), writer_(std::move(writer)), comparing_(MayRepeat(seam)) {}

void ResumedWriter::On(const AnswerEvent& event) {
  if (unusable_) return;
  switch (event.kind) {
    case Kind::kStart:
      return;
    case Kind::kText:
      in_thought_ = false;
      return TakeText(event.text);
    case Kind::kThinking:
    case Kind::kSignature:
      thought_ = in_thought_ = true;
      return;
    case Kind::kPartEnd:
      if (std::exchange(in_thought_, false)) return;
      Release();
      break;
    case Kind::kUsage:
      return TakeUsage(*event.usage);
    case Kind::kFinish:
      return TakeFinish(event);
    case Kind::kToolCall:
    case Kind::kRefusal:
      Release();
      said_ = true;
      at_seam_ = false;
      ++pieces_;
      break;
    case Kind::kToolArguments:
    case Kind::kPing:
    case Kind::kError:
    case Kind::kEnd:
      break;
  }
  if (!unusable_) writer_->On(event);
}

void ResumedWriter::TakeText(std::string_view text) {
  if (text.empty()) return;
  said_ = true;
  ++pieces_;
  if (!comparing_) return TakePastRepetition(text);
  compared_ += text;
  if (compared_.size() < seam_.sent.size() && seam_.sent.starts_with(compared_)) return;
  comparing_ = false;
  const std::string all = std::exchange(compared_, {});
  const bool repeated = all.starts_with(seam_.sent);
  TakePastRepetition(std::string_view(all).substr(repeated ? seam_.sent.size() : 0));
}

void ResumedWriter::TakePastRepetition(std::string_view text) {
  if (at_seam_) {
    while (!text.empty() && space_ < seam_.withheld.size() &&
           text.front() == seam_.withheld[space_]) {
      text.remove_prefix(1);
      ++space_;
    }
  }
  if (!text.empty()) Say(text);
}

void ResumedWriter::Say(std::string_view text) {
  at_seam_ = false;
  AnswerEvent event;
  event.kind = Kind::kText;
  event.text = text;
  writer_->On(event);
}

// Half of a repetition from a backend that always repeats is the end of a continuation that did not
// begin.
void ResumedWriter::Release() {
  comparing_ = false;
  const std::string all = std::exchange(compared_, {});
  if (all.empty()) return;
  unusable_ = seam_.repeats == Repeats::kAlways;
  if (!unusable_) TakePastRepetition(all);
}

void ResumedWriter::TakeUsage(const AnswerUsage& usage) {
  AnswerUsage sum = usage;
  if (sum.tokens && seam_.before) Add(*seam_.before, *sum.tokens);
  told_usage_ |= sum.tokens.has_value();
  AnswerEvent event;
  event.kind = Kind::kUsage;
  event.usage = &sum;
  writer_->On(event);
}

void ResumedWriter::TakeFinish(const AnswerEvent& event) {
  Release();
  unusable_ |= thought_ && !said_;
  if (unusable_) return;
  if (!told_usage_ && seam_.before) {
    TakeUsage(
        {.tokens = ReportedTokens{.output = pieces_, .consistent = false}, .service_tier = {}});
  }
  writer_->On(event);
}

}  // namespace headgate::backends
