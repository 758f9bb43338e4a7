#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "config/base/mutex.h"
#include "gateway/metrics/labels.h"
#include "routing/classify/signals.h"
#include "routing/classify/topic.h"

namespace headgate::gateway {

// The name of a conversation: 128 bits of an HMAC-SHA256 with a secret of this process, so that a
// table, or a dump of it, reveals nothing of the conversation.
using ConversationId = std::array<std::uint64_t, 2>;

// Names conversations. Immutable; thread-safe.
class ConversationNamer {
 public:
  ConversationNamer();  // with a new random secret

  // Returns the conversation that the client names itself (in the body, or in a session header).
  // Without a name it is the conversation that begins with the same messages through the first
  // assistant reply. Both are looked up within one key. Returns nullopt for a request that has
  // neither: its conversation begins with it. Of each message the first 4 KiB and the length count,
  // and 64 KiB in total.
  std::optional<ConversationId> NameOf(std::string_view key, const routing::Signals& signals) const;

 private:
  std::array<unsigned char, 32> secret_{};
};

// The targets that answered conversations last, and their topics, for half an hour. Bounded: the
// longest unused conversation is removed first. Thread-safe; a leaf with its own lock.
class ConversationTable {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kEntries = 100'000;
  static constexpr std::chrono::minutes kLifetime{30};

  explicit ConversationTable(std::size_t entries = kEntries) : most_(entries) {}

  // The target of a conversation without a place: all answers about its topic came from targets to
  // which it spilled. No target has this label.
  static constexpr LabelId kNoPlace = LabelTable::kNone;

  struct Entry {
    LabelId target = 0;  // label of the target's name: it outlives reloads, indices do not
    routing::Topic topic = routing::Topic::kGeneral;
  };
  std::optional<Entry> Find(const ConversationId& id, Clock::time_point now);
  // The same without counting as a use: for requests that are only explained.
  std::optional<Entry> Peek(const ConversationId& id, Clock::time_point now) const;
  void Put(const ConversationId& id, const Entry& entry, Clock::time_point now);
  std::size_t size() const;

 private:
  struct Node {
    ConversationId id;
    Entry entry;
    Clock::time_point used;
  };
  const std::size_t most_;
  mutable Mutex mutex_;
  std::list<Node> order_ GUARDED_BY(mutex_);  // last used first
  absl::flat_hash_map<ConversationId, std::list<Node>::iterator> nodes_ GUARDED_BY(mutex_);
};

}  // namespace headgate::gateway
