#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "config/load.h"
#include "gateway/metrics/labels.h"
#include "gateway/snapshot/snapshot.h"
#include "policy/keys/run_time_keys.h"

namespace headgate::gateway {

// Replaces the configuration while it serves: with the whole new snapshot, or not at all. Reading,
// checking and compiling happen here, on the control thread, and so does the end of an old snapshot
// after its last request. So a reload never stalls a stream. Bound to the control thread.
class Reloader {
 public:
  // `first` is in force already. `publish` gives a new snapshot to all that serve with it. `labels`
  // and `logs` outlive the reloader.
  Reloader(std::string path, config::Environment environment, LabelTable& labels, LogWriter& logs,
           SnapshotResult first,
           std::function<void(const std::shared_ptr<const Snapshot>&)> publish);

  struct Outcome {
    bool successful = false;
    std::uint64_t generation = 0;                 // in force from now on
    std::vector<std::string> changes;             // config::ChangesBetween, if it succeeded
    std::vector<config::Diagnostic> diagnostics;  // why it failed
  };
  // `cause` is for the operator's log, which gets every diagnostic, or what has changed.
  Outcome Reload(std::string_view cause);
  // Puts the addresses that were found for names of replicas in force. Not a reload: the
  // configuration and its generation stay.
  absl::Status UseReplicas(const FoundReplicas& found);

  // Puts other keys that were made or revoked while the daemon ran in force, now and after reloads.
  // `keys`: of a KeyStore.
  absl::Status UseKeys(policy::RunTimeKeys keys);

  // Frees what old generations have held, and returns the metric labels that have to be dropped (as
  // LabelTable::Expired). Called every second or so.
  std::vector<bool> Tidy(std::chrono::steady_clock::time_point now);

  // The result of the last reload.
  struct LastReload {
    bool successful = false;
    std::chrono::system_clock::time_point time;
    std::string cause;
    std::vector<std::string> changes;             // as in Outcome
    std::vector<config::Diagnostic> diagnostics;  // why it failed
  };

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  // Empty if there was no reload.
  const std::optional<LastReload>& last_reload() const { return last_reload_; }
  bool last_successful() const { return !last_reload_ || last_reload_->successful; }
  std::chrono::system_clock::time_point last_success() const { return last_success_; }
  // The files that the configuration depends on: those of the snapshot in force, and those of the
  // last attempt if that failed.
  const std::vector<std::string>& files() const { return files_; }

 private:
  void Activate(std::shared_ptr<const Snapshot> snapshot);
  Outcome Refused(std::vector<config::Diagnostic> diagnostics, std::string_view cause);

  const std::string path_;
  const config::Environment environment_;
  LabelTable& labels_;
  LogWriter& logs_;
  const std::function<void(const std::shared_ptr<const Snapshot>&)> publish_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::shared_ptr<const Snapshot>> old_;  // requests may still run under them
  std::vector<std::string> files_;
  config::WrittenConfig written_;  // that is in force
  policy::RunTimeKeys run_time_keys_;
  std::optional<LastReload> last_reload_;
  std::chrono::system_clock::time_point last_success_ = std::chrono::system_clock::now();
};

}  // namespace headgate::gateway
