#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "config/config.h"
#include "gateway/fleet.h"
#include "gateway/metrics/labels.h"
#include "policy/key_ring.h"
#include "policy/scrub.h"
#include "routing/policy.h"

namespace headgate::gateway {

// One configuration, compiled: what a request holds on to from its head to its settlement.
// Immutable (the fleet inside is living but thread-safe); shared by pointer.
struct Snapshot {
  std::uint64_t generation = 0;
  config::Config config;
  std::shared_ptr<const routing::CompiledPolicy> policy;
  std::shared_ptr<Fleet> fleet;
  policy::KeyRing keys;
  policy::Scrubber scrubber;  // knows every secret of the configuration

  // Metric labels, parallel to routes, targets, keys.
  std::vector<LabelId> route_labels;
  std::vector<LabelId> target_labels;
  std::vector<LabelId> team_labels;
  std::vector<routing::HintTrust> key_trust;
  std::array<LabelId, routing::kClassNames.size()> class_labels{};

  static absl::StatusOr<std::shared_ptr<const Snapshot>> Make(config::Config config,
                                                              std::uint64_t generation,
                                                              LabelTable& labels);
};

}  // namespace headgate::gateway
