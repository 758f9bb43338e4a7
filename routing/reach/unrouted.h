#pragma once

#include <optional>

#include "routing/reach/reach.h"
#include "routing/reach/request_box.h"
#include "routing/reach/request_space.h"

namespace headgate::routing {

// Requests that match no route for certain, as many as one box holds. Nullopt if every request
// matches a route, or if that is too much to search. Looks only at `requesters`, unless they are
// null. Pure; not for the hot path.
std::optional<RequestBox> FindUnrouted(const Reach& reach, const NumberSet* requesters = nullptr);

}  // namespace headgate::routing
