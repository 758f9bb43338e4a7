#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backends/scheduler/reserved_slots.h"
#include "backends/scheduler/slot_count.h"
#include "backends/upstream/circuit_breaker.h"
#include "backends/upstream/recent_outcomes.h"
#include "backends/upstream/shared_circuit.h"

namespace headgate::backends {

// What one replica serves at once; 0: as much as comes.
struct SlotLimits {
  int slots = 0;
  std::int64_t tokens = 0;  // of input and output together, of all that runs there
};

// The replicas of one backend: their slots, circuit breakers, and the choice between them: power of
// two choices on loads among the replicas that may be used and have a free slot. A load is what is
// in flight there: our own requests, and those of other clients that the engine has told of. All
// workers share one set. Thread-safe.
//
// `model`, if a function takes it, has the circuits of one target, parallel to the replicas. A
// replica may be used for the target only if both its own circuit and the model's circuit permit
// it. Null: the model is served wherever the replica is healthy. It must outlive the leases taken
// with it.
class ReplicaSet {
 public:
  // `seed`: of the lengths of ejections.
  // `running`: what already runs at the replicas, for requests of a former set; one for each, null
  // where nothing runs. Empty: nothing runs anywhere.
  ReplicaSet(std::size_t replicas, const SlotLimits& limits, std::uint64_t seed = 0,
             const SlotCounts& running = {});

  // How a set differs from the previous set.
  struct Change {
    SlotLimits limits;  // of new replicas, and of all after PutLimitsInForce
    // The known health of the kept replicas is forgotten, because another key is used.
    bool fresh_circuits = false;
    std::uint64_t seed = 0;
    // When new replicas join the kept replicas; they then start slowly. None: they start at once.
    std::optional<Clock::time_point> joined;
    SlotCounts running = {};  // at new replicas, as above
  };
  // Makes the set after a reload. The i-th replica is the previous set's number kept[i], with its
  // circuit and what runs there, or a new replica if kept[i] is nullopt. Both sets may then be used
  // side by side, the old set by requests that began with it.
  ReplicaSet(const ReplicaSet& previous, const std::vector<std::optional<std::size_t>>& kept,
             const Change& change);
  // From now on this set's limits hold at its replicas, for requests of every set.
  void PutLimitsInForce();

  // Which replicas a request may be sent to.
  enum class Admission : std::uint8_t {
    kSlowStart,  // usable, and within what a slow start lets in: there is another target
    kUsable,     // usable, even beyond what a slow start lets in
    kPanic,      // if none is usable, the least loaded of all: there is nothing else to try
  };
  // A request for a slot.
  struct Ask {
    std::uint64_t random = 0;
    Clock::time_point now{};
    // A replica that has just failed this request. Before `avoid_until` it is taken only if no
    // other may be used: the request rather waits for another one. Later it is taken if no other
    // has room.
    std::optional<std::size_t> avoid = {};
    Clock::time_point avoid_until = Clock::time_point::max();
    Admission admission = Admission::kUsable;
    const ModelCircuits* model = nullptr;
    std::int64_t tokens = 0;          // room that it needs, of SlotLimits::tokens
    std::int64_t more_sequences = 0;  // that its engine runs for it, beside the first
    // The queue of the backend grants the slot, but not at these replicas. If all are busy, those
    // that may be used are added. Null: the request comes past the queue, and gets nothing while
    // others wait.
    ReservedSlots* reserved = nullptr;
    // Bit i: replica i has the beginning of the prompt in its cache. 0: no replica is preferred.
    std::uint64_t preferred = 0;
  };

  // What a verdict changed for the replica as a whole, and for the lease's model there.
  struct Changes {
    CircuitChange replica;
    CircuitChange model;
  };

  // Holds one slot of a replica and returns it in its destructor; move-only. The verdict
  // on the replica is reported through it, at most once. Without a verdict the slot is only
  // returned.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&& other) noexcept;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    explicit operator bool() const { return set_ != nullptr; }
    std::size_t replica() const { return replica_; }
    // The room that it takes there.
    std::int64_t tokens() const { return tokens_; }
    // Returns whether this is the first request to an ejected replica, or for a model that it
    // rejected.
    bool first_probe_of_replica() const { return replica_pass_ == Pass::kFirstProbe; }
    bool first_probe_of_model() const { return model_pass_ == Pass::kFirstProbe; }

    // The answer has begun. If this is a probe, its outcome is known, and others may follow. The
    // verdict on the whole is still to come.
    Changes Answering(Clock::time_point now);
    // The replica served the model.
    Changes Succeeded(Clock::time_point now);
    // The replica answered, and the answer says nothing about the model: the caller's mistake.
    Changes Answered(Clock::time_point now);
    // The replica answered that it does not serve the model to us.
    Changes RejectedModel(Clock::time_point now);
    Changes Failed(CircuitBreaker::Failure failure, Clock::time_point now);

   private:
    friend class ReplicaSet;
    using Pass = SharedCircuit::Pass;
    Lease(ReplicaSet* set, std::size_t replica, SharedCircuit* model, Pass replica_pass,
          Pass model_pass, const Ask& ask)
        : set_(set),
          replica_(replica),
          tokens_(ask.tokens),
          more_sequences_(ask.more_sequences),
          model_(model),
          taken_(ask.now),
          replica_pass_(replica_pass),
          model_pass_(model_pass) {}
    void Take(Lease& other);
    void Release();
    SharedCircuit& circuit() const { return *set_->replicas_[replica_].circuit; }
    ReplicaSet* set_ = nullptr;
    std::size_t replica_ = 0;
    std::int64_t tokens_ = 0;
    std::int64_t more_sequences_ = 0;
    SharedCircuit* model_ = nullptr;
    Clock::time_point taken_{};
    Pass replica_pass_ = Pass::kOrdinary;
    Pass model_pass_ = Pass::kOrdinary;
    bool replica_reported_ = false;
    bool model_reported_ = false;
  };

  enum class Refusal : std::uint8_t {
    kUnusable,  // no replica may be asked
    kHeldBack,  // a slow start leaves the request to another target
    kFull,      // replicas that may be asked are busy
  };
  struct Answer {
    std::optional<Lease> lease;
    Refusal refusal = Refusal::kUnusable;  // if there is no lease
  };
  // Picks a replica that is usable and has a free slot. Two different ones are drawn from
  // `ask.random`, and the replica with the smaller load wins (the first drawn in a tie).
  // They are drawn among the preferred replicas if one of these can be taken. A winner in its slow
  // start gives way to the other one, except for the requests that are let in: half of its part of
  // the requests, because an emptier replica wins twice as often as it should.
  Answer Acquire(const Ask& ask);

  struct ReplicaState {
    int in_flight = 0;
    CircuitState circuit = CircuitState::kClosed;
  };
  ReplicaState State(std::size_t index, Clock::time_point now) const;
  std::size_t size() const { return replicas_.size(); }
  const SlotLimits& limits() const { return limits_; }
  int InFlight() const;  // over all replicas
  // Returns whether a request for so many tokens would begin at once: a replica that may be used
  // has a free slot, and nobody waits for it.
  bool HasFreeSlot(Clock::time_point now, const ModelCircuits* model, std::int64_t tokens) const;
  // Returns whether the circuits let a request pass to the replica.
  bool Usable(std::size_t index, Clock::time_point now, const ModelCircuits* model) const;
  // Returns whether a request may be sent to some replica: it is not ejected, and its probe is not
  // running. Cheap: takes no lock while all circuits are closed.
  bool AnyUsable(Clock::time_point now, const ModelCircuits* model = nullptr) const;
  // Returns when a request may first be sent to some replica: the end of its ejection, or `now`. If
  // there are no replicas, the end of time.
  Clock::time_point NextTry(Clock::time_point now, const ModelCircuits* model = nullptr) const;
  // Returns whether most attempts of the last 10 s have failed (RecentOutcomes).
  bool MostlyFailures(Clock::time_point now) const { return outcomes_->MostlyFailures(now); }

  // For active checks and metrics.
  SharedCircuit& circuit(std::size_t index) const { return *replicas_[index].circuit; }
  SlotCount& slots(std::size_t index) const { return *replicas_[index].slots; }
  SlotCounts AllSlots() const;

 private:
  static constexpr int kRounds = 5;  // of a choice that others have spoiled
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  static constexpr std::size_t kHeldBack = static_cast<std::size_t>(-2);  // by a slow start
  // Both are shared with the sets of other generations.
  struct Replica {
    std::shared_ptr<SlotCount> slots;
    std::shared_ptr<SharedCircuit> circuit;
  };
  // The replicas that Acquire chooses among.
  struct Choice {
    const Ask& ask;
    std::size_t avoid;         // Ask::avoid, or kNone
    std::uint64_t among;       // bits of replicas, or kAll
    std::size_t lost = kNone;  // the last choice, which another request was faster to take
  };
  static constexpr std::uint64_t kAll = ~std::uint64_t{0};
  bool HasRoom(std::size_t index, const Ask& ask) const;
  // Returns whether the replica is among those to choose from.
  bool Eligible(std::size_t index, const Choice& choice) const;
  int InFlightOf(std::size_t index) const;  // of ours
  int LoadOf(std::size_t index) const;      // with those of other clients
  std::size_t NthEligible(std::size_t skip, const Choice& choice, std::size_t other) const;
  std::size_t Choose(const Choice& choice) const;
  std::size_t Alone(std::size_t chosen, const Choice& choice) const;
  std::size_t Better(std::size_t winner, std::size_t other, const Choice& choice) const;
  std::optional<Lease> Enter(std::size_t index, const Ask& ask);
  std::optional<Lease> EnterInPanic(const Ask& ask);
  bool WaitsForOthers(const Ask& ask) const;
  bool SomeFull(const Ask& ask) const;
  void Reserve(const Ask& ask) const;

  std::vector<Replica> replicas_;
  const SlotLimits limits_;
  std::shared_ptr<RecentOutcomes> outcomes_;  // shared with the sets of other generations
};

}  // namespace headgate::backends
