#include "gateway/admin/reload.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/changes/key_changes.h"
#include "gateway/decide/classifier_in_force.h"
#include "gateway/log/configuration_warnings.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

// Names the first changes, because a line of a log has room for few.
std::string WordsOf(const std::vector<std::string>& changes) {
  constexpr std::size_t kMostNamed = 8;
  if (changes.empty()) return "what its files say is the same";
  const std::size_t named = std::min(changes.size(), kMostNamed);
  std::string words = absl::StrCat(
      "changed: ",
      absl::StrJoin(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(named), ", "));
  if (named < changes.size()) absl::StrAppend(&words, " and ", changes.size() - named, " more");
  return words;
}

}  // namespace

Reloader::Reloader(std::string path, config::Environment environment, LabelTable& labels,
                   LogWriter& logs, SnapshotResult first,
                   std::function<void(const std::shared_ptr<const Snapshot>&)> publish)
    : path_(std::move(path)),
      environment_(std::move(environment)),
      labels_(labels),
      logs_(logs),
      publish_(std::move(publish)),
      snapshot_(std::move(first.snapshot)),
      files_(std::move(first.files)),
      written_(std::move(first.written)) {}

Reloader::Outcome Reloader::Reload(std::string_view cause) {
  SnapshotResult built =
      BuildSnapshot(path_, environment_, snapshot_.get(), labels_, logs_, run_time_keys_);
  if (!built.snapshot) {
    // A file that was read before may come back, and a new file may be completed.
    for (std::string& file : built.files) {
      if (std::find(files_.begin(), files_.end(), file) == files_.end()) {
        files_.push_back(std::move(file));
      }
    }
    return Refused(std::move(built.diagnostics), cause);
  }
  files_ = std::move(built.files);
  std::string model_change = ClassifierChange(*snapshot_->policy, *built.snapshot->policy);
  labels_.SetUsed(built.snapshot->Labels(), policy::RentMeter::Clock::now());
  Activate(std::move(built.snapshot));
  last_success_ = std::chrono::system_clock::now();
  std::vector<std::string> changes = config::ChangesBetween(*written_, *built.written);
  if (!model_change.empty()) {
    std::erase(changes, "classifier.model");
    changes.push_back(std::move(model_change));
  }
  written_ = std::move(built.written);
  last_reload_ = LastReload{true, last_success_, std::string(cause), changes, {}};
  OperatorLog::Info("reloaded", absl::StrCat("generation ", snapshot_->generation, ", because of ",
                                             absl::string_view(cause.data(), cause.size()), "; ",
                                             WordsOf(changes)));
  LogWarnings(snapshot_->warnings);
  return {true, snapshot_->generation, std::move(changes), {}};
}

absl::Status Reloader::UseReplicas(const FoundReplicas& found) {
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = WithReplicas(*snapshot_, found);
  if (!snapshot.ok()) return snapshot.status();
  Activate(*std::move(snapshot));
  return absl::OkStatus();
}

absl::Status Reloader::UseKeys(policy::RunTimeKeys keys) {
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot =
      WithRunTimeKeys(*snapshot_, keys, labels_, logs_);
  if (!snapshot.ok()) return snapshot.status();
  run_time_keys_ = std::move(keys);
  labels_.SetUsed((*snapshot)->Labels(), policy::RentMeter::Clock::now());
  Activate(*std::move(snapshot));
  return absl::OkStatus();
}

void Reloader::Activate(std::shared_ptr<const Snapshot> snapshot) {
  snapshot->fleet->AdoptFrom(*snapshot->config, *snapshot_->fleet, policy::RentMeter::Clock::now());
  snapshot->limits->PutInForce(policy::LimitTable::Clock::now());
  old_.push_back(std::exchange(snapshot_, std::move(snapshot)));
  publish_(snapshot_);
}

Reloader::Outcome Reloader::Refused(std::vector<config::Diagnostic> diagnostics,
                                    std::string_view cause) {
  last_reload_ =
      LastReload{false, std::chrono::system_clock::now(), std::string(cause), {}, diagnostics};
  for (const config::Diagnostic& diagnostic : diagnostics) {
    OperatorLog::Error("the configuration has a problem", config::ToString(diagnostic));
  }
  OperatorLog::Error(
      "not reloaded",
      absl::StrCat(diagnostics.size(), diagnostics.size() == 1 ? " problem" : " problems", " in ",
                   path_, "; generation ", snapshot_->generation, " stays in force (asked for by ",
                   absl::string_view(cause.data(), cause.size()), ")"));
  return {false, snapshot_->generation, {}, std::move(diagnostics)};
}

std::vector<bool> Reloader::Tidy(std::chrono::steady_clock::time_point now) {
  // Nobody takes a new pointer to an old snapshot, so a use count of 1 stays 1.
  std::erase_if(old_, [](const auto& snapshot) { return snapshot.use_count() == 1; });
  std::vector<std::string> configured;
  for (const BackendState& backend : snapshot_->fleet->backends()) {
    if (!backend.rent.empty()) configured.push_back(backend.name);
  }
  snapshot_->fleet->retired_rent().MergeUnshared(configured, now);
  return labels_.Expired(now);
}

}  // namespace headgate::gateway
