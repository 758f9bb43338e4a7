#pragma once

#include <cstdint>
#include <string>

#include "config/supply.h"

namespace headgate::gateway {

// Amounts for people, rounded: exact ones are in the JSON. Pure.
std::string MoneyText(NanoUsd amount);            // "$685.00", "$35,926"
std::string TokensText(std::int64_t tokens);      // "862.6M"
std::string VolumeText(std::int64_t per_month);   // "15.2B tokens a month (500M a day)"
std::string ShareText(std::int64_t millionths);   // "25 %"
std::string FactorText(std::int64_t millionths);  // "1.5"
std::string CountText(std::int64_t count);        // "1,234,567"
std::string LastingText(std::int64_t seconds);    // "3.5 hours"
std::string RentText(NanoUsd per_month);          // "$35,926 a month ($49.24 an hour)"
std::string ThroughputText(std::int64_t tokens_per_hour);
std::string PriceText(const config::PriceRow& price);
std::string UnitPriceText(NanoUsdPerMillion price);  // "$1.37"
std::string ReplicasText(std::int64_t count);        // "1 replica"

}  // namespace headgate::gateway
