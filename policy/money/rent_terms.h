#pragma once

#include <cstdint>

#include "config/base/money.h"
#include "config/prices.h"

namespace headgate::policy {

// What a replica, or a slot, costs at which hours. Pure and thread-safe. All amounts are
// nano-dollars.

// The rent for an hour that holds at a time: that of the hours of the day in it, else `per_hour`.
NanoUsd RentAt(const config::RentTerms& terms, std::int64_t unix_seconds);

// The rent of a whole day, rounded half up.
NanoUsd RentOfDay(const config::RentTerms& terms);
// The mean rent for an hour of the day, rounded down.
NanoUsd MeanRent(const config::RentTerms& terms);

// The rent of one of `slots` >= 1 slots: each rent divided, rounded down.
config::RentTerms OfOneSlot(const config::RentTerms& terms, int slots);

}  // namespace headgate::policy
