// The cost of prefix affinity for a request: the hashes of its prompt, and which replica has them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/affinity/affinity_choice.h"
#include "backends/affinity/prefix_hash.h"
#include "backends/affinity/prefix_index.h"
#include "config/base/split_mix.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kReplicas = 4;

// Hashes a chat of `size` bytes in turns of 600 bytes.
PrefixHashes HashesOf(std::string_view text) {
  constexpr std::size_t kTurn = 600;
  PrefixHasher hasher(PrefixSeed("qwen-2.5-32b", "search"));
  for (std::size_t at = 0; at < text.size(); at += kTurn) {
    hasher.Add(at / kTurn % 2 == 0 ? TextRole::kUser : TextRole::kAssistant,
               text.substr(at, kTurn));
  }
  return hasher.Finish();
}

std::string Text(std::size_t size) {
  config::SplitMix64 random(1);
  std::string text;
  while (text.size() < size) text += std::to_string(random.Next()) + ' ';
  text.resize(size);
  return text;
}

PrefixHashes Prompt(std::uint64_t chat, std::size_t blocks) {
  config::SplitMix64 random(chat);
  PrefixHashes hashes(blocks);
  std::generate(hashes.begin(), hashes.end(), [&random] { return random.Next(); });
  return hashes;
}

void HashPrompt(benchmark::State& state) {
  const std::string text = Text(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(HashesOf(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(HashPrompt)->Arg(1 << 10)->Arg(4 << 10)->Arg(64 << 10)->Arg(320 << 10);

// Turns of 2,000 chats. All replicas are full and forget for each new prompt.
void MatchChooseNote(benchmark::State& state) {
  const auto blocks = static_cast<std::size_t>(state.range(0));
  PrefixIndex index(kReplicas);
  for (std::uint64_t chat = 0; chat < 1000; ++chat) {
    for (std::size_t i = 0; i < kReplicas; ++i) index.Note(Prompt(100'000 + chat + i, 64), i);
  }
  config::SplitMix64 random(2);
  std::array<AffinityReplica, kReplicas> replicas;
  for (auto _ : state) {
    state.PauseTiming();
    const PrefixHashes prompt = Prompt(random.Next() % 2000, blocks);
    state.ResumeTiming();
    const MatchedBlocks matched = index.Match(prompt);
    for (std::size_t i = 0; i < kReplicas; ++i) replicas[i].matched = matched[i];
    const AffinityChoice choice = ChooseByAffinity(replicas, prompt.size());
    index.Note(prompt, choice.candidates[random.Next() % choice.candidates.size()]);
  }
}
BENCHMARK(MatchChooseNote)->Arg(4)->Arg(64)->Arg(128);

// Two workers ask the same index.
void MatchAndNoteShared(benchmark::State& state) {
  static PrefixIndex* const index = new PrefixIndex(kReplicas);
  config::SplitMix64 random(static_cast<std::uint64_t>(state.thread_index()));
  for (auto _ : state) {
    const PrefixHashes prompt = Prompt(random.Next() % 2000, 8);
    benchmark::DoNotOptimize(index->Match(prompt));
    index->Note(prompt, random.Next() % kReplicas);
  }
}
BENCHMARK(MatchAndNoteShared)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
}  // namespace headgate::backends

BENCHMARK_MAIN();
