#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/base/parsed.h"
#include "policy/plan/options.h"

namespace headgate::gateway {

// Parse the values of the flags of `headgate plan` into exact integers. A complaint says what is
// wrong and what to write. Pure and thread-safe.

// `CLASS=VALUE`, or VALUE alone for all classes (an empty name).
struct ClassValue {
  std::string name;
  std::int64_t value = 0;
};

// "500M/day", "code=1.5B/month", "batch=100kx2000/day" (requests x tokens each): tokens a month.
// Units: k, M, B, T; hour, day, month.
config::Parsed<ClassValue> ParseVolume(std::string_view text);

// "2x", "0.5x" of what was observed: millionths. nullopt: it is not of this form.
std::optional<std::int64_t> ParseTimes(std::string_view text);

// "25%", "code=10%": millionths.
config::Parsed<ClassValue> ParseShare(std::string_view text);

// "10%", "-5%" a month, above -100%: millionths.
config::Parsed<std::int64_t> ParseGrowth(std::string_view text);

// "2.10", "2.10/hour", "50/day", "2500/month": nano-dollars a month.
config::Parsed<NanoUsd> ParseRent(std::string_view text);

// Tokens a second, "2500" or "2.5k": tokens an hour, at least 1.
config::Parsed<std::int64_t> ParseThroughput(std::string_view text);

// "2.5": the busiest moment over the average, in millionths, 1 to 1000.
config::Parsed<std::int64_t> ParsePeak(std::string_view text);

// "flat", "day", "office", or 24 whole weights with commas, midnight first.
config::Parsed<policy::HourProfile> ParseHours(std::string_view text);

// "3.00" (any token), "0.55/2.19" (input/output), "0.55/0.14/2.19" (input/cached input/output) in
// USD per 1M tokens; or a model of the shipped catalogue with its list price. `NAME=` in front
// gives another name.
struct ApiValue {
  policy::PaidTarget target;
  bool listed = false;  // its price is that of the catalogue
};
config::Parsed<ApiValue> ParseApi(std::string_view text);

}  // namespace headgate::gateway
