#include "routing/lint/lint_failover.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "config/prefill.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

// Returns whether the backend serves the endpoint that answers are continued at.
bool Serves(const config::Backend& backend) {
  return std::find(backend.endpoints.begin(), backend.endpoints.end(),
                   config::PrefillEndpoint(backend)) != backend.endpoints.end();
}

// One run over what routes say about failures; `i` is a route.
class FailoverLinter {
 public:
  explicit FailoverLinter(LintContext& context)
      : context_(context), config_(context.config()), policy_(context.policy()) {}

  void Resume(std::size_t i);
  void Hedge(std::size_t i);
  void Hold(std::size_t i);
  // Of a backend, not a route.
  void Prefill(const config::Backend& backend);

 private:
  void Report(std::size_t i, std::string_view key, std::string problem, std::string fix);
  bool IsUsed(std::size_t i, std::size_t target) const {
    return policy_.targets()[target].chat && LintContext::Passes(policy_.routes()[i], target);
  }
  bool ContinuesPrefix(std::size_t target) const;
  std::size_t Replicas(std::size_t target) const;
  std::size_t Servers(std::size_t i) const;
  // The shortest time that a whole request may take at a target of the route.
  config::Milliseconds ShortestTotal(std::size_t i) const;

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
};

void FailoverLinter::Report(std::size_t i, std::string_view key, std::string problem,
                            std::string fix) {
  const config::Route& route = config_.routes[i];
  context_.Report(WarningKind::kKeyUseless, route.location, Concat(route.path, ".", key),
                  std::move(problem), std::move(fix));
}

bool FailoverLinter::ContinuesPrefix(std::size_t target) const {
  const Target& wanted = policy_.targets()[target];
  const config::Backend& backend = config_.backends[wanted.backend];
  return !config::PrefillDialectName(backend).empty() && Serves(backend) &&
         config::SupportsPrefill(backend, wanted.model);
}

std::size_t FailoverLinter::Replicas(std::size_t target) const {
  const config::Backend& backend = config_.backends[policy_.targets()[target].backend];
  return std::max<std::size_t>(backend.replicas.size(), 1);
}

// Where a request of the route may go. One replica cannot continue its own broken answer.
std::size_t FailoverLinter::Servers(std::size_t i) const {
  std::size_t servers = 0;
  for (const std::size_t target : policy_.routes()[i].targets) {
    if (IsUsed(i, target)) servers += Replicas(target);
  }
  return servers;
}

void FailoverLinter::Resume(std::size_t i) {
  const config::Route& route = config_.routes[i];
  if (!route.failover.resume) return;
  const auto& targets = policy_.routes()[i].targets;
  std::vector<std::size_t> going_on;
  std::copy_if(targets.begin(), targets.end(), std::back_inserter(going_on),
               [&](std::size_t target) { return IsUsed(i, target) && ContinuesPrefix(target); });
  const bool has_replicas = std::any_of(going_on.begin(), going_on.end(),
                                        [&](std::size_t target) { return Replicas(target) > 1; });
  if (going_on.empty()) {
    Report(i, "resume", "has no effect: no target of the route continues a given answer",
           "add `supports: [prefill]` to the model, beside its `name`, at a backend that does");
  } else if (Servers(i) < 2) {
    Report(i, "resume", "has no effect: the route has a single server",
           "add a second target that supports prefill, or remove resume");
  } else if (route.failover.attempts.targets == 1 && !has_replicas) {
    Report(i, "resume", "has no effect: the route has `attempts: {targets: 1}`",
           "write `targets: 2` or more in attempts, or remove resume");
  } else if (route.prefer == config::Prefer::kOrdered && going_on.size() == 1 &&
             going_on.front() == targets.front() && !has_replicas) {
    Report(i, "resume",
           "has no effect on answers of the first target, which alone supports prefill",
           "add another target that supports prefill, or remove resume");
  }
}

void FailoverLinter::Prefill(const config::Backend& backend) {
  for (const config::ServedModel& served : backend.models) {
    if (!config::SupportsPrefill(served)) continue;
    const std::string path =
        Concat("backends.", backend.name, ".models.", served.model, ".supports");
    if (config::PrefillDialectName(backend).empty()) {
      context_.Report(WarningKind::kKeyUseless, served.location, path,
                      "has no effect: it is not known how to ask this backend to go on",
                      "write `engine: vllm` or `engine: sglang` if it is one; else remove prefill, "
                      "which works with these, Anthropic, mistral.ai and deepseek.com");
    } else if (!Serves(backend)) {
      context_.Report(WarningKind::kKeyUseless, served.location, path,
                      "has no effect: prefill needs an endpoint that the backend does not serve",
                      Concat("add `", config::PrefillEndpoint(backend),
                             "` to its endpoints, or remove prefill"));
    }
  }
}

config::Milliseconds FailoverLinter::ShortestTotal(std::size_t i) const {
  config::Milliseconds shortest = config::Milliseconds::max();
  for (const std::size_t target : policy_.routes()[i].targets) {
    const config::Backend& backend = config_.backends[policy_.targets()[target].backend];
    shortest = std::min(shortest, config_.routes[i].timeouts.Over(backend.timeouts).total);
  }
  return shortest;
}

void FailoverLinter::Hold(std::size_t i) {
  const config::Commit& commit = config_.routes[i].failover.commit;
  if (commit.at != config::CommitAt::kHold || commit.hold < ShortestTotal(i)) return;
  Report(i, "commit.hold", "is not shorter than `total`, which ends the request before",
         "write a shorter time, or `commit: complete`");
}

void FailoverLinter::Hedge(std::size_t i) {
  const config::Route& route = config_.routes[i];
  if (!route.failover.hedge || !route.failover.hedge->after) return;
  config::Milliseconds longest{0};
  for (const std::size_t target : policy_.routes()[i].targets) {
    const config::Backend& backend = config_.backends[policy_.targets()[target].backend];
    const config::Timeouts timeouts = route.timeouts.Over(backend.timeouts);
    longest = std::max(longest, std::min(timeouts.first_token, timeouts.total));
  }
  if (*route.failover.hedge->after < longest) return;
  Report(i, "hedge.after", "has no effect: `first_token` ends the attempt before a hedge begins",
         "write a shorter time, or p95");
}

}  // namespace

void LintFailover(LintContext& context) {
  FailoverLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) {
    linter.Resume(i);
    linter.Hedge(i);
    linter.Hold(i);
  }
  for (const config::Backend& backend : context.config().backends) linter.Prefill(backend);
}

}  // namespace headgate::routing
