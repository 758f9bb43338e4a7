#include "policy/ledger/running_chunks.h"

#include <algorithm>
#include <utility>

namespace headgate::policy {

RunningChunks::Change RunningChunks::Plan(std::span<const LedgerId> ended,
                                          std::vector<Entry> begun) const {
  Change change{.number = next_, .entries = std::move(begun), .emptied = {}};
  if (chunks_.size() >= kMostChunks) {
    const auto& [number, oldest] = *chunks_.begin();
    for (const Entry& entry : oldest.entries) {
      const auto place = chunk_of_.find(entry.id);
      if (place == chunk_of_.end() || place->second != number) continue;
      if (std::find(ended.begin(), ended.end(), entry.id) != ended.end()) continue;
      const bool again = std::any_of(change.entries.begin(), change.entries.end(),
                                     [&](const Entry& other) { return other.id == entry.id; });
      if (!again) change.entries.push_back(entry);
    }
  }
  absl::flat_hash_map<std::int64_t, std::size_t> leaving;
  const auto leave = [&](LedgerId id) {
    const auto place = chunk_of_.find(id);
    if (place == chunk_of_.end()) return;
    const std::int64_t number = place->second;
    if (++leaving[number] == chunks_.at(number).running) change.emptied.push_back(number);
  };
  for (const LedgerId id : ended) leave(id);
  for (const Entry& entry : change.entries) leave(entry.id);
  return change;
}

void RunningChunks::Leave(LedgerId id) {
  const auto place = chunk_of_.find(id);
  if (place == chunk_of_.end()) return;
  const auto chunk = chunks_.find(place->second);
  if (--chunk->second.running == 0) chunks_.erase(chunk);
  chunk_of_.erase(place);
}

void RunningChunks::Apply(std::span<const LedgerId> ended, Change change) {
  for (const LedgerId id : ended) Leave(id);
  if (change.entries.empty()) return;
  for (const Entry& entry : change.entries) {
    Leave(entry.id);
    chunk_of_[entry.id] = change.number;
  }
  Chunk& chunk = chunks_[change.number];
  chunk.running = change.entries.size();
  chunk.entries = std::move(change.entries);
  next_ = change.number + 1;
}

RunningChunks::Change RunningChunks::Rewrite() {
  Change change{.number = next_, .entries = {}, .emptied = {}};
  for (auto& [number, chunk] : chunks_) {
    for (Entry& entry : chunk.entries) {
      const auto place = chunk_of_.find(entry.id);
      if (place == chunk_of_.end() || place->second != number) continue;
      change.entries.push_back(std::move(entry));
    }
  }
  chunks_.clear();
  chunk_of_.clear();
  return change;
}

}  // namespace headgate::policy
