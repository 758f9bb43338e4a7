#pragma once

#include <vector>

#include "backends/net/connector.h"
#include "config/config.h"

namespace headgate::backends {

// Returns the replicas behind `name` (a URL with `dns`), given what its host was resolved to: one
// for each address, in ascending order, so that the same answer in another order is the same. If
// there are addresses of both families, only those of the first address's family count, because a
// server with both would be two replicas with two rents. Pure.
std::vector<config::Url> ReplicasBehind(const config::Url& name, const Endpoints& resolved);

// Returns whether both lists have the same replicas in the same order.
bool SameReplicas(const std::vector<config::Url>& a, const std::vector<config::Url>& b);

// Returns how many of `some` are not among `others`.
std::size_t CountMissing(const std::vector<config::Url>& some,
                         const std::vector<config::Url>& others);

}  // namespace headgate::backends
