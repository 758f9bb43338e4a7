// The life of one request to a model: queue, slot, first token, tokens, end, bill; with the faults
// it asked for. A completion that is destroyed before its end was left by its client. Input tokens
// are billed from the moment a slot is taken, output tokens as they are generated, also for an
// answer that is sent in one piece. *worker-bound*
#pragma once

#include <cstdint>
#include <string>

#include "loadtest/sim/answers/answer.h"
#include "loadtest/sim/answers/answer_writer.h"
#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/dialects/completion_request.h"
#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

class Completion final : public Timed, public SlotUser {
 public:
  // `raw_body` is the answer's text if the fault says echo_body, otherwise unused.
  Completion(Context& context, Replica& replica, Channel& channel, CompletionRequest request,
             Fault fault, AnswerWriter::Framing framing, const std::string& raw_body);
  ~Completion() override;

  // Nothing is written before the next round of timers.
  void Start();
  // The client has taken what was written.
  void OnDrained();

  void OnTimer(TimePoint now) override;
  void OnSlot() override;

 private:
  Answer ChooseAnswer(const std::string& raw_body);
  // Faults that come in place of an answer.
  bool refuses() const { return fault_.reset || fault_.status || fault_.error_event; }
  void Refuse();

  void Generate(TimePoint now);
  void GenerateOne();
  // Applies the faults due after as many tokens as there are now.
  bool EndsHere();
  void FailAfterTokens();
  void CutShort();
  void Finish();
  WholeAnswer CollectAnswer();

  Usage CurrentUsage() const;
  Nanoseconds Delay(const Distribution& usual, const std::optional<Distribution>& asked) const;
  Refusal FaultRefusal(int status) const;
  void WaitUntilDue();
  // Enters the bill and frees the slot; only the first call counts.
  void Settle(Ending ending);

  Context& context_;
  Replica& replica_;
  Channel& channel_;
  CompletionRequest request_;
  Fault fault_;
  AnswerWriter writer_;
  FinishReason reason_ = FinishReason::kStop;  // before the answer, which decides it
  Answer answer_;
  std::int64_t tokens_ = 0;  // of one choice, so far
  TimePoint started_;        // in its slot
  TimePoint due_;            // of the next token, or of the end
  bool running_ = false;
  bool begun_ = false;    // the first token's moment has come
  bool blocked_ = false;  // waits for the client to read
  bool ended_ = false;
};

}  // namespace headgate::loadtest::sim
