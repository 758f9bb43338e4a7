#pragma once

#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string_view>

#include "backends/net/types.h"
#include "gateway/attempt/attempt.h"
#include "gateway/failover/hedge_budget.h"
#include "gateway/proxy/attempt_machine.h"
#include "gateway/relay/side_task.h"

namespace headgate::gateway {

// What a race needs of the request that it belongs to.
class RacingRequest {
 public:
  virtual ~RacingRequest() = default;
  // Makes the hedge of a step. Returns null if it cannot be made, with the reason in `failure`: a
  // hedge waits for nothing.
  virtual Attempt* StartHedge(const AttemptMachine::Step& step, AttemptFailure& failure) = 0;
  // Takes note of an attempt that has failed while another one goes on.
  virtual void NoteFailure(const Attempt& attempt) = 0;
};

// Two attempts of one request side by side: the second begins when the first has been silent for
// some time (AttemptMachine::OnSilence). The first token wins, and the loser is aborted at once. A
// hedge that could not be made, or was refused for what the gateway had added, is made anew.
// The first attempt runs in the coroutine of the request, and the hedge in one of its own, which
// has ended when Ended() returns. Worker-bound.
class AttemptRace {
 public:
  using Racer = AttemptMachine::Racer;

  // All arguments outlive the race. REQUIRES: machine.hedge_delay().
  AttemptRace(WorkerContext& worker, AttemptMachine& machine, HedgeBudget& budget,
              RacingRequest& request);

  // The attempt that is ready first. If both failed: the last, or the one whose refusal ends the
  // request.
  struct Result {
    Attempt* attempt = nullptr;
    Attempt::Ready ready = Attempt::Ready::kFailed;
    Racer who = Racer::kFirst;
  };
  // Calls `first`, and a hedge when it is due. `listener` gets the comments of `first`; it outlives
  // the call. The loser exists until Ended().
  Awaitable<Result> Run(Attempt& first, CommentListener& listener);

  // Lets no hedge begin any more: the request ends.
  void Cancel();
  // Returns when no hedge runs.
  Awaitable<void> Ended();

 private:
  // A client can read comments from one attempt only.
  class Deaf final : public CommentListener {
   public:
    bool MayPass(const Attempt&, TimePoint) const override { return false; }
    Awaitable<bool> OnComments(Attempt&, std::string_view) override { co_return true; }
  };
  using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

  Awaitable<void> Hedge();
  // Returns what follows if the hedge has failed while the first attempt goes on; else kWait.
  Awaitable<AttemptMachine::Step> CallHedge(const AttemptMachine::Step& step);
  void EndLoser(Attempt& loser, Attempt::Ready ready);
  AttemptMachine::Step HedgeFailed(const AttemptFailure& failure);
  Awaitable<Result> AwaitHedge(Attempt& first);

  WorkerContext& worker_;
  AttemptMachine& machine_;
  HedgeBudget& budget_;
  RacingRequest& request_;
  Timer silence_;
  SideTask hedge_;
  Deaf deaf_;
  Attempt* first_ = nullptr;             // while it is called
  Attempt* second_ = nullptr;            // the hedge, once it has begun
  std::optional<Attempt::Ready> ready_;  // how the hedge's call ended
  bool decided_ = false;                 // the first attempt has won, or has ended the request
  bool refused_ = false;                 // the hedge was refused for good
  bool cancelled_ = false;
};

}  // namespace headgate::gateway
