#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "config/config.h"
#include "routing/decide/decision.h"
#include "routing/policy/policy.h"
#include "routing/replay/record_translation.h"
#include "routing/replay/recorded.h"
#include "routing/replay/replayed_conversations.h"
#include "routing/replay/replayed_queue.h"
#include "routing/replay/undecided_causes.h"

namespace headgate::routing {

// Small numbers for names of targets, routes, classes and teams, so that totals are vectors. 0 is
// "none": refused, no route, no team. Thread-compatible.
class ReplayNames {
 public:
  using Id = std::uint32_t;
  ReplayNames() { Of("none"); }
  Id Of(const std::string& name);
  const std::string& Text(Id id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }

 private:
  absl::flat_hash_map<std::string, Id> ids_;
  std::vector<std::string> texts_;
};

// What a target costs. The pointers are into the policy of the target; null: no price, no rent.
struct ReplayPrice {
  config::Hosting hosting = config::Hosting::kPaidApi;
  const config::Prices* by_token = nullptr;
  const config::RentTerms* slot_rent = nullptr;

  template <typename T>
  static ReplayPrice Of(const T& target) {
    return {target.hosting, target.prices ? &*target.prices : nullptr, &target.slot_rent};
  }
};

// The names of a recorded policy as ids, by the indices of that policy. Immutable.
struct ReplayRecording {
  ReplayRecording(const RecordedPolicy& recorded, ReplayNames& names);
  std::vector<ReplayNames::Id> targets;
  std::vector<ReplayNames::Id> routes;
  std::vector<ReplayNames::Id> classes;
  std::vector<ReplayNames::Id> teams;  // by key
  std::vector<ReplayNames::Id> keys;
  std::vector<ReplayNames::Id> topics;
  std::vector<ReplayPrice> prices;  // by target
};

class ReplayDecider;

// The part of a decision that replay counts.
struct ReplayChoice {
  Outcome outcome = Outcome::kNoRoute;
  ReplayNames::Id target = 0;  // the first one that it is sent to
  // The target that it would be sent to if its queue were shorter; 0: it is.
  ReplayNames::Id spilled_from = 0;
  // In all queues, in microseconds: as recorded in queues where it waited then, and as predicted in
  // all others. Nullopt: the recording does not have the waits.
  std::optional<std::int64_t> wait_us;
  ReplayNames::Id route = 0;
  ReplayNames::Id request_class = 0;
  const ReplayPrice* price = nullptr;      // of the target
  const ReplayDecider* decider = nullptr;  // null: as recorded
  bool crowded = false;                    // all slots of the target are taken
  bool conversation_rerouted = false;  // it follows its conversation to where this policy put it
};

// The decision that was recorded.
ReplayChoice RecordedChoice(const RecordedRequest& record, const ReplayRecording& recording);

// Decides recorded requests again under one policy, in the order of their recording, and remembers
// where this policy would have answered their conversations. Pure; thread-compatible.
class ReplayDecider {
 public:
  // Both outlive this.
  ReplayDecider(const CompiledPolicy& policy, ReplayNames& names);

  // Writes `choice` if the result is kNo. `translation` must be for this policy.
  Undecided Decide(const RecordedRequest& record, const ReplayRecording& recording,
                   const RecordTranslation& translation, ReplayChoice& choice);

  // From now on the backend has the number of slots that the policy says, not the recorded number
  // (ReplayedPool).
  void UseConfiguredSlots(const std::string& backend) { pools_.Use(policy_, backend); }
  // The backend for which that was called; null otherwise.
  const ReplayedPool* PoolOf(const std::string& backend) const { return pools_.Find(backend); }

  // Why the last request is undecided. Empty if it is decided, or if only its conversation is
  // undecided.
  const std::vector<UndecidedCause>& causes() const { return causes_; }
  // NameOf: for example "header x-tier: gold", "m@gpu" or the name of a key. LocationOf: the route
  // or class that reads it, for example "route vip"; may be empty.
  std::string NameOf(const UndecidedCause& cause) const;
  std::string LocationOf(const UndecidedCause& cause) const;

  // Returns null if the policy has no target of that name.
  const ReplayPrice* Find(ReplayNames::Id target) const;
  const CompiledPolicy& policy() const { return policy_; }

 private:
  using Entry = ReplayedConversations::Entry;
  Undecided DecideOne(const RecordedRequest& record, const ReplayRecording& recording,
                      const RecordTranslation& translation, ReplayChoice& choice);
  Undecided Because(Undecided why, std::uint32_t what = 0);
  Undecided HintsOf(const RecordedRequest& record, const ReplayRecording& recording);
  Undecided TargetsOf(const RecordTranslation& translation);
  // Sets the target of `input_`'s conversation to the one where this policy put it, if there is one
  // and the topic is still the same.
  void Continue(const Entry& conversation);
  Undecided DecideAs(const RecordedRequest& record, const ReplayRecording& recording,
                     const RecordTranslation& translation, const Entry* conversation,
                     ReplayChoice& choice);
  void TakeNewSlot(const RecordedRequest& record, const ReplayRecording& recording,
                   std::size_t target);
  ReplayedWait WaitOf(const RecordedRequest& record, const ReplayRecording& recording) const;
  std::optional<std::size_t> RecordedPlace(const RecordedRequest& record,
                                           const ReplayRecording& recording) const;
  const Entry* FindConversation(const RecordedRequest& record);
  // Remembers where this policy would have answered the conversation, if not as recorded. A target
  // to which the request spills is not remembered.
  void Follow(const RecordedRequest& record, const ReplayRecording& recording, Undecided undecided,
              const ReplayChoice& choice);

  const CompiledPolicy& policy_;
  const ReplayNames& names_;
  const PatternCauses patterns_;
  const ReplayNames::Id not_known_;  // stands for a class or route that does not change the result
  std::vector<ReplayNames::Id> targets_;
  std::vector<ReplayNames::Id> routes_;
  std::vector<ReplayNames::Id> classes_;
  std::vector<ReplayPrice> prices_;  // by target
  absl::flat_hash_map<ReplayNames::Id, std::size_t> by_name_;
  ReplayedConversations conversations_;
  ReplayedPools pools_;
  std::vector<UndecidedCause> causes_;
  std::vector<Class> possible_;
  DecisionInput input_;
  Decision decision_;
};

}  // namespace headgate::routing
