#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::policy {

// Takes our secrets out of text that came from outside, such as a backend's error message that
// quotes the key it refused.
//
// Every run of 8 or more consecutive characters that also stands consecutively in a secret becomes
// "***", so a key that a vendor shows by its two ends is caught too; a secret of fewer than 8
// characters is replaced where it stands whole. Runs that overlap or touch become one "***".
// Characters are bytes. A secret that has '*' in it may seem to reappear beside a mask; nothing of
// it was in the text.
//
// One exception: an ordinary word that is a part of a longer secret ("provider" of
// `provider-key-1`) says nothing about the secret and would take the same word out of every
// message. A run that lies within such a word and the separators around it is left alone, unless
// characters of the secret beyond them stand beside it. ordinary_words.h says what an ordinary word
// is; in a random key there is none.
//
// The runs of 8 of all secrets are kept as sorted 64-bit numbers, behind a filter of the byte pairs
// that occur in them: a pair that is in no secret rules out seven places at once. An Aho-Corasick
// automaton would read every byte and take kilobytes of table per byte of secret.
// Immutable; thread-safe.
class Scrubber {
 public:
  // Empty secrets are ignored.
  explicit Scrubber(std::vector<std::string> secrets);

  std::string Scrub(std::string_view text) const;

 private:
  friend class StreamScrubber;

  // What is known from text before the place that is looked at.
  struct Progress {
    std::size_t covered = 0;  // bytes from here that a run found earlier reaches over
    bool masked = false;      // the byte before was masked, so a mask is already written
  };

  // Appends what is settled of `text`, scrubbed, to `out` and returns its length; the rest may
  // still become part of a run and is shorter than a run. With `last` everything is settled.
  std::size_t Settle(std::string_view text, bool last, Progress& progress, std::string& out) const;

  void AddRuns(std::string_view secret);

  // How much is masked at the front of `text`; 0 when nothing is. `inside`: what stands there is
  // masked already, so that a word of a secret goes on with it.
  std::size_t RunAt(std::string_view text, bool inside) const;

  // Whether more characters could make `text` something that is masked.
  bool MayBecomeRun(std::string_view text) const;

  std::vector<std::uint64_t> runs_;   // first character in the highest byte; ascending
  std::vector<std::uint64_t> words_;  // runs within ordinary words, likewise; none is in runs_
  std::bitset<65536> pairs_;          // consecutive bytes that occur in secrets
  // What is masked where it stands whole: short secrets, and ordinary words with what comes behind
  // them in a secret, so that a whole secret is masked from its first byte. Longest first.
  std::vector<std::string> wholes_;
};

// Scrubs a text that comes in pieces: the pieces returned, put together, equal Scrub() of the
// pieces fed, put together, wherever they were torn. Holds back only an end that could be the
// beginning of what is masked: at most 7 bytes, or an ordinary word of a secret. Thread-compatible.
class StreamScrubber {
 public:
  // `scrubber` must outlive this.
  explicit StreamScrubber(const Scrubber& scrubber) : scrubber_(scrubber) {}

  // What can be passed on after this piece; may be empty.
  std::string Feed(std::string_view piece);

  // What was held back. Afterwards a new text may begin.
  std::string Finish();

 private:
  const Scrubber& scrubber_;
  std::string held_;
  Scrubber::Progress progress_;
};

}  // namespace headgate::policy
