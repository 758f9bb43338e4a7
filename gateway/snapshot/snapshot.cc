#include "gateway/snapshot/snapshot.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "backends/net/tls.h"
#include "config/base/regular_file.h"
#include "gateway/budgets/budget_forecast.h"
#include "gateway/log/open_logs.h"
#include "gateway/log/operator_log.h"
#include "gateway/recording/record_text.h"
#include "gateway/snapshot/validation.h"

namespace headgate::gateway {
namespace {

std::vector<std::string> Secrets(const config::Config& config) {
  std::vector<std::string> secrets;
  for (const config::Backend& backend : config.backends) {
    if (!backend.api_key.empty()) secrets.push_back(backend.api_key.Reveal());
    if (backend.proxy && !backend.proxy->credentials.empty()) {
      const std::string& credentials = backend.proxy->credentials.Reveal();
      secrets.push_back(credentials.substr(credentials.find(':') + 1));
      secrets.push_back(absl::Base64Escape(credentials));
    }
  }
  if (config.alerts && !config.alerts->token.empty()) {
    secrets.push_back(config.alerts->token.Reveal());
  }
  if (!config.server.admin_token.empty()) secrets.push_back(config.server.admin_token.Reveal());
  return secrets;
}

absl::Status SetServerTls(const config::Server& server, const Snapshot* previous,
                          Snapshot& snapshot) {
  if (!server.tls) return absl::OkStatus();
  // Read before OpenSSL reads them: if they change in between, the next reload sees a difference.
  std::string files = absl::StrCat(ReadRegularFile(server.tls->certificate).value_or(""),
                                   ReadRegularFile(server.tls->private_key).value_or(""));
  if (previous != nullptr && previous->server_tls && previous->server_tls_files == files) {
    snapshot.server_tls = previous->server_tls;
  } else {
    auto tls = backends::MakeServerContext(server.tls->certificate, server.tls->private_key);
    if (!tls.ok()) return tls.status();
    snapshot.server_tls = *std::move(tls);
  }
  snapshot.server_tls_files = std::move(files);
  return absl::OkStatus();
}

absl::Status SetWebhook(const std::optional<config::Alerts>& alerts, Snapshot& snapshot) {
  if (!alerts) return absl::OkStatus();
  config::Backend receiver;
  receiver.replicas.push_back(alerts->webhook);
  receiver.api_key = alerts->token;
  receiver.proxy = alerts->proxy;
  receiver.ca = alerts->ca;
  auto webhook = backends::Upstream::Make(receiver);
  if (!webhook.ok()) return webhook.status();
  snapshot.webhook = *std::move(webhook);
  return absl::OkStatus();
}

// By the names of routes, so that a reload does not forget what was hedged.
void SetHedgeBudgets(const config::Config& config, const Snapshot* previous, Snapshot& snapshot) {
  for (const config::Route& route : config.routes) {
    std::shared_ptr<HedgeBudget>& budget = snapshot.hedge_budgets.emplace_back();
    if (!route.failover.hedge) continue;
    for (std::size_t i = 0; previous != nullptr && i < previous->hedge_budgets.size(); ++i) {
      if (previous->config->routes[i].name == route.name) budget = previous->hedge_budgets[i];
    }
    if (!budget) budget = std::make_shared<HedgeBudget>();
  }
}

void SetLimits(const config::Config& config, const Snapshot* previous, Snapshot& snapshot) {
  snapshot.limits = std::make_shared<const policy::LimitTable>(
      config, previous != nullptr ? previous->limits.get() : nullptr,
      policy::LimitTable::Clock::now());
  snapshot.budgets = std::make_shared<const policy::BudgetTable>(
      config, BudgetTargetsOf(config, *snapshot.policy),
      previous != nullptr ? previous->budgets.get() : nullptr);
}

// Keeps the same log while it writes the same file.
absl::Status StartRecording(const Snapshot* previous, LogWriter& logs, Snapshot& snapshot) {
  const std::optional<config::Recording>& recording = snapshot.config->recording;
  if (!recording) return absl::OkStatus();
  if (previous != nullptr && previous->recording &&
      previous->config->recording->file == recording->file) {
    snapshot.recording = previous->recording;
    snapshot.recording->SetRotation(RotationOf(*recording));
  } else {
    absl::StatusOr<std::shared_ptr<Log>> opened = OpenRecording(*recording, logs);
    if (!opened.ok()) return opened.status();
    snapshot.recording = *std::move(opened);
  }
  snapshot.policy_line =
      std::make_shared<const std::string>(PolicyLine(*snapshot.policy, snapshot.generation));
  return absl::OkStatus();
}

// The digests of made keys are never denied: such keys are removed.
policy::KeyRing RingOf(const config::Config& config, const std::vector<config::Sha256>& denied) {
  if (denied.empty()) return policy::KeyRing(config.keys);
  std::vector<config::Key> keys = config.keys;
  for (config::Key& key : keys) {
    std::erase_if(key.digests, [&](const config::Sha256& digest) {
      return std::find(denied.begin(), denied.end(), digest) != denied.end();
    });
  }
  return policy::KeyRing(keys);
}

// Returns whether there is any key that fits.
bool AddMadeKeys(const std::vector<std::string>& entries, config::Config& config) {
  bool any = false;
  for (const std::string& entry : entries) {
    config::KeyResult read = config::LoadKey(entry, config);
    for (const config::Diagnostic& diagnostic : read.diagnostics) {
      OperatorLog::Error("a key that was made at run time does not fit the configuration",
                         config::ToString(diagnostic));
    }
    if (!read.key) continue;
    config.keys.push_back(*std::move(read.key));
    any = true;
  }
  return any;
}

// REQUIRES: the snapshot has its policy.
void AddLabels(const config::Config& config, LabelTable& labels, Snapshot& snapshot) {
  for (const routing::CompiledRoute& route : snapshot.policy->routes()) {
    snapshot.route_labels.push_back(labels.Intern(route.name));
  }
  for (const routing::Target& target : snapshot.policy->targets()) {
    snapshot.target_labels.push_back(labels.Intern(target.name));
    snapshot.target_hosting[snapshot.target_labels.back()] = target.hosting;
  }
  for (const config::Key& key : config.keys) {
    snapshot.team_labels.push_back(labels.Intern(key.team));
  }
  for (const std::string& name : snapshot.policy->class_names()) {
    snapshot.class_labels.push_back(labels.Intern(name));
  }
  for (const std::string& name : snapshot.policy->topic_names()) {
    snapshot.topic_labels.push_back(labels.Intern(name));
  }
}

}  // namespace

std::vector<LabelId> Snapshot::Labels() const {
  std::vector<LabelId> all(class_labels.begin(), class_labels.end());
  for (const std::vector<LabelId>* const some :
       {&route_labels, &target_labels, &team_labels, &topic_labels}) {
    all.insert(all.end(), some->begin(), some->end());
  }
  return all;
}

absl::StatusOr<std::shared_ptr<Snapshot>> Snapshot::Make(config::Config config,
                                                         const Snapshot* previous,
                                                         LabelTable& labels,
                                                         std::vector<config::Sha256> denied) {
  absl::StatusOr<std::shared_ptr<const routing::CompiledPolicy>> policy =
      routing::CompiledPolicy::Compile(config);
  if (!policy.ok()) return policy.status();
  return Make(std::move(config), *std::move(policy), previous, labels, std::move(denied));
}

absl::StatusOr<std::shared_ptr<Snapshot>> Snapshot::Make(
    config::Config config, std::shared_ptr<const routing::CompiledPolicy> policy,
    const Snapshot* previous, LabelTable& labels, std::vector<config::Sha256> denied) {
  absl::StatusOr<std::shared_ptr<Fleet>> fleet =
      Fleet::Make(config, *policy, previous != nullptr ? previous->fleet.get() : nullptr);
  if (!fleet.ok()) return fleet.status();

  auto snapshot = std::make_shared<Snapshot>(Snapshot{.generation = 1,
                                                      .config = {},
                                                      .policy = std::move(policy),
                                                      .fleet = *std::move(fleet),
                                                      .keys = RingOf(config, denied),
                                                      .denied = {},
                                                      .stops = {},
                                                      .limits = {},
                                                      .budgets = {},
                                                      .scrubber = policy::Scrubber(Secrets(config)),
                                                      .hedge_budgets = {},
                                                      .route_labels = {},
                                                      .target_labels = {},
                                                      .team_labels = {},
                                                      .class_labels = {},
                                                      .topic_labels = {}});
  if (absl::Status status = SetServerTls(config.server, previous, *snapshot); !status.ok()) {
    return status;
  }
  if (absl::Status status = SetWebhook(config.alerts, *snapshot); !status.ok()) return status;
  snapshot->certificates = CertificateExpiries(config);
  SetHedgeBudgets(config, previous, *snapshot);
  SetLimits(config, previous, *snapshot);
  if (previous != nullptr) {
    snapshot->generation = previous->generation + 1;
    snapshot->target_hosting = previous->target_hosting;
  }
  AddLabels(config, labels, *snapshot);
  for (const config::Key& key : config.keys) {
    snapshot->stops.push_back(config::StopOf(config, key));
  }
  snapshot->denied = std::move(denied);
  snapshot->config = std::make_shared<const config::Config>(std::move(config));
  return snapshot;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> WithReplicas(const Snapshot& current,
                                                             const FoundReplicas& found) {
  absl::StatusOr<std::shared_ptr<Fleet>> fleet =
      Fleet::Make(*current.config, *current.policy, current.fleet.get(), found);
  if (!fleet.ok()) return fleet.status();
  auto snapshot = std::make_shared<Snapshot>(current);
  snapshot->fleet = *std::move(fleet);
  return snapshot;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> WithRunTimeKeys(const Snapshot& current,
                                                                const policy::RunTimeKeys& keys,
                                                                LabelTable& labels,
                                                                LogWriter& logs) {
  config::Config config = *current.config;
  std::erase_if(config.keys, [](const config::Key& key) { return key.made; });
  AddMadeKeys(keys.entries, config);
  absl::StatusOr<std::shared_ptr<Snapshot>> snapshot =
      Snapshot::Make(std::move(config), &current, labels, keys.denied);
  if (!snapshot.ok()) return snapshot.status();
  (*snapshot)->warnings = current.warnings;
  if (absl::Status status = StartRecording(&current, logs, **snapshot); !status.ok()) return status;
  return *std::move(snapshot);
}

SnapshotResult BuildSnapshot(const std::string& path, const config::Environment& environment,
                             const Snapshot* previous, LabelTable& labels, LogWriter& logs,
                             const policy::RunTimeKeys& keys) {
  ValidatedConfig validated =
      ValidateConfig(path, environment, previous != nullptr ? previous->config.get() : nullptr,
                     config::Secrets::kRequired);
  SnapshotResult built;
  built.files = std::move(validated.files);
  built.written = std::move(validated.written);
  built.diagnostics = std::move(validated.errors);
  // A failed policy test rejects the file, as a mistake in the file does.
  built.diagnostics.insert(built.diagnostics.end(), validated.failed_tests.begin(),
                           validated.failed_tests.end());
  if (!built.diagnostics.empty()) return built;
  // The policy that was tested does not know the keys that were made.
  const bool made = AddMadeKeys(keys.entries, *validated.config);
  absl::StatusOr<std::shared_ptr<Snapshot>> snapshot =
      made ? Snapshot::Make(*std::move(validated.config), previous, labels, keys.denied)
           : Snapshot::Make(*std::move(validated.config), std::move(validated.policy), previous,
                            labels, keys.denied);
  if (!snapshot.ok()) {
    built.diagnostics.push_back(ToDiagnostic(snapshot.status(), {path, 0}, ""));
    return built;
  }
  (*snapshot)->warnings = std::move(validated.warnings.shown);
  // Last, because it writes to the disk.
  if (absl::Status status = StartRecording(previous, logs, **snapshot); !status.ok()) {
    built.diagnostics.push_back(Located(status, *(*snapshot)->config, path));
    return built;
  }
  built.snapshot = *std::move(snapshot);
  return built;
}

}  // namespace headgate::gateway
