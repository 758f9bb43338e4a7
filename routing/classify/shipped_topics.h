#pragma once

#include <string_view>

namespace headgate::routing {

// routing/topics.bin, embedded at build time (routing/embed.cmake). Immutable.
std::string_view ShippedTopics();

}  // namespace headgate::routing
