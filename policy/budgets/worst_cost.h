#pragma once

#include <cstdint>

#include "config/base/money.h"
#include "config/prices.h"
#include "config/supply.h"

namespace headgate::policy {

// How many web searches one call is taken to make if it may search. Nobody knows the number before
// the answer: Anthropic's `max_uses` has no default, and its examples set 5 (Anthropic docs, "Web
// search tool", 2026). A call that makes more may cost more than WorstCost says.
inline constexpr std::int64_t kAssumedWebSearches = 10;

// The most that a call may use. All are >= 0.
struct MostUsage {
  std::int64_t input = 0;   // tokens, cached or not
  std::int64_t output = 0;  // tokens, of all choices
  std::int64_t web_searches = 0;
};

// The most that a call may cost at a paid API which begins at `unix_seconds` (since 1970) or later
// and uses no more than `most`: CostOf of every usage within `most`, in every tier, at every time
// from then on is at most this. It counts the list that is in force then and the lists of all later
// changes, at all hours of the day. Of each list it counts all tiers that the answer may name, the
// context tiers that the input can reach, the highest price of any kind of input (cached, or
// written to a cache for 5 minutes or an hour) and the charges for the request and for searches.
// Lists that a change has replaced before `unix_seconds` do not count. In nano-dollars, rounded up;
// saturates at the int64 maximum. Pure.
NanoUsd WorstCost(const config::Prices& prices, const MostUsage& most, std::int64_t unix_seconds);

// The most rent that a slot may cost which is held for `time`: all of the replica's, at the highest
// rent of any hour of the day. In nano-dollars, rounded up; saturates at the int64 maximum. Pure.
NanoUsd WorstRent(const config::RentTerms& terms, config::Milliseconds time);

}  // namespace headgate::policy
