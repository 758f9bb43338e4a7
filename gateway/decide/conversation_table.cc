#include "gateway/decide/conversation_table.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstring>

#include "config/base/check.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMostOfAPiece = 4u << 10;
constexpr std::size_t kMostInAll = 64u << 10;

void Append(std::string_view text, std::string& out) {
  const std::uint64_t size = text.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out.append(text.substr(0, kMostOfAPiece));
}

}  // namespace

ConversationNamer::ConversationNamer() {
  HEADGATE_CHECK(RAND_bytes(secret_.data(), static_cast<int>(secret_.size())) == 1);
}

std::optional<ConversationId> ConversationNamer::NameOf(std::string_view key,
                                                        const routing::Signals& signals) const {
  if (signals.session_id.empty() && !signals.has_assistant_turn) return std::nullopt;
  std::string text;
  Append(key, text);
  if (!signals.session_id.empty()) {
    text += 'i';
    Append(signals.session_id, text);
  } else {
    text += 'm';
    for (const routing::TextPiece& piece : signals.texts) {
      if (text.size() >= kMostInAll) break;
      text += static_cast<char>('0' + static_cast<int>(piece.role));
      Append(piece.text, text);
      if (piece.role == routing::Role::kAssistant) break;
    }
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  ConversationId id{};
  HEADGATE_CHECK(size >= sizeof id);
  std::memcpy(id.data(), digest.data(), sizeof id);
  return id;
}

std::optional<ConversationTable::Entry> ConversationTable::Find(const ConversationId& id,
                                                                Clock::time_point now) {
  MutexLock lock(mutex_);
  const auto found = nodes_.find(id);
  if (found == nodes_.end()) return std::nullopt;
  const auto node = found->second;
  if (now - node->used > kLifetime) {
    order_.erase(node);
    nodes_.erase(found);
    return std::nullopt;
  }
  node->used = now;
  order_.splice(order_.begin(), order_, node);
  return node->entry;
}

std::optional<ConversationTable::Entry> ConversationTable::Peek(const ConversationId& id,
                                                                Clock::time_point now) const {
  MutexLock lock(mutex_);
  const auto found = nodes_.find(id);
  if (found == nodes_.end() || now - found->second->used > kLifetime) return std::nullopt;
  return found->second->entry;
}

void ConversationTable::Put(const ConversationId& id, const Entry& entry, Clock::time_point now) {
  MutexLock lock(mutex_);
  const auto found = nodes_.find(id);
  if (found != nodes_.end()) {
    *found->second = {id, entry, now};
    order_.splice(order_.begin(), order_, found->second);
    return;
  }
  if (nodes_.size() >= most_) {
    nodes_.erase(order_.back().id);
    order_.pop_back();
  }
  order_.push_front({id, entry, now});
  nodes_[id] = order_.begin();
}

std::size_t ConversationTable::size() const {
  MutexLock lock(mutex_);
  return nodes_.size();
}

}  // namespace headgate::gateway
