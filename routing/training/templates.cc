#include "routing/training/templates.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "config/base/text.h"
#include "routing/text/fnv.h"

namespace headgate::routing {
namespace {

constexpr std::size_t kRun = 3;         // words
constexpr std::size_t kMostWords = 60;  // of a text; templates show at the beginning
constexpr int kOften = 3;

using Hash = std::uint64_t;

bool IsWordByte(char c) {
  return config::IsAlphanumeric(c) || static_cast<unsigned char>(c) >= 0x80;
}

// The words in lower case, as hashes.
std::vector<Hash> Words(std::string_view text) {
  std::vector<Hash> words;
  Hash word = kFnvStart;
  bool inside = false;
  for (const char c : text) {
    if (IsWordByte(c)) {
      const char lowered = config::Lowered(c);
      word = Fnv1a({&lowered, 1}, word);
      inside = true;
    } else if (inside) {
      words.push_back(word);
      if (words.size() == kMostWords) return words;
      word = kFnvStart;
      inside = false;
    }
  }
  if (inside) words.push_back(word);
  return words;
}

// The distinct runs of three words, hashed with the source. A shorter text is one run.
std::vector<Hash> Runs(const Example& example) {
  const std::vector<Hash> words = Words(example.text);
  const Hash source = Fnv1a(example.source);
  std::vector<Hash> runs;
  const auto add = [&](std::size_t begin, std::size_t end) {
    Hash run = source;
    for (std::size_t i = begin; i < end; ++i) run = (run ^ words[i]) * 0x9E3779B97F4A7C15u;
    runs.push_back(run);
  };
  for (std::size_t i = 0; i + kRun <= words.size(); ++i) add(i, i + kRun);
  if (runs.empty()) add(0, words.size());
  std::sort(runs.begin(), runs.end());
  runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
  return runs;
}

}  // namespace

std::vector<bool> TemplatedTexts(const std::vector<Example>& examples) {
  std::unordered_map<Hash, int> texts;  // number of texts with the run
  for (const Example& example : examples) {
    for (const Hash run : Runs(example)) ++texts[run];
  }
  std::vector<bool> templated;
  for (const Example& example : examples) {
    const std::vector<Hash> runs = Runs(example);
    const auto often =
        std::count_if(runs.begin(), runs.end(), [&](Hash run) { return texts[run] >= kOften; });
    templated.push_back(2 * static_cast<std::size_t>(often) >= runs.size());
  }
  return templated;
}

}  // namespace headgate::routing
