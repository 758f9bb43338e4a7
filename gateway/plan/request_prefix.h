#pragma once

#include "backends/affinity/prefix_hash.h"
#include "backends/protocols/values/request_view.h"
#include "gateway/accounting/request_account.h"
#include "gateway/plan/request_plan.h"

namespace headgate::gateway {

// Returns the hashes of the request's prompt, by which a replica of the plan's first target is
// chosen. Empty, and nothing is hashed, unless that target is self-hosted with more than one
// replica and generates text. The hashes are of that target's model and of the team of the
// key, or of nobody.
//
// The hashes cover the names of tools, which engines put before the messages, and then all texts
// with their roles, however the client spells them: escapes, cache_control, and a text or a list
// of parts make no difference. `view` must be of the request that `account` and `plan` are of.
// Pure.
backends::PrefixHashes PrefixOf(const backends::RequestView& view, const RequestPlan& plan,
                                const RequestAccount& account);

}  // namespace headgate::gateway
