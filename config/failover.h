#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config/base/enum_words.h"
#include "config/supply.h"

namespace headgate::config {

// How a route behaves when attempts fail or are slow. Part of config.h: immutable after loading,
// safe to share between threads.

// `attempts`: what is tried before nothing is left.
struct Attempts {
  int same_target = 1;         // further attempts at one target, after faults that may pass; 0..5
  std::optional<int> targets;  // the most targets of a plan that are tried; absent: all
  // The pause before the same server is asked again. It is doubled with each further attempt, and
  // a random part of up to a half is left out.
  Milliseconds backoff{100};
};

// `commit`: when an answer begins to go to the client. Until then a fault of the backend is
// invisible, because another attempt can replace the answer.
enum class CommitAt : std::uint8_t { kFirstToken, kHold, kComplete };
// kHold has no word: {hold: 2s} is written instead.
inline constexpr std::array kCommitWords = {
    EnumWord<CommitAt>{"first_token", CommitAt::kFirstToken},
    EnumWord<CommitAt>{"complete", CommitAt::kComplete}};
struct Commit {
  CommitAt at = CommitAt::kFirstToken;
  Milliseconds hold{0};  // of kHold: from the first token on
};

// `hedge`: a second attempt at another target while the first target is silent.
struct Hedge {
  // The silence after which it begins; absent: the 95th percentile of the target's times to first
  // token.
  std::optional<Milliseconds> after;
  std::int64_t at_most = 50'000;  // of the requests, in millionths; > 0
};

struct Failover {
  Attempts attempts;
  Commit commit;
  std::size_t hold_limit = 8u << 20;  // bytes of an answer that are held; beyond it the hold ends
  // How long the client of a held stream hears nothing before it gets an SSE comment, or kNever.
  Milliseconds held_comments{10'000};
  bool resume = false;  // a broken stream goes on at another target that supports prefill
  std::optional<Hedge> hedge;
};

}  // namespace headgate::config
