#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "routing/classify/topic.h"
#include "routing/replay/recorded.h"

namespace headgate::routing {

// The call that gave the client its answer; null if none did.
const RecordedCall* AnswerOf(const RecordedRequest& record);

// Whether the answer came from a target that the request had left as full: it came back there.
bool CameBack(const RecordedRequest& record);

// Whether the recorded answer made its target the place of the conversation. REQUIRES: an answer.
bool BoundWhenRecorded(const RecordedRequest& record);

// The conversations that one policy of a replay put at another target than was recorded. The policy
// continues them there, as the daemon's table of conversations would do. Conversations that went as
// recorded are not in here, because their records have the target. Bounded: the entries that were
// used last stay. Pure; thread-compatible.
class ReplayedConversations {
 public:
  static constexpr std::size_t kMost = 100'000;     // at least as many as the daemon remembers
  static constexpr std::int64_t kLifetime = 1'800;  // seconds without use

  struct Entry {
    enum class State : std::uint8_t { kTarget, kNowhere, kUnknown };
    State state = State::kNowhere;
    std::uint32_t target = 0;  // of kTarget: the name of the target
    Topic topic = Topic::kGeneral;
    std::int64_t used = 0;  // seconds
  };

  explicit ReplayedConversations(std::size_t most = kMost) : most_(most) {}

  // Returns null if the conversation went as recorded. Counts as a use at `now`, in seconds.
  // `alive`: the conversation has not expired. The result is valid until the next call.
  const Entry* Find(std::uint64_t conversation, std::int64_t now, bool alive);
  void Set(std::uint64_t conversation, const Entry& entry);
  void AsRecorded(std::uint64_t conversation);
  std::size_t size() const { return recent_.size() + older_.size(); }  // at most twice `most`

 private:
  const std::size_t most_;
  // Each use moves an entry to `recent_`. When that has `most_` entries, it becomes `older_`, and
  // the former `older_` is dropped.
  absl::flat_hash_map<std::uint64_t, Entry> recent_;
  absl::flat_hash_map<std::uint64_t, Entry> older_;
};

}  // namespace headgate::routing
