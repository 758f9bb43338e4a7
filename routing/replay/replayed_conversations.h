#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "routing/classify/topic.h"

namespace headgate::routing {

// What one policy of a replay remembers of conversations, where that is not what was recorded: a
// policy that plans a request elsewhere goes on there, as the daemon's own table of conversations
// would have it. Conversations that went as recorded are not in here, for their records say where
// they were. Bounded: what was used last stays. Pure; thread-compatible.
class ReplayedConversations {
 public:
  static constexpr std::size_t kMost = 100'000;     // as many as the daemon remembers, at least
  static constexpr std::int64_t kLifetime = 1'800;  // seconds without use

  struct Entry {
    enum class State : std::uint8_t { kTarget, kNowhere, kUnknown };
    State state = State::kNowhere;
    std::uint32_t target = 0;  // of kTarget: the name of the target
    Topic topic = Topic::kGeneral;
    std::int64_t used = 0;  // seconds
  };

  explicit ReplayedConversations(std::size_t most = kMost) : most_(most) {}

  // Counts as use at `now`. Null: as recorded. `alive`: it is known not to be forgotten yet. What
  // is returned lives until the next call.
  const Entry* Find(std::uint64_t conversation, std::int64_t now, bool alive);
  void Set(std::uint64_t conversation, const Entry& entry);
  void AsRecorded(std::uint64_t conversation);
  std::size_t size() const { return recent_.size() + older_.size(); }  // at most twice `most`

 private:
  const std::size_t most_;
  // Whoever is used is among the recent ones; once these are `most_`, they become the older ones,
  // and those that were it are forgotten.
  absl::flat_hash_map<std::uint64_t, Entry> recent_;
  absl::flat_hash_map<std::uint64_t, Entry> older_;
};

}  // namespace headgate::routing
