#include "routing/training/templates.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace headgate::routing {
namespace {

constexpr std::size_t kRun = 3;         // words
constexpr std::size_t kMostWords = 60;  // of a text; a template shows early
constexpr int kOften = 3;

using Hash = std::uint64_t;
constexpr Hash kStart = 0xCBF29CE484222325u;  // FNV-1a

Hash Mixed(Hash hash, char c) { return (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u; }

bool IsWordByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

// The words without their case, as hashes.
std::vector<Hash> Words(std::string_view text) {
  std::vector<Hash> words;
  Hash word = kStart;
  bool inside = false;
  for (const char c : text) {
    if (IsWordByte(c)) {
      word = Mixed(word, c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
      inside = true;
    } else if (inside) {
      words.push_back(word);
      if (words.size() == kMostWords) return words;
      word = kStart;
      inside = false;
    }
  }
  if (inside) words.push_back(word);
  return words;
}

// The different runs of three words, each with the source; a shorter text is one run.
std::vector<Hash> Runs(const Example& example) {
  const std::vector<Hash> words = Words(example.text);
  Hash source = kStart;
  for (const char c : example.source) source = Mixed(source, c);
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
  std::unordered_map<Hash, int> texts;  // that have the run
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
