#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "loadtest/load/traffic/scenario.h"

namespace headgate::loadtest::load {

using Random = std::mt19937_64;

// A size in `range`, log-uniform: each power of two is as likely as any other.
std::int64_t DrawLogUniform(const Range<std::int64_t>& range, Random& random);

// A moment in `range`, uniform.
std::chrono::nanoseconds DrawUniform(const Range<std::chrono::nanoseconds>& range, Random& random);

// The texts of requests that differ from each other. They are pieces of one long prose, cut at
// random places, so that a large prompt costs a copy and two prompts have no common start.
// Thread-compatible.
class Prompts {
 public:
  explicit Prompts(std::uint64_t seed) : seed_(seed), random_(seed) {}

  // The prompt of the next request, or of the next turn of a conversation.
  std::string Next(const MixEntry& entry);
  // The system prompt of the next conversation, which may be empty, and its number of turns.
  std::string NextSystem(const ChatShape& chat);
  std::int64_t NextTurns(const ChatShape& chat) {
    return std::uniform_int_distribution<std::int64_t>(chat.turns.low, chat.turns.high)(random_);
  }

 private:
  std::string Piece(std::size_t bytes);

  const std::uint64_t seed_;
  Random random_;
  std::string prose_;  // made when it is first needed
};

// The messages of one conversation so far. Thread-compatible.
class Conversation {
 public:
  // `system` may be empty.
  explicit Conversation(const std::string& system);

  void Ask(const std::string& text) { Add("user", text); }
  void Answer(const std::string& text) { Add("assistant", text); }
  // The JSON of the messages array.
  std::string Messages() const { return "[" + messages_ + "]"; }

 private:
  void Add(const char* role, const std::string& text);

  std::string messages_;
};

}  // namespace headgate::loadtest::load
