#pragma once

#include <boost/json/object.hpp>

#include "config/failover.h"

namespace headgate::gateway {

// Returns what a route says about failures in words, by key: "attempts", "commit", "resume",
// "hedge". A key with its default is left out, so most routes have an empty object. Pure.
boost::json::object FailoverWords(const config::Failover& failover);

}  // namespace headgate::gateway
