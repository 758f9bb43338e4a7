// The life of one request to a model: queue, slot, first token, tokens, end, bill; with the faults
// that it asked for. A full engine may take the slot away again; then the request waits, computes
// its prompt and its answer so far once more, and goes on. Destroying a completion before its end
// means that its client has left. Input tokens are billed from the moment a slot is taken. Output
// tokens are billed as they are generated, also for a non-streamed answer. *worker-bound*
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loadtest/sim/answers/answer_plan.h"
#include "loadtest/sim/answers/answer_writer.h"
#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/answers/pace.h"
#include "loadtest/sim/faults/fault.h"
#include "loadtest/sim/replica/replica.h"
#include "loadtest/sim/requests/completion_request.h"

namespace headgate::loadtest::sim {

// Everything that decides how a request is answered.
struct Task {
  CompletionRequest request;
  Fault fault;
  AnswerWriter::Framing framing;
  const ScriptStep* step = nullptr;  // the step of the script that is the answer, or null
};

class Completion final : public Timed, public EngineUser {
 public:
  // `raw_body` is the text of the answer if the fault has echo_body; otherwise it is not used.
  Completion(Context& context, Replica& replica, Channel& channel, Task task,
             std::string_view raw_body);
  ~Completion() override;

  // Starts the request. It writes nothing before the next round of timers.
  void Start();
  // Called when the client has taken the written bytes.
  void OnDrained();

  void OnTimer(TimePoint now) override;
  void OnSlot() override;
  void OnPreempted() override;

 private:
  // Whether a fault replaces the answer.
  bool refuses() const {
    return fault_.reset || fault_.status || fault_.error_event || fault_.context_length ||
           fault_.content_policy;
  }
  // Returns the error that the fault wants in place of an answer, or nullopt.
  std::optional<Refusal> FaultError() const;
  // Puts the next token off if the replica is silent at `now`. Returns whether it is.
  bool PutOff(TimePoint now);
  void Refuse();

  // Reads the prefix cache, and puts the prompt into it. Returns how many tokens of the prompt and
  // of the answer so far remain to be computed.
  std::int64_t TakePrefix();
  void Generate(TimePoint now);
  // Returns false if the new token took away the slot of this request.
  bool GenerateOne();
  void NoteText(const AnswerPart& part, std::string_view piece);
  // Applies the faults that are due after tokens_ tokens. Returns whether the answer has ended.
  bool EndsHere();
  void FailAfterTokens();
  void CutShort();
  void Finish();
  WholeAnswer CollectAnswer();
  // Returns the error that replaces an answer, or that ends it in the middle.
  Refusal FailureInAnswer() const;

  Usage CurrentUsage() const;
  Refusal FaultRefusal(int status) const;
  void WaitUntilDue();
  // Writes the usage into the bill and frees the slot. Only the first call has an effect.
  void Settle(Ending ending);

  Context& context_;
  Replica& replica_;
  Channel& channel_;
  CompletionRequest request_;
  Fault fault_;
  AnswerWriter writer_;
  AnswerPlan plan_;
  EngineEntry entry_;
  Pace pace_;
  std::size_t part_ = 0;                     // index of the part that has the next token
  std::int64_t part_tokens_ = 0;             // generated so far in that part
  std::int64_t tokens_ = 0;                  // generated so far, for each choice
  std::int64_t thinking_ = 0;                // the tokens of thinking among them
  std::optional<std::int64_t> prefix_hits_;  // tokens that the prefix cache had at the first slot
  const TimePoint arrived_;
  TimePoint last_;        // when the last token was generated
  TimePoint due_;         // when the next token, or the end, is due
  Nanoseconds left_{0};   // without a slot: the time to the next token once there is a slot
  bool running_ = false;  // has a slot
  bool billed_ = false;   // has had a slot
  bool begun_ = false;    // the time of the first token has come
  bool blocked_ = false;  // waits for the client to read
  bool ended_ = false;
};

}  // namespace headgate::loadtest::sim
