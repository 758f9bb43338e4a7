#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "policy/plan/month.h"
#include "policy/plan/options.h"

namespace headgate::policy {

inline constexpr std::int64_t kThousandth = 1'000'000;  // of a dollar, in nano-dollars

inline HourProfile FlatDay() {
  HourProfile hours{};
  hours.fill(1);
  return hours;
}

// A day of 12 busy and 12 quiet hours; the busy ones have three times the traffic: a peak of 1.5.
inline HourProfile DayAndNight() {
  HourProfile hours = FlatDay();
  for (std::size_t hour = 8; hour < 20; ++hour) hours[hour] = 3;
  return hours;
}

inline Demand OneClass(std::int64_t input, std::int64_t output, HourProfile hours = FlatDay()) {
  Demand demand;
  demand.classes.push_back({.name = "all", .tokens = {.input = input, .output = output}});
  demand.hours = hours;
  return demand;
}

// Prices in thousandths of a dollar per 1M tokens.
inline PaidTarget Api(std::int64_t input, std::int64_t output) {
  PaidTarget api;
  api.name = "api";
  api.price.input = input * kThousandth;
  api.price.output = output * kThousandth;
  return api;
}

inline SelfHosting Replica(NanoUsd rent_per_month,
                           std::optional<std::int64_t> tokens_per_second = std::nullopt) {
  SelfHosting self;
  self.name = "gpu";
  self.rent_per_replica_month = rent_per_month;
  if (tokens_per_second) self.tokens_per_hour = *tokens_per_second * 3600;
  return self;
}

}  // namespace headgate::policy
