#include "routing/replay/replayed_conversations.h"

#include <algorithm>
#include <utility>

namespace headgate::routing {

const RecordedCall* AnswerOf(const RecordedRequest& record) {
  const auto found = std::find_if(record.calls.begin(), record.calls.end(),
                                  [](const RecordedCall& call) { return call.answered; });
  return found == record.calls.end() ? nullptr : &*found;
}

bool CameBack(const RecordedRequest& record) {
  const RecordedCall* const answer = AnswerOf(record);
  if (answer == nullptr) return false;
  return record.spilled_from == answer->target ||
         std::find(record.left.begin(), record.left.end(), answer->target) != record.left.end();
}

bool BoundWhenRecorded(const RecordedRequest& record) {
  const bool spilled = record.spilled_from || !record.left.empty();
  return !spilled || !record.policy->spills_free || CameBack(record);
}

const ReplayedConversations::Entry* ReplayedConversations::Find(std::uint64_t conversation,
                                                                std::int64_t now, bool alive) {
  if (const auto old = older_.find(conversation); old != older_.end()) {
    const Entry entry = old->second;
    older_.erase(old);
    Set(conversation, entry);
  }
  const auto found = recent_.find(conversation);
  if (found == recent_.end()) return nullptr;
  Entry& entry = found->second;
  if (!alive && now - entry.used > kLifetime) {
    recent_.erase(found);
    return nullptr;
  }
  entry.used = std::max(entry.used, now);
  return &entry;
}

void ReplayedConversations::Set(std::uint64_t conversation, const Entry& entry) {
  older_.erase(conversation);
  if (recent_.size() >= most_ && !recent_.contains(conversation)) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  recent_[conversation] = entry;
}

void ReplayedConversations::AsRecorded(std::uint64_t conversation) {
  older_.erase(conversation);
  recent_.erase(conversation);
}

}  // namespace headgate::routing
