#include "gateway/plan/request_prefix.h"

namespace headgate::gateway {
namespace {

bool Generates(const RequestAccount& account) {
  return account.proxied && *account.proxied != routing::Endpoint::kEmbeddings &&
         *account.proxied != routing::Endpoint::kCountTokens;
}

bool HasChoice(const RequestPlan& plan, const RequestAccount& account) {
  if (plan.empty() || !Generates(account)) return false;
  const Snapshot& snapshot = *account.snapshot;
  const routing::Target& target = snapshot.policy->targets()[plan.front().target];
  return target.hosting == config::Hosting::kSelfHosted &&
         snapshot.fleet->backend(target.backend).replicas->size() > 1;
}

std::uint64_t SeedOf(const RequestPlan& plan, const RequestAccount& account) {
  const Snapshot& snapshot = *account.snapshot;
  const std::string& model = snapshot.policy->targets()[plan.front().target].upstream_model;
  return backends::PrefixSeed(model, snapshot.policy->TeamOf(account.key));
}

}  // namespace

backends::PrefixHashes PrefixOf(const backends::RequestView& view, const RequestPlan& plan,
                                const RequestAccount& account) {
  if (!HasChoice(plan, account)) return {};
  backends::PrefixHasher hasher(SeedOf(plan, account));
  for (const std::string_view tool : view.facts.tool_names) {
    hasher.Add(backends::TextRole::kSystem, tool);
  }
  for (const backends::BodyText& piece : view.facts.texts) hasher.Add(piece.role, piece.text);
  return hasher.Finish();
}

}  // namespace headgate::gateway
