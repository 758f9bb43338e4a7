#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "config/config.h"

namespace headgate::routing {

// Gives route number `i` a condition that tells it apart from all others of its kind.
using TellApart = void (*)(int i, config::Config& config, config::When& when);

// The kinds of conditions in which the routes of a policy may differ, with their names.
extern const std::array<std::pair<std::string_view, TellApart>, 5> kKindsOfManyRoutes;

// A policy with this many routes of one kind, and a last route for all other requests.
config::Config ToldApart(int routes, TellApart say);

}  // namespace headgate::routing
