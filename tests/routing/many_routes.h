#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "config/config.h"

namespace headgate::routing {

// Gives route number `i` a condition that tells it apart from all others of its kind.
using TellApart = void (*)(int i, config::Config& config, config::When& when);

// Each kind of condition that many routes of one policy may differ by, with its name.
extern const std::array<std::pair<std::string_view, TellApart>, 5> kKindsOfManyRoutes;

// A policy of so many routes of one kind, and a last one for the rest.
config::Config ToldApart(int routes, TellApart say);

}  // namespace headgate::routing
