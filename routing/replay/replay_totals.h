#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/money.h"
#include "routing/policy/policy.h"
#include "routing/replay/duration_histogram.h"
#include "routing/replay/replay_bill.h"

namespace headgate::routing {

// The results of a replay. Plain values.

// How many requests a sum covers, and how many it leaves out because their amount is unknown.
struct ReplayCoverage {
  std::uint64_t known = 0;
  std::uint64_t unknown = 0;
  void Count(bool is_known) { ++(is_known ? known : unknown); }
  // Every amount is unknown, so there is no sum to show.
  bool Nothing() const { return known == 0 && unknown > 0; }
};

// Requests and what they cost by the token, before and after.
struct ReplayRow {
  std::uint64_t requests_before = 0;
  std::uint64_t requests_after = 0;
  NanoUsd cost_before = 0;
  NanoUsd cost_after = 0;
  ReplayCoverage before_coverage;
  ReplayCoverage after_coverage;
};

// Expected times of answers, with their waits in queues where those are known. `unknown` counts
// answers of targets for which no time was recorded.
struct ReplayTimes {
  DurationHistogram ttft;  // of streams
  ReplayCoverage ttft_coverage;
  DurationHistogram duration;
  ReplayCoverage duration_coverage;
};

// The times of one route or class. An answer that stays at its target keeps its recorded times. An
// answer that moves gets the recorded times of its new target, after the wait that was predicted
// there.
struct ReplayLatency {
  ReplayTimes before;
  ReplayTimes after;
};

// All decided requests under one of the two policies. Sums leave out unknown amounts. The times are
// those of all routes together.
struct ReplaySide : ReplayTimes {
  std::uint64_t planned = 0;
  std::array<std::uint64_t, 5> refused{};  // by Outcome; kPlanned stays 0
  std::uint64_t unpriced = 0;       // answered by a target without a price: the cost is unknown
  std::uint64_t without_usage = 0;  // planned, but no answer was recorded: refused then, or failed
  NanoUsd cost = 0;                 // of answers, paid by the token
  ReplayCoverage cost_coverage;     // planned requests
  NanoUsd failed_cost = 0;          // of attempts that failed, paid by the token
  ReplayCoverage failed_cost_coverage;  // attempts
  NanoUsd rent = 0;                     // of self-hosted slots, amortised, answers and failures
  ReplayCoverage rent_coverage;         // attempts; unknown: no time was recorded
  // Of planned requests, without those that were refused all the same (refused_with_plan).
  std::uint64_t waited = 0;      // in queues
  std::int64_t waited_us = 0;    // all of them together
  ReplayCoverage wait_coverage;  // unknown: the recording has no waits
  // Targets that get answers although no stream of theirs, or no answer at all, was recorded.
  std::vector<std::string> targets_without_ttft;
  std::vector<std::string> targets_without_duration;
  // Configured rent, busy or not; nullopt: the recording has none.
  std::optional<std::vector<BackendRent>> rents;
  // By self-hosted backend: requests that were planned there while all its slots were in use.
  std::map<std::string, std::uint64_t> crowded;
};

// Why requests are undecided. `name` is a pattern, a target, a key or a topic; `where` is a route
// or class that reads it. A request can have several causes.
struct ReplayCause {
  std::string reason;  // fact, target, key, hints
  std::string name;
  std::string where;  // may be empty
  std::uint64_t requests = 0;
};

struct ReplayMove {
  std::string id;
  std::string from;
  std::string to;
  NanoUsd cost_before = 0;
  NanoUsd cost_after = 0;
  bool conversation = false;  // it follows its conversation to where one of the policies put it
  NanoUsd Increase() const { return cost_after - cost_before; }
};

struct ReplayTarget {
  // As recorded, without waits in queues.
  DurationHistogram ttft;  // of streams
  DurationHistogram duration;
};

// A backend with other slots than when it was recorded, which decisions do not use.
struct ReplaySlots {
  std::string backend;
  std::int64_t slots = 0;  // of one replica, as the next
  std::int64_t recorded = 0;
  std::int64_t replicas = 0;  // that are configured
};

// A backend whose decisions use another number of slots than was recorded (`--replicas`).
struct ReplayPool {
  std::string backend;
  std::int64_t slots = 0;     // of all replicas, as the next
  std::int64_t recorded = 0;  // 0: not recorded
  std::uint64_t waited = 0;   // requests that waited for its slots when they were recorded
};

// What a policy would have done to recorded traffic.
struct ReplayTotals {
  std::uint64_t requests = 0;  // all requests that were read
  ReplaySpan span;             // of these requests
  // Requests that another topic model than that of the policy after has read.
  std::uint64_t other_topic_model = 0;
  bool rents_changed = false;  // during the recording; the last rents count as "before"
  // Undecided requests: the record does not say what the policy does. All sums below omit them.
  std::uint64_t undecided_fact =
      0;  // depends on a header or metadata pattern that was not recorded
  std::uint64_t undecided_target = 0;  // depends on the state of a target that was not recorded
  std::uint64_t undecided_key = 0;     // the policy has no key of that name
  std::uint64_t undecided_hints =
      0;  // depends on a hint that its key is trusted with in one policy only
  std::uint64_t undecided_conversation = 0;  // an earlier request of its conversation is undecided
  std::vector<ReplayCause> causes;           // the most frequent first
  NanoUsd undecided_cost = 0;                // booked for undecided requests, paid by the token
  NanoUsd undecided_rent = 0;

  std::uint64_t decided = 0;
  std::uint64_t moved = 0;          // the first choice changed, or there is none after
  std::uint64_t unnumbered = 0;     // continue a conversation that the record does not identify
  std::uint64_t newly_refused = 0;  // planned before, refused after
  std::uint64_t newly_planned = 0;  // refused before, planned after
  std::uint64_t answered = 0;       // have usage, from which costs are computed
  std::uint64_t estimated = 0;      // of these: with usage that Headgate estimated
  std::uint64_t without_answer = 0;
  // Requests with a plan that were refused all the same when they were recorded, by the word of the
  // access log. It is not known what another policy would have refused so.
  std::map<std::string, std::uint64_t, std::less<>> refused_with_plan;
  bool as_recorded = true;  // "before" is what was recorded
  std::vector<ReplaySlots> other_slots;
  std::vector<ReplayPool> pools;
  NanoUsd booked_cost = 0;  // as recorded: paid by the token, failed attempts included
  NanoUsd booked_rent = 0;
  ReplaySide before;
  ReplaySide after;
  std::map<std::pair<std::string, std::string>, std::uint64_t> moves;  // from, to
  // The same, the most frequent first.
  using Move = std::pair<std::uint64_t, std::pair<std::string, std::string>>;
  std::vector<Move> MovesByCount() const;
  std::map<std::string, ReplayRow> classes;
  std::map<std::string, ReplayRow> routes;
  std::map<std::string, ReplayLatency> class_times;
  std::map<std::string, ReplayLatency> route_times;
  std::map<std::string, ReplayRow> teams;
  std::map<std::string, ReplayRow> targets;  // of first choice
  // Requests that left a full target, by this target, and what their answers cost elsewhere.
  std::map<std::string, ReplayRow> spills;
  ReplayRow Spilled() const;  // all of them
  std::map<std::string, ReplayTarget> recorded;
  std::vector<ReplayMove> most_expensive_moves;  // the ten most expensive moves, by what they add

  std::uint64_t Undecided() const {
    return undecided_fact + undecided_target + undecided_key + undecided_hints +
           undecided_conversation;
  }
};

}  // namespace headgate::routing
