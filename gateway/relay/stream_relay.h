#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/net/types.h"
#include "backends/protocols/resume/answer_so_far.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/failover/commit_policy.h"
#include "gateway/keeping/response_keeper.h"
#include "gateway/keeping/told_state.h"
#include "gateway/relay/client_response.h"
#include "gateway/relay/exposed_fields.h"
#include "gateway/relay/side_task.h"

namespace headgate::gateway {

// Decides when an answer that is held goes to the client. Worker-bound.
class CommitJudge {
 public:
  virtual ~CommitJudge() = default;
  // `bytes` are held. `whole`: the answer has ended, and nothing is missing.
  virtual bool Commits(std::size_t bytes, bool whole, TimePoint now) = 0;
};

// A committed stream that has broken, and may go on at another attempt.
struct BrokenStream {
  backends::AttemptResult result = backends::AttemptResult::kCut;
  backends::AnswerUsage usage;    // of the attempt
  std::int64_t token_events = 0;  // of the attempt
  std::string tail;               // what ends the client's stream if nothing goes on
  std::string_view error;         // why it broke, for the log; a constant
  backends::BegunAnswer begun;    // what the client has been told of the answer
};

// Passes a streamed answer on: one upstream read, one downstream write, whole events, an honest
// end. The head can be sent before an attempt commits, together with comments
// (docs/decisions/0033). The stream has then begun, and its events may still come from a later
// attempt. There is one relay for each request, which ends with Stop(). Worker-bound.
class StreamRelay final : public CommentListener {
 public:
  // All arguments outlive the relay.
  StreamRelay(Executor executor, ClientResponse& response, RequestAccount& account)
      : response_(response), account_(account), aside_(std::move(executor)) {}

  // Has a whole answer stored. `keeper` outlives the relay; null: it is not stored.
  void KeepBy(ResponseKeeper* keeper) { keeper_ = keeper; }
  // Has the state written into the answer. `told` outlives the relay; null: the answer stays.
  void Tell(const ToldState* told) { told_ = told; }
  // Sends comments while nothing else is sent before commit. `policy` outlives the relay.
  void HoldBy(const CommitPolicy& policy);
  // Notes what the client has of its answer, so that another attempt can go on with it.
  void Follow(backends::ChatProtocol client);
  // Null without Follow.
  backends::AnswerSoFar* so_far() { return so_far_.get(); }

  // Passes on signs of life that come before the first token.
  bool MayPass(const Attempt& attempt, TimePoint now) const override;
  Awaitable<bool> OnComments(Attempt& attempt, std::string_view comments) override;

  // Reads a stream on and keeps it from the client until `judge` commits. Returns false if it ended
  // before, and is not whole; it is not settled then. REQUIRES: Attempt::Ready::kStream.
  Awaitable<bool> Hold(Attempt& attempt, CommitJudge& judge);
  // Commits to an attempt's stream if none is committed, relays and settles it. Returns false if it
  // broke and may go on elsewhere (Follow); nothing says so to the client before EndBroken.
  // REQUIRES: Attempt::Ready::kStream.
  Awaitable<bool> Relay(Attempt& attempt);

  // After a Relay that returned false.
  const BrokenStream& broken() const { return *broken_; }
  // Ends the client's stream with the fault. `cut`: by the end of a drain.
  Awaitable<void> EndBroken(bool cut);

  // Returns whether the client has the head of a streamed answer.
  bool begun() const { return begun_; }
  // Ends a stream that has begun when nothing is left to try.
  Awaitable<void> Fail(const ClientError& error);

  // Called from the worker's sweep, while something is suspended.
  void Tick(TimePoint now) {
    if (hold_ != nullptr && !committed_) SendAside(now);
  }
  // Returns whether Stop has something to do.
  bool holds() const { return hold_ != nullptr; }
  // Returns whether the client did not take what Tick has sent.
  bool lost_client() const { return lost_client_; }
  // Ends what Tick sends, and waits for its end. Called before anything else is sent, and at the
  // end.
  Awaitable<void> Stop();
  std::size_t HeldBytes() const { return so_far_ ? so_far_->HeldBytes() : 0; }

 private:
  void Begin(Exposed exposed);
  void Commit(Attempt& attempt);
  void BeginRest(Attempt& attempt);
  void NoteFirstToken(Attempt& attempt);
  // Appends the events that have come.
  void Forward(Attempt& attempt);
  void SendAside(TimePoint now);
  Awaitable<void> SendOut();
  // Ends the client's stream, as a whole stream only if the answer is whole. Returns as Relay.
  Awaitable<bool> End(Attempt& attempt);

  ClientResponse& response_;
  RequestAccount& account_;
  ResponseKeeper* keeper_ = nullptr;
  const ToldState* told_ = nullptr;
  const CommitPolicy* hold_ = nullptr;
  Attempt* held_ = nullptr;  // whose stream is held
  CommitJudge* judge_ = nullptr;
  std::unique_ptr<backends::AnswerSoFar> so_far_;
  std::optional<BrokenStream> broken_;
  SideTask aside_;          // sends what Tick has written
  TimePoint last_heard_{};  // by the client
  bool begun_ = false;
  bool committed_ = false;
  bool sending_ = false;  // comments of a backend
  bool lost_client_ = false;
  bool held_to_its_end_ = false;  // nothing more can be read of the stream that was held
};

}  // namespace headgate::gateway
