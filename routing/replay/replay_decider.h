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

// What a target asks for its work. `prices` points into the policy that it is of.
struct ReplayTariff {
  config::Hosting hosting = config::Hosting::kPaidApi;
  const config::Prices* prices = nullptr;
  NanoUsd rent_per_slot_hour = 0;

  template <typename T>
  static ReplayTariff Of(const T& target) {
    return {target.hosting, target.prices ? &*target.prices : nullptr, target.rent_per_slot_hour};
  }
};

// What the policy of a recording has, by its own indices. Immutable.
struct ReplayRecording {
  ReplayRecording(const RecordedPolicy& recorded, ReplayNames& names);
  std::vector<ReplayNames::Id> targets;
  std::vector<ReplayNames::Id> routes;
  std::vector<ReplayNames::Id> classes;
  std::vector<ReplayNames::Id> teams;  // by key
  std::vector<ReplayNames::Id> keys;
  std::vector<ReplayNames::Id> topics;
  std::vector<ReplayTariff> tariffs;  // by target
};

class ReplayDecider;

// What is decided for one request, as far as totals go.
struct ReplayChoice {
  Outcome outcome = Outcome::kNoRoute;
  ReplayNames::Id target = 0;  // the first one
  ReplayNames::Id route = 0;
  ReplayNames::Id request_class = 0;
  const ReplayTariff* tariff = nullptr;    // of the target
  const ReplayDecider* decider = nullptr;  // null: as recorded
  bool conversation_elsewhere = false;     // it goes on where this policy had put its conversation
};

// As it was decided when it was recorded.
ReplayChoice RecordedChoice(const RecordedRequest& record, const ReplayRecording& recording);

// One policy that recorded requests are put before, in the order of their recording, and where it
// would have answered their conversations. Pure; thread-compatible.
class ReplayDecider {
 public:
  // Both outlive this.
  ReplayDecider(const CompiledPolicy& policy, ReplayNames& names);

  // `choice` is written if the answer is kNo. `translation` is to this policy.
  Undecided Decide(const RecordedRequest& record, const ReplayRecording& recording,
                   const RecordTranslation& translation, ReplayChoice& choice);

  // From now on the backend has as many slots as the policy says, and not as were recorded.
  void UseConfiguredSlots(const std::string& backend);

  // Of UseConfiguredSlots; none: as recorded.
  std::optional<std::int64_t> SlotsOf(ReplayNames::Id target) const;

  // What the last request is undecided for; empty if it is not, or goes on with a conversation.
  const std::vector<UndecidedCause>& causes() const { return causes_; }
  // "header x-tier: gold", "m@gpu", a key; and "route vip" where there is more to say, else empty.
  std::string NameOf(const UndecidedCause& cause) const;
  std::string PlaceOf(const UndecidedCause& cause) const;

  // Null: the policy has no target of that name.
  const ReplayTariff* Find(ReplayNames::Id target) const;
  const CompiledPolicy& policy() const { return policy_; }

 private:
  using Entry = ReplayedConversations::Entry;
  Undecided DecideOne(const RecordedRequest& record, const ReplayRecording& recording,
                      const RecordTranslation& translation, ReplayChoice& choice);
  Undecided Because(Undecided why, std::uint32_t what = 0);
  Undecided HintsOf(const RecordedRequest& record, const ReplayRecording& recording);
  Undecided TargetsOf(const RecordTranslation& translation);
  Undecided DecideAs(const RecordTranslation& translation, const Entry* conversation,
                     ReplayChoice& choice);
  const Entry* FindConversation(const RecordedRequest& record);
  // Remembers where the conversation would go on, if it was answered elsewhere.
  void Follow(const RecordedRequest& record, const ReplayRecording& recording, Undecided undecided,
              const ReplayChoice& choice);

  const CompiledPolicy& policy_;
  const ReplayNames& names_;
  const PatternCauses patterns_;
  const ReplayNames::Id not_known_;  // a class or route that makes no difference
  std::vector<ReplayNames::Id> targets_;
  std::vector<ReplayNames::Id> routes_;
  std::vector<ReplayNames::Id> classes_;
  std::vector<ReplayTariff> tariffs_;  // by target
  absl::flat_hash_map<ReplayNames::Id, std::size_t> by_name_;
  ReplayedConversations conversations_;
  std::vector<std::optional<int>> slots_;  // by target; none: as recorded
  std::vector<UndecidedCause> causes_;
  std::vector<Class> possible_;
  DecisionInput input_;
  Decision decision_;
};

}  // namespace headgate::routing
