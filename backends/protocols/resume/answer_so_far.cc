#include "backends/protocols/resume/answer_so_far.h"

#include <optional>
#include <utility>

#include "config/base/text.h"

namespace headgate::backends {
namespace {

constexpr std::string_view kToolCalled = "the model has called a tool";
constexpr std::size_t kMostUnread = 64u << 10;
constexpr std::size_t kLongestEvent = 32u << 20;  // the last event of Responses has all in it

}  // namespace

void AnswerSoFar::Collected::On(const AnswerEvent& event) {
  using Kind = AnswerEvent::Kind;
  switch (event.kind) {
    case Kind::kStart:
      begun = true;
      seam.id = event.id;
      seam.model = event.model;
      return;
    case Kind::kText:
      seam.text += event.text;
      if (seam.text.size() > most_text_) why_not = "its text is too long to be sent again";
      return;
    case Kind::kThinking:
    case Kind::kSignature:
      why_not = "it has thoughts of the model in it";
      return;
    case Kind::kRefusal:
      why_not = "it is a refusal";
      return;
    case Kind::kToolCall:
    case Kind::kToolArguments:
      why_not = kToolCalled;
      return;
    case Kind::kFinish:
    case Kind::kEnd:
    case Kind::kError:
      why_not = "it has ended";
      return;
    case Kind::kPartEnd:
    case Kind::kUsage:
    case Kind::kPing:
      return;
  }
}

AnswerSoFar::AnswerSoFar(ChatProtocol client, std::unique_ptr<AnswerStreamReader> reader,
                         std::size_t most_text)
    : reader_(std::move(reader)),
      collected_(most_text),
      places_(client, collected_.seam),
      splitter_(kLongestEvent) {}

void AnswerSoFar::Sent(std::string_view events) {
  if (!why_not_.empty()) return;
  kept_.append(events);
  if (kept_.size() >= kMostUnread) Read();
}

bool AnswerSoFar::begun() {
  Read();
  return collected_.begun;
}

std::string_view AnswerSoFar::WhyNot() {
  Read();
  return why_not_;
}

const ClientSeam& AnswerSoFar::seam() {
  Read();
  return collected_.seam;
}

void AnswerSoFar::Read() {
  if (kept_.empty()) return;
  splitter_.Add(kept_);
  while (std::optional<SseSplitter::Block> block = splitter_.Next()) {
    reader_->Feed(block->text, collected_);
    if (block->continues) continue;
    const SseEvent event = ReadSseEvent(*block, joined_);
    if (event.data_fields > 0) places_.Take(config::Trim(event.data));
    if (reader_->announces_call()) return GiveUp(kToolCalled);
    const std::string_view why = places_.why_not();
    if (!collected_.why_not.empty()) return GiveUp(collected_.why_not);
    if (!why.empty()) return GiveUp(why);
  }
  kept_.clear();
  if (splitter_.too_long() || reader_->malformed()) return GiveUp("its events cannot be read");
  if (reader_->finished() || reader_->ended()) GiveUp("it has ended");
}

void AnswerSoFar::GiveUp(std::string_view why) {
  why_not_ = why;
  std::string().swap(kept_);
  std::string().swap(collected_.seam.text);
}

}  // namespace headgate::backends
