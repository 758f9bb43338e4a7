#include "tests/backends/affinity/chat_simulation.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headgate::backends {
namespace {

constexpr int kChatsAtOnce = 20;
constexpr std::size_t kBytesPerToken = 4;
constexpr std::size_t kTokensPerBlock = 16;
constexpr std::size_t kBytesPerBlock = kBytesPerToken * kTokensPerBlock;
constexpr double kPrefillTokensPerMs = 4;
constexpr double kMsPerOutputToken = 20;
constexpr double kThinkMs = 5000;

std::size_t Between(std::size_t least, std::size_t most, config::SplitMix64& random) {
  return least + random.Next() % (most - least + 1);
}

double Exponential(double mean, config::SplitMix64& random) {
  return -mean * std::log1p(-static_cast<double>(random.Next() >> 11) * 0x1p-53);
}

std::string Words(std::size_t bytes, config::SplitMix64& random) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(random.Next()) + ' ';
  text.resize(bytes);
  return text;
}

// System prompt number n is twice as popular as number n + 1.
std::size_t PickSystem(std::size_t systems, config::SplitMix64& random) {
  for (std::size_t i = 0; i + 1 < systems; ++i) {
    if (random.Next() % 2 == 0) return i;
  }
  return systems - 1;
}

}  // namespace

// --- SimulatedCache ------------------------------------------------------------------------------

std::size_t SimulatedCache::Find(const std::vector<Block>& prompt) {
  std::size_t found = 0;
  while (found < prompt.size() && places_.contains(prompt[found])) ++found;
  for (std::size_t i = found; i-- > 0;) Use(prompt[i]);
  return found;
}

void SimulatedCache::Keep(const std::vector<Block>& prompt) {
  for (std::size_t i = prompt.size(); i-- > 0;) Use(prompt[i]);
}

void SimulatedCache::Use(const Block& block) {
  const auto found = places_.find(block);
  if (found != places_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return;
  }
  if (places_.size() >= most_) {
    places_.erase(order_.back());
    order_.pop_back();
  }
  order_.push_front(block);
  places_[block] = order_.begin();
}

// --- ChatSimulation ------------------------------------------------------------------------------

ChatSimulation::ChatSimulation(const Options& options)
    : options_(options),
      random_(~options.seed),
      chats_(kChatsAtOnce),
      replicas_(kReplicas, Replica(options.cache_tokens / kTokensPerBlock)),
      everything_(std::numeric_limits<std::size_t>::max()),
      index_(kReplicas, options.index_blocks) {
  config::SplitMix64 random(options.seed);
  for (std::string& system : systems_) system = Words(Between(1000, 6000, random), random);
}

ChatSimulation::Result ChatSimulation::Run(int conversations) {
  to_begin_ = conversations;
  config::SplitMix64 random(options_.seed + 1);
  for (std::size_t i = 0; i < chats_.size(); ++i) {
    At(Exponential(kThinkMs, random), [this, i] { Begin(i); });
  }
  while (!events_.empty()) {
    const Event event = events_.top();
    events_.pop();
    for (Replica& replica : replicas_) {
      replica.busy += replica.in_flight * (event.at_ms - now_ms_);
    }
    now_ms_ = event.at_ms;
    event.run();
  }
  return Sums();
}

void ChatSimulation::At(double ms, std::function<void()> run) {
  events_.push({ms, next_event_++, std::move(run)});
}

void ChatSimulation::Begin(std::size_t place) {
  if (to_begin_ == 0) return;
  Conversation& chat = chats_[place];
  chat = {};
  chat.id = kSystems + static_cast<std::uint64_t>(to_begin_--);
  chat.random = config::SplitMix64(options_.seed ^ (chat.id << 32));
  chat.turns_left = static_cast<int>(Between(5, 8, chat.random));
  chat.system = PickSystem(kSystems, chat.random);
  Ask(place);
}

void ChatSimulation::Ask(std::size_t place) {
  Conversation& chat = chats_[place];
  chat.texts.push_back(Words(Between(200, 1500, chat.random), chat.random));
  const std::size_t chosen = Place(chat);
  Replica& replica = replicas_[chosen];
  ++replica.in_flight;
  ++replica.served;
  const double first_token = Prefill(chat, replica);
  ++requests_;
  ttft_ms_ += first_token - now_ms_;
  chat.texts.push_back(Words(Between(400, 3000, chat.random), chat.random));
  const auto tokens = static_cast<double>(chat.texts.back().size() / kBytesPerToken);
  At(first_token + tokens * kMsPerOutputToken, [this, place, chosen] { Answered(place, chosen); });
}

void ChatSimulation::Answered(std::size_t place, std::size_t replica) {
  Conversation& chat = chats_[place];
  --replicas_[replica].in_flight;
  replicas_[replica].cache.Keep(BlocksOf(chat));
  everything_.Keep(BlocksOf(chat));
  const double think = Exponential(kThinkMs, chat.random);
  const bool more = --chat.turns_left > 0;
  At(now_ms_ + think, [this, place, more] { more ? Ask(place) : Begin(place); });
}

// A replica reads one prompt at a time, and only what it has not cached. Returns when it is done.
double ChatSimulation::Prefill(const Conversation& chat, Replica& replica) {
  const std::vector<SimulatedCache::Block> blocks = BlocksOf(chat);
  const auto cached = static_cast<double>(replica.cache.Find(blocks) * kTokensPerBlock);
  const auto all = static_cast<double>(blocks.size() * kTokensPerBlock);
  result_.cached_tokens += cached;
  result_.attainable_tokens += static_cast<double>(everything_.Find(blocks) * kTokensPerBlock);
  result_.prompt_tokens += all;
  replica.cache.Keep(blocks);
  everything_.Keep(blocks);
  replica.prefill_free =
      std::max(replica.prefill_free, now_ms_) + (all - cached + 1) / kPrefillTokensPerMs;
  return replica.prefill_free;
}

std::vector<SimulatedCache::Block> ChatSimulation::BlocksOf(const Conversation& chat) const {
  std::size_t bytes = systems_[chat.system].size();
  const std::size_t shared = bytes / kBytesPerBlock;
  for (const std::string& text : chat.texts) bytes += text.size();
  std::vector<SimulatedCache::Block> blocks;
  for (std::size_t i = 0; i < bytes / kBytesPerBlock; ++i) {
    blocks.emplace_back(i < shared ? chat.system : chat.id, i);
  }
  return blocks;
}

PrefixHashes ChatSimulation::HashesOf(const Conversation& chat) const {
  PrefixHasher hasher(PrefixSeed("m", "team"));
  hasher.Add(TextRole::kSystem, systems_[chat.system]);
  for (std::size_t i = 0; i < chat.texts.size(); ++i) {
    hasher.Add(i % 2 == 0 ? TextRole::kUser : TextRole::kAssistant, chat.texts[i]);
  }
  return hasher.Finish();
}

std::size_t ChatSimulation::Place(const Conversation& chat) {
  if (options_.placement == Placement::kRandom) return random_.Next() % kReplicas;
  const PrefixHashes hashes =
      options_.placement == Placement::kAffinity ? HashesOf(chat) : PrefixHashes();
  const MatchedBlocks matched = index_.Match(hashes);
  std::array<AffinityReplica, kReplicas> states;
  for (std::size_t i = 0; i < kReplicas; ++i) {
    states[i] = {.room = replicas_[i].in_flight < kSlots,
                 .in_flight = replicas_[i].in_flight,
                 .matched = matched[i]};
  }
  const AffinityChoice choice = ChooseByAffinity(states, hashes.size());
  ++result_.affinities[static_cast<std::size_t>(choice.affinity)];
  const std::size_t chosen = LessLoaded(choice.candidates);
  index_.Note(hashes, chosen);
  return chosen;
}

// The power of two choices, as ReplicaSet has it.
std::size_t ChatSimulation::LessLoaded(const absl::InlinedVector<std::size_t, 8>& candidates) {
  const std::size_t first = random_.Next() % candidates.size();
  if (candidates.size() == 1) return candidates[first];
  const std::size_t step = 1 + random_.Next() % (candidates.size() - 1);
  const std::size_t a = candidates[first];
  const std::size_t b = candidates[(first + step) % candidates.size()];
  return replicas_[b].in_flight < replicas_[a].in_flight ? b : a;
}

ChatSimulation::Result ChatSimulation::Sums() const {
  Result result = result_;
  result.mean_ttft_ms = ttft_ms_ / requests_;
  double most_served = 0;
  double most_busy = 0;
  double busy = 0;
  for (const Replica& replica : replicas_) {
    most_served = std::max(most_served, static_cast<double>(replica.served));
    most_busy = std::max(most_busy, replica.busy);
    busy += replica.busy;
  }
  result.served_ratio = most_served * kReplicas / requests_;
  result.in_flight_ratio = most_busy * kReplicas / busy;
  return result;
}

}  // namespace headgate::backends
