#include "gateway/snapshot.h"

#include <utility>

namespace headgate::gateway {
namespace {

std::vector<std::string> Secrets(const config::Config& config) {
  std::vector<std::string> secrets;
  for (const config::Backend& backend : config.backends) {
    if (!backend.api_key.empty()) secrets.push_back(backend.api_key.Reveal());
  }
  if (!config.server.admin_token.empty()) secrets.push_back(config.server.admin_token.Reveal());
  return secrets;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Make(config::Config config,
                                                               std::uint64_t generation,
                                                               LabelTable& labels) {
  absl::StatusOr<std::shared_ptr<const routing::CompiledPolicy>> policy =
      routing::CompiledPolicy::Compile(config);
  if (!policy.ok()) return policy.status();
  absl::StatusOr<std::shared_ptr<Fleet>> fleet = Fleet::Make(config, **policy);
  if (!fleet.ok()) return fleet.status();

  auto snapshot = std::make_shared<Snapshot>(Snapshot{.generation = generation,
                                                      .config = {},
                                                      .policy = *std::move(policy),
                                                      .fleet = *std::move(fleet),
                                                      .keys = policy::KeyRing(config.keys),
                                                      .scrubber = policy::Scrubber(Secrets(config)),
                                                      .route_labels = {},
                                                      .target_labels = {},
                                                      .team_labels = {},
                                                      .key_trust = {}});
  for (const routing::CompiledRoute& route : snapshot->policy->routes()) {
    snapshot->route_labels.push_back(labels.Intern(route.name));
  }
  for (const routing::Target& target : snapshot->policy->targets()) {
    snapshot->target_labels.push_back(labels.Intern(target.name));
  }
  for (const config::Key& key : config.keys) {
    snapshot->team_labels.push_back(labels.Intern(key.team));
    snapshot->key_trust.push_back(routing::HintTrust::Of(key.trust_hints));
  }
  for (std::size_t i = 0; i < routing::kClassNames.size(); ++i) {
    snapshot->class_labels[i] = labels.Intern(routing::kClassNames[i]);
  }
  snapshot->config = std::move(config);
  return snapshot;
}

}  // namespace headgate::gateway
