#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "backends/upstream/upstream.h"
#include "config/checks/found_warning.h"
#include "config/config.h"
#include "config/load.h"
#include "gateway/failover/hedge_budget.h"
#include "gateway/log/log_writer.h"
#include "gateway/metrics/labels.h"
#include "gateway/snapshot/certificates.h"
#include "gateway/snapshot/fleet.h"
#include "policy/budgets/budget_table.h"
#include "policy/keys/key_ring.h"
#include "policy/keys/run_time_keys.h"
#include "policy/limits/limit_table.h"
#include "policy/scrub/scrub.h"
#include "routing/policy/policy.h"

namespace headgate::gateway {

// One configuration, compiled: what a request keeps from its head to its settlement. Immutable (the
// fleet inside changes but is thread-safe); shared by pointer. Configuration and policy may outlive
// it, so that earlier decisions can still be explained.
struct Snapshot {
  std::uint64_t generation = 0;
  std::shared_ptr<const config::Config> config;
  std::shared_ptr<const routing::CompiledPolicy> policy;
  std::shared_ptr<Fleet> fleet;
  policy::KeyRing keys;
  // Digests of configured keys that were revoked while the daemon ran; `keys` lacks them.
  std::vector<config::Sha256> denied;
  std::vector<config::Stop> stops;  // parallel to the configured keys
  // Both keep what was taken and spent over reloads; never null.
  std::shared_ptr<const policy::LimitTable> limits;
  std::shared_ptr<const policy::BudgetTable> budgets;
  policy::Scrubber scrubber;  // knows every secret of the configuration
  // For the client port; null: plain. It stays the same object while the contents of both files
  // stay the same, so that clients can resume their sessions.
  std::shared_ptr<boost::asio::ssl::context> server_tls;
  std::string server_tls_files;  // contents of both files
  std::vector<CertificateExpiry> certificates;
  std::shared_ptr<const backends::Upstream> webhook;  // null: no `alerts`

  // What in the configuration is probably a mistake; shown at start, at a reload and in /status.
  std::vector<config::FoundWarning> warnings;

  // What may still be hedged, parallel to routes; null without `hedge`. A reload keeps it by the
  // name of the route.
  std::vector<std::shared_ptr<HedgeBudget>> hedge_budgets;

  // Metric labels, parallel to routes, targets, keys.
  std::vector<LabelId> route_labels;
  std::vector<LabelId> target_labels;
  std::vector<LabelId> team_labels;
  std::vector<LabelId> class_labels;  // parallel to the policy's class names
  std::vector<LabelId> topic_labels;  // parallel to the policy's topic names

  // Both are null if nothing is recorded.
  std::shared_ptr<Log> recording;
  std::shared_ptr<const std::string> policy_line;  // that recorded requests refer to

  // Hosting by target label, of all targets since the start: the counters of a target outlive it.
  absl::flat_hash_map<LabelId, config::Hosting> target_hosting;

  // Returns all labels of this configuration.
  std::vector<LabelId> Labels() const;

  // `previous` is the snapshot in force, null at start; it is not changed. What stayed is shared
  // with it (see Fleet). The new snapshot has no recording: BuildSnapshot adds it.
  // `denied`: digests without effect.
  static absl::StatusOr<std::shared_ptr<Snapshot>> Make(config::Config config,
                                                        const Snapshot* previous,
                                                        LabelTable& labels,
                                                        std::vector<config::Sha256> denied = {});
  // The same, with `policy` already compiled from `config`.
  static absl::StatusOr<std::shared_ptr<Snapshot>> Make(
      config::Config config, std::shared_ptr<const routing::CompiledPolicy> policy,
      const Snapshot* previous, LabelTable& labels, std::vector<config::Sha256> denied = {});
};

// Returns a copy of `current` whose names of replicas have the addresses `found`: the same
// configuration, so the same generation. Changes nothing in `current`.
absl::StatusOr<std::shared_ptr<const Snapshot>> WithReplicas(const Snapshot& current,
                                                             const FoundReplicas& found);

// Returns a copy of `current` with other keys that were made or revoked while the daemon ran, and a
// generation of its own. `keys`: of a KeyStore. Entries that do not fit the configuration are left
// out, and the operator is told of them. Changes nothing in `current`. `logs`: see BuildSnapshot.
absl::StatusOr<std::shared_ptr<const Snapshot>> WithRunTimeKeys(const Snapshot& current,
                                                                const policy::RunTimeKeys& keys,
                                                                LabelTable& labels,
                                                                LogWriter& logs);

// A snapshot that is ready to serve with, or all reasons why it could not be built.
struct SnapshotResult {
  std::shared_ptr<const Snapshot> snapshot;  // null if there is a diagnostic
  std::vector<config::Diagnostic> diagnostics;
  std::vector<std::string> files;  // as config::LoadResult
  config::WrittenConfig written;   // as config::LoadResult
};

// Validates the file at `path` (validation.h) and builds a snapshot of it, at start and at a
// reload. Changes nothing that is in use. `logs` writes a recording; it must outlive the snapshot.
// `keys`: see WithRunTimeKeys.
SnapshotResult BuildSnapshot(const std::string& path, const config::Environment& environment,
                             const Snapshot* previous, LabelTable& labels, LogWriter& logs,
                             const policy::RunTimeKeys& keys = {});

}  // namespace headgate::gateway
