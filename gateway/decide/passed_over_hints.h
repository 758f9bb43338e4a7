#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "routing/classify/classifier.h"
#include "routing/classify/signals.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Says of the headers x-slo-ttft-ms and x-headgate-class and of metadata.class why they do not
// count: the value cannot be read, and what to write instead, the key is not trusted with the hint,
// or the header goes before the metadata. Empty if all that were sent count. The sentences hold the
// values that were sent, so they are only for people who ask
// about their own request. `key`: of the request, by its place in the policy. Pure; thread-safe.
std::vector<std::string> PassedOverHints(const routing::CompiledPolicy& policy,
                                         std::optional<std::size_t> key,
                                         const routing::Signals& signals,
                                         const routing::Classification& classification);

}  // namespace headgate::gateway
