#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::policy {

// Removes Headgate's secrets from text that came from outside, such as the error message of a
// backend that quotes a refused key.
//
// Every run of 8 or more characters that also occurs in a secret becomes "***". So a key of which a
// vendor shows the two ends is caught too. A secret of fewer than 8 characters is replaced where it
// occurs as a whole. Runs that overlap or touch become one "***". Characters are bytes. A secret
// that contains '*' may seem to reappear beside a mask although the text did not contain it.
//
// One exception: an ordinary word in a longer secret ("provider" in `provider-key-1`) reveals
// nothing about the secret, and masking it would remove the word from every message. A run within
// such a word and the separators around it stays, unless further characters of the secret stand
// beside it. ordinary_words.h defines ordinary words; a random key has none.
//
// The runs of 8 of all secrets are sorted 64-bit numbers behind a filter of the byte pairs that
// occur in them: a pair that no secret has excludes seven positions at once. An Aho-Corasick
// automaton would read every byte and need kilobytes of tables for each byte of a secret.
// Immutable; thread-safe.
class Scrubber {
 public:
  // Empty secrets are ignored.
  explicit Scrubber(std::vector<std::string> secrets);

  std::string Scrub(std::string_view text) const;

 private:
  void AddRuns(std::string_view secret);

  // The number of bytes to mask at the front of `text`. `inside`: its first byte is masked already,
  // so that a word of a secret continues the mask.
  std::size_t RunAt(std::string_view text, bool inside) const;

  std::vector<std::uint64_t> runs_;   // first character in the highest byte; ascending
  std::vector<std::uint64_t> words_;  // runs within ordinary words, ascending; disjoint from runs_
  std::bitset<65536> pairs_;          // consecutive bytes that occur in secrets
  // Texts that are masked as a whole: short secrets, and ordinary words with the next character of
  // their secret, so that a whole secret is masked from its first byte. Longest first.
  std::vector<std::string> wholes_;
};

}  // namespace headgate::policy
