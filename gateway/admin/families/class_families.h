#pragma once

#include "gateway/metrics/registry.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// Appends what the configuration promises each class: its time to first token.
void AddClassFamilies(const routing::CompiledPolicy& policy, FamilySet::Families& families);

}  // namespace headgate::gateway
