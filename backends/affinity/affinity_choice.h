#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/container/inlined_vector.h"

namespace headgate::backends {

// What the choice depends on, for each replica of a backend.
struct AffinityReplica {
  bool usable = true;        // its circuits permit the request
  bool room = true;          // a slot is free, and tokens of KV room where they are limited
  int in_flight = 0;         // our own requests, corrected by what the engine reported
  std::uint8_t matched = 0;  // leading blocks of the prompt that it knows (PrefixIndex::Match)
};

// What became of the prompt's affinity.
enum class Affinity : std::uint8_t {
  kNone,      // no usable replica knows enough of the prompt
  kFollowed,  // replicas that know the longest part, or nearly, are the candidates, or are taken
  kShorter,   // these have too much load or no room; others know a shorter part
  kEscaped,   // no replica that knows enough of the prompt can take the request, or takes it
};

struct AffinityChoice {
  // Indices in ascending order. Empty only if no replica is usable.
  absl::InlinedVector<std::size_t, 8> candidates;
  Affinity affinity = Affinity::kNone;
};

// Returns the replicas among which a request is placed, by the power of two choices as always. It
// is a filter and not a score, so that circuits, slow starts and loads keep their meaning.
//
// 1. A replica takes no request for the sake of its cache if it has no room, or if the request
//    would put it over kMostLoad times the mean load of the usable replicas, rounded up. This is
//    the bound of consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam, SODA
//    2018) and of HAProxy's hash-balance-factor, so a popular system prompt spreads over as many
//    replicas as its traffic needs. With 3/2 instead of 5/4 the simulation has 3 % more cached
//    tokens, and the most loaded replica has up to 1.17 instead of 1.07 times the mean. SGLang's
//    router (2026-11) drops the affinity of all requests while the loads differ by more than 64 and
//    by half; here only the replica in question gives way, and a pool of 20 requests is balanced as
//    well as a pool of 2,000.
// 2. Of the replicas that are left, those are candidates that know at least kNearlyLongest of the
//    longest part that one of them knows. So replicas with the same system prompt share its load.
// 3. If the longest part is under kLeastPart of the prompt's `blocks`, all usable replicas with
//    room are candidates: little is saved, and load decides. Usable replicas without room are
//    candidates only if none has room. llm-d's scorer weighs such a match against the load, and
//    SGLang's router (cache_threshold) also has a least part.
//
// `blocks`: of the prompt; 0 if it has no affinity. Pure: draws nothing at random, because the
// choice between the candidates is drawn after it.
AffinityChoice ChooseByAffinity(std::span<const AffinityReplica> replicas, std::size_t blocks);

// Returns what became of the affinity of a prompt that is sent to the replica `taken`, by what the
// replicas knew of it before. REQUIRES: taken < replicas.size().
Affinity AffinityAt(std::span<const AffinityReplica> replicas, std::size_t taken,
                    std::size_t blocks);

// Returns the most requests that a replica may have in flight, this one included, to be chosen for
// its cache, while `usable` replicas have `in_flight` requests together without this one.
// REQUIRES: usable > 0.
int AffinityLoadLimit(std::int64_t in_flight, std::int64_t usable);

}  // namespace headgate::backends
