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

  // Length of the longest run that begins at the front of `text`, as far as 8; 0 when none does.
  std::size_t RunAt(std::string_view text) const;

  // Whether more characters could make a run of `text`, which is shorter than a run.
  bool MayBecomeRun(std::string_view text) const;

  std::vector<std::uint64_t> runs_;         // first character in the highest byte; ascending
  std::bitset<65536> pairs_;                // consecutive bytes that occur in runs_
  std::vector<std::string> short_secrets_;  // longest first
};

// Scrubs a text that comes in pieces: the pieces returned, put together, equal Scrub() of the
// pieces fed, put together, wherever they were torn. Holds back only an end that could be the
// beginning of a run, at most 7 bytes. Thread-compatible.
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
