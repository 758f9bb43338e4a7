#pragma once

#include <optional>
#include <string_view>

#include "config/config.h"

namespace headgate::gateway {

// Standard prices of a paid target, after the last change that the configuration names. nullopt:
// the backend has no such model, or there is no price for it. Pure.

std::optional<config::PriceRow> PriceOfTarget(const config::Config& config,
                                              const config::TargetReference& target);
// Of the model that the bill of the backend calls `billed_as`, without the date of its snapshot.
std::optional<config::PriceRow> PriceOfBilled(const config::Config& config,
                                              const config::Backend& backend,
                                              std::string_view billed_as);

}  // namespace headgate::gateway
