#include "routing/lint/lint_failover.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "config/base/text.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::WarningKind;

// One run over what routes say about failures; `i` is a route.
class FailoverLinter {
 public:
  explicit FailoverLinter(LintContext& context)
      : context_(context), config_(context.config()), policy_(context.policy()) {}

  void Resume(std::size_t i);
  void Hedge(std::size_t i);

 private:
  void Report(std::size_t i, std::string_view key, std::string problem, std::string fix);
  bool IsUsed(std::size_t i, std::size_t target) const {
    return policy_.targets()[target].chat && LintContext::Passes(policy_.routes()[i], target);
  }
  bool ContinuesPrefix(std::size_t target) const;
  std::size_t Servers(std::size_t i) const;

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
  const auto& models = config_.backends[wanted.backend].models;
  return std::any_of(models.begin(), models.end(), [&](const config::ServedModel& served) {
    return served.model == wanted.model && std::find(served.supports.begin(), served.supports.end(),
                                                     "prefill") != served.supports.end();
  });
}

// Where a request of the route may go. One replica cannot continue its own broken answer.
std::size_t FailoverLinter::Servers(std::size_t i) const {
  std::size_t servers = 0;
  for (const std::size_t target : policy_.routes()[i].targets) {
    if (!IsUsed(i, target)) continue;
    servers += std::max<std::size_t>(
        config_.backends[policy_.targets()[target].backend].replicas.size(), 1);
  }
  return servers;
}

void FailoverLinter::Resume(std::size_t i) {
  if (!config_.routes[i].failover.resume) return;
  const auto& targets = policy_.routes()[i].targets;
  const bool some = std::any_of(targets.begin(), targets.end(), [&](std::size_t target) {
    return IsUsed(i, target) && ContinuesPrefix(target);
  });
  if (!some) {
    Report(i, "resume", "has no effect: no target of the route continues a given answer",
           "write `models: {MODEL: {supports: [prefill]}}` on a backend that does");
  } else if (Servers(i) < 2) {
    Report(i, "resume", "has no effect: the route has a single server",
           "add a second target that supports prefill, or remove resume");
  }
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
  }
}

}  // namespace headgate::routing
