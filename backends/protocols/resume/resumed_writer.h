#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "backends/protocols/resume/prefill.h"
#include "backends/protocols/translation/translation.h"
#include "backends/protocols/values/answer_event.h"
#include "backends/protocols/values/answer_usage.h"

namespace headgate::backends {

// What a stream that goes on is joined with.
struct Seam {
  // What the backend was sent as the beginning of the answer, and may repeat.
  std::string_view sent;
  // White space behind it that the client has and the backend was not sent.
  std::string_view withheld;
  Repeats repeats = Repeats::kNever;
  // What the parts before cost, reported or estimated. The client reads the sum.
  std::optional<ReportedTokens> before;
};

// Stands between the reader of a continuation and the writer of the client's stream, which has
// written the beginning. The continuation's own beginning is left out, and what it repeats: the
// text that it was sent, exactly and as a whole, if its dialect repeats at all; white space that
// the client has. Its thoughts are left out too, because a text cannot be followed by them. The
// usage becomes the sum; if the backend reports none, its pieces are counted. Worker-bound; one
// use.
class ResumedWriter final : public AnswerStreamWriter {
 public:
  // A text that is shorter is not taken for a repetition, unless the backend always repeats.
  static constexpr std::size_t kShortestRepetition = 16;  // bytes

  // The views of `seam` outlive it.
  ResumedWriter(const Seam& seam, std::unique_ptr<AnswerStreamWriter> writer);

  void On(const AnswerEvent& event) override;
  BegunAnswer begun() const override { return writer_->begun(); }
  bool too_long() const override { return writer_->too_long(); }

  // Returns whether the continuation ended without being one: thoughts and no text, or half of a
  // repetition. The client's stream has no end then.
  bool unusable() const { return unusable_; }

 private:
  void TakeText(std::string_view text);
  void TakePastRepetition(std::string_view text);
  // Hands over text that looked like a repetition and is none.
  void Release();
  void TakeUsage(const AnswerUsage& usage);
  void TakeFinish(const AnswerEvent& event);
  void Say(std::string_view text);

  const Seam seam_;
  const std::unique_ptr<AnswerStreamWriter> writer_;
  bool comparing_;         // what came so far may be a repetition
  std::string compared_;   // that text
  std::size_t space_ = 0;  // bytes of the withheld white space that came again
  bool at_seam_ = true;    // no text has been handed over
  bool in_thought_ = false;
  bool said_ = false;  // the continuation has brought something
  bool thought_ = false;
  bool told_usage_ = false;
  bool unusable_ = false;
  std::int64_t pieces_ = 0;
};

}  // namespace headgate::backends
