#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace headgate::routing {

// A text that a policy looks for in requests. Conditions share equal patterns.
struct Pattern {
  enum class Source : std::uint8_t { kHeader, kMetadata, kKey, kTeam };
  Source source = Source::kHeader;
  std::string name;  // of the header (lower case) or metadata entry; empty for the others
  std::string glob;  // "*": is present, empty or not
  bool operator==(const Pattern&) const = default;
};

// Which patterns of a policy a request matches: one bit each, so that a decision and its record
// hold no text of the request. A pattern may also be unknown, if a recorded request was never
// compared with it. Thread-compatible; reused without allocation.
class Facts {
 public:
  // Makes all `patterns` known and not matched.
  void Reset(std::size_t patterns) {
    matched_.assign((patterns + 63) / 64, 0);
    unknown_.clear();
  }
  void Set(std::size_t pattern) { matched_[pattern / 64] |= Bit(pattern); }
  void SetUnknown(std::size_t pattern) {
    if (unknown_.empty()) unknown_.assign(matched_.size(), 0);
    unknown_[pattern / 64] |= Bit(pattern);
  }
  // Adds the matches of `other`. REQUIRES: `other` is of the same policy.
  void Add(const Facts& other) {
    for (std::size_t i = 0; i < other.matched_.size(); ++i) matched_[i] |= other.matched_[i];
  }
  bool Has(std::size_t pattern) const { return (matched_[pattern / 64] & Bit(pattern)) != 0; }
  // Whether one of the patterns of `mask`, bits of this word, matches or is unknown.
  bool HasOneOf(std::size_t word, std::uint64_t mask) const { return (matched_[word] & mask) != 0; }
  bool IsUnknownOneOf(std::size_t word, std::uint64_t mask) const {
    return !unknown_.empty() && (unknown_[word] & mask) != 0;
  }
  std::size_t words() const { return matched_.size(); }
  bool operator==(const Facts&) const = default;

 private:
  static constexpr std::uint64_t Bit(std::size_t pattern) {
    return std::uint64_t{1} << (pattern % 64);
  }
  std::vector<std::uint64_t> matched_;
  std::vector<std::uint64_t> unknown_;  // empty: all are known
};

}  // namespace headgate::routing
