#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "gateway/cli/plan/traffic/traffic_source.h"
#include "policy/plan/options.h"

namespace headgate::gateway {

// The flags of `headgate plan`, as they were written; empty: not given.
struct PlanFlags {
  std::string config;  // a path, for the words of assumptions
  std::string backend;
  std::vector<std::string> volumes;
  std::vector<std::string> output_shares;
  std::vector<std::string> cached_shares;
  std::string growth;
  std::string rent;
  std::string throughput;
  std::string replicas;
  std::string utilisation;
  std::string hours;
  std::string peak;
  std::string ttft;
  std::string busy;
  std::vector<std::string> apis;
  std::string against;
};

// An input of the plan and where it comes from.
struct Assumption {
  std::string input;
  std::string value;
  std::string source;  // "given", "assumed", a configuration file, "observed …"
};
inline constexpr const char* kGiven = "given";
inline constexpr const char* kAssumed = "assumed";

// What the observed traffic cost as it was routed, for a month of it.
struct RoutedToday {
  NanoUsd elsewhere = 0;         // booked at all backends but the one of the plan
  std::int64_t home_tokens = 0;  // that its replicas served
  std::int64_t tokens = 0;       // all
};

// What is to be worked out. Plain values.
struct PlanQuestion {
  policy::PlanCase plan;
  std::int64_t growth = 0;                  // millionths a month
  std::vector<policy::PaidTarget> targets;  // all of them, that of `plan` included
  std::string why_target;                   // why `plan` has the target that it has
  std::optional<std::int64_t> replicas;     // there are now
  // How busy the replicas were while they showed the throughput of `plan`: the share of their slots
  // that was held, in millionths, 1 to kMillion. Absent: not known, or the throughput is given.
  std::optional<std::int64_t> busy;
  std::optional<RoutedToday> today;  // absent: nobody knows
  std::string short_span;            // what the headline says of traffic of less than a day
  std::vector<Assumption> assumptions;
  std::vector<std::string> cautions;
};

// Puts flags, configuration and traffic together; either of the last two may be null. A flag
// replaces what the configuration or the traffic says. Every error says what to write. Pure.
absl::StatusOr<PlanQuestion> AskPlan(const PlanFlags& flags, const config::Config* config,
                                     const TrafficSource* traffic);

}  // namespace headgate::gateway
