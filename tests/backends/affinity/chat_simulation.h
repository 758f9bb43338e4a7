#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "backends/affinity/affinity_choice.h"
#include "backends/affinity/prefix_index.h"
#include "config/base/split_mix.h"

namespace headgate::backends {

// The KV cache of a simulated replica, which knows nothing of hashes: blocks of 16 tokens by whose
// text they are and where, the least recently used block is forgotten.
class SimulatedCache {
 public:
  // Whose text, and the number of the block from the beginning of the prompt.
  using Block = std::pair<std::uint64_t, std::size_t>;
  explicit SimulatedCache(std::size_t most) : most_(most) {}
  // Returns how many leading blocks it has, and counts them as used.
  std::size_t Find(const std::vector<Block>& prompt);
  void Keep(const std::vector<Block>& prompt);

 private:
  void Use(const Block& block);
  const std::size_t most_;
  std::list<Block> order_;
  absl::flat_hash_map<Block, std::list<Block>::iterator> places_;
};

// Chats with a pool of replicas, in virtual time: 20 conversations at once of 5 to 8 turns, each
// with one of six system prompts of which some are much more popular. A conversation that ends is
// followed by another one. No threads, no clocks: the same seed gives the same chats whatever the
// placement.
class ChatSimulation {
 public:
  static constexpr std::size_t kReplicas = 4;
  static constexpr int kSlots = 8;  // of a replica
  enum class Placement : std::uint8_t { kRandom, kLeastInFlight, kAffinity };

  struct Options {
    Placement placement = Placement::kRandom;
    std::uint64_t seed = 1;
    std::size_t cache_tokens = 16'000;  // of a replica; the chats of one moment have about 50,000
    std::size_t index_blocks = PrefixIndex::kBlocks;
  };

  struct Result {
    double cached_tokens = 0;
    double attainable_tokens = 0;  // that one cache for all replicas would have, without a limit
    double prompt_tokens = 0;
    double mean_ttft_ms = 0;
    // Highest of a replica divided by the mean of all: requests served, and requests in flight over
    // the time.
    double served_ratio = 0;
    double in_flight_ratio = 0;
    std::array<int, 4> affinities = {};  // by Affinity
  };

  explicit ChatSimulation(const Options& options);
  Result Run(int conversations);

 private:
  struct Conversation {
    std::uint64_t id = 0;
    int turns_left = 0;
    std::size_t system = 0;          // which system prompt
    std::vector<std::string> texts;  // the user's and the assistant's in turn
    config::SplitMix64 random{0};    // its own, so that chats do not depend on the placement
  };
  struct Replica {
    explicit Replica(std::size_t cache_blocks) : cache(cache_blocks) {}
    SimulatedCache cache;
    int in_flight = 0;
    int served = 0;
    double busy = 0;          // the sum of in-flight requests over the time, in ms
    double prefill_free = 0;  // when it has worked off the prompts before, in ms
  };
  struct Event {
    double at_ms = 0;
    std::uint64_t order = 0;  // of events at the same time
    std::function<void()> run;
    bool operator>(const Event& other) const {
      return std::pair(at_ms, order) > std::pair(other.at_ms, other.order);
    }
  };
  static constexpr std::size_t kSystems = 6;

  void At(double ms, std::function<void()> run);
  void Begin(std::size_t place);
  void Ask(std::size_t place);
  void Answered(std::size_t place, std::size_t replica);
  std::size_t Place(const Conversation& chat);
  std::size_t LessLoaded(const absl::InlinedVector<std::size_t, 8>& candidates);
  PrefixHashes HashesOf(const Conversation& chat) const;
  std::vector<SimulatedCache::Block> BlocksOf(const Conversation& chat) const;
  double Prefill(const Conversation& chat, Replica& replica);
  Result Sums() const;

  const Options options_;
  config::SplitMix64 random_;  // of the placement
  std::array<std::string, kSystems> systems_;
  std::vector<Conversation> chats_;
  std::vector<Replica> replicas_;
  SimulatedCache everything_;
  PrefixIndex index_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  double now_ms_ = 0;
  std::uint64_t next_event_ = 0;
  int to_begin_ = 0;
  int requests_ = 0;
  double ttft_ms_ = 0;
  Result result_;
};

}  // namespace headgate::backends
