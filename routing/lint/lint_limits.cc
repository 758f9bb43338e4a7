#include "routing/lint/lint_limits.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "routing/reach/request_words.h"

namespace headgate::routing {

namespace {

using config::Concat;
using config::DurationText;
using config::WarningKind;

// Whether there are lower limits only.
bool IsLeast(const config::Comparisons& comparisons) {
  return !comparisons.empty() &&
         std::all_of(comparisons.begin(), comparisons.end(),
                     [](const config::Comparison& comparison) {
                       return comparison.op == config::Comparator::kGreater ||
                              comparison.op == config::Comparator::kGreaterEqual;
                     });
}

// After this time another target does not help a client that cannot wait.
constexpr config::Milliseconds kLongestSilence(10'000);

bool Names(const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), "latency_critical") != words.end();
}

// Whether the condition names latency_critical requests, itself or through a class of `own`. Custom
// classes cannot name classes.
bool IsForLatencyCritical(const config::When& when, const std::vector<config::CustomClass>& own) {
  const auto any = [&](const std::vector<config::When>& parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const config::When& part) { return IsForLatencyCritical(part, own); });
  };
  const auto by_class = [&](const config::CustomClass& one) {
    const bool named =
        std::find(when.classes.begin(), when.classes.end(), one.name) != when.classes.end();
    return named && IsForLatencyCritical(one.when, {});
  };
  return Names(when.classes) || Names(when.urgencies) || any(when.all) || any(when.any) ||
         std::any_of(own.begin(), own.end(), by_class);
}

// Whether the box has latency_critical requests whose answers are streamed.
bool HasUrgentStreams(const RequestBox& box) {
  const Traits others = Traits::None()
                            .Add(Urgency::kNormal)
                            .Add(Urgency::kBatch)
                            .Add(Endpoint::kEmbeddings)
                            .Add(Endpoint::kCountTokens)
                            .AddStream(false);
  return box.traits.Without(others).Possible();
}

// One run over limits and timeouts; `i` is a route.
class LimitLinter {
 public:
  explicit LimitLinter(LintContext& context)
      : context_(context),
        config_(context.config()),
        policy_(context.policy()),
        reach_(context.reach()) {}

  void Keyless();
  void BackwardLimits();
  void FirstToken(std::size_t i);
  void HeldAnswers(std::size_t i);

 private:
  struct Silence {
    std::vector<std::string> backends;
    config::Milliseconds longest{0};
  };
  void BackwardLimits(const config::Require& require, const config::SourceLocation& place,
                      const std::string& path);
  bool IsForUrgentStreams(std::size_t i) const;
  void ReportSilence(std::size_t i, const Silence& silence, std::vector<std::string> about);

  LintContext& context_;
  const config::Config& config_;
  const CompiledPolicy& policy_;
  Reach& reach_;
};

void LimitLinter::Keyless() {
  if (config_.server.auth == config::AuthMode::kNone || config_.keys.empty()) return;
  const auto has_none = [](const config::PolicyTest& test) { return test.key.empty(); };
  const auto first = std::find_if(config_.tests.begin(), config_.tests.end(), has_none);
  if (first == config_.tests.end()) return;
  const auto more = std::count_if(first + 1, config_.tests.end(), has_none);
  context_.Report(
      WarningKind::kTestKeyMissing, first->location, first->path,
      Concat("has no `key`",
             more > 0 ? Concat(" (like ", more, more == 1 ? " other test)" : " other tests)")
                      : std::string(),
             ". Under `auth: keys` every request has one, so the requirements of keys and teams "
             "are not tested"),
      Concat("add `key`, for example ", config_.keys.front().name));
}

void LimitLinter::BackwardLimits(const config::Require& require,
                                 const config::SourceLocation& place, const std::string& path) {
  if (IsLeast(require.ttft_p95)) {
    context_.Report(WarningKind::kLimitBackward, place, path + ".require.ttft_p95",
                    "keeps targets that are slow, and drops fast ones",
                    "write an upper limit, for example \"<= 3s\"");
  }
  if (IsLeast(require.error_rate)) {
    context_.Report(WarningKind::kLimitBackward, place, path + ".require.error_rate",
                    "keeps targets that fail, and drops reliable ones",
                    "write an upper limit, for example \"<= 5%\"");
  }
}

void LimitLinter::BackwardLimits() {
  for (const config::Route& route : config_.routes) {
    BackwardLimits(route.require, route.location, route.path);
  }
  for (const config::Key& key : config_.keys) BackwardLimits(key.require, key.location, key.path);
  for (const config::Team& team : config_.teams) {
    BackwardLimits(team.require, team.location, "teams." + team.name);
  }
}

// Whether the route is for latency_critical requests and gets streams. Non-streamed answers have no
// first token to wait for.
bool LimitLinter::IsForUrgentStreams(std::size_t i) const {
  if (!IsForLatencyCritical(config_.routes[i].when, config_.classes)) return false;
  const auto& boxes = reach_.BoxesOf(i);
  return !boxes || std::any_of(boxes->begin(), boxes->end(), HasUrgentStreams);
}

void LimitLinter::FirstToken(std::size_t i) {
  if (!IsForUrgentStreams(i)) return;
  Silence shown;
  Silence allowed;
  for (const std::size_t t : policy_.routes()[i].targets) {
    const Target& target = policy_.targets()[t];
    if (!target.chat || !LintContext::Passes(policy_.routes()[i], t)) continue;
    const config::Backend& backend = config_.backends[target.backend];
    const config::Timeouts timeouts = config_.routes[i].timeouts.Over(backend.timeouts);
    const config::Milliseconds wait = std::min(timeouts.first_token, timeouts.total);
    if (wait <= kLongestSilence) continue;
    Silence& silence =
        context_.BackendAllows(config::WarningKind::kFirstTokenSlow, t) ? allowed : shown;
    silence.longest = std::max(silence.longest, wait);
    std::vector<std::string>& names = silence.backends;
    if (std::find(names.begin(), names.end(), backend.name) == names.end()) {
      names.push_back(backend.name);
    }
  }
  ReportSilence(i, shown, {});
  std::vector<std::string> about;
  about.reserve(allowed.backends.size());
  for (const std::string& name : allowed.backends) about.push_back(Concat("backends.", name));
  ReportSilence(i, allowed, std::move(about));
}

void LimitLinter::ReportSilence(std::size_t i, const Silence& silence,
                                std::vector<std::string> about) {
  if (silence.backends.empty()) return;
  const config::Route& route = config_.routes[i];
  context_.Report(
      config::WarningKind::kFirstTokenSlow, route.location, route.path + ".timeouts.first_token",
      Concat("lets a latency_critical stream wait up to ", DurationText(silence.longest), " for ",
             Listed(silence.backends), " when ",
             silence.backends.size() == 1 ? "it hangs" : "they hang"),
      "write `timeouts: {first_token: 5s}` on the route, or a shorter time on the backend",
      std::move(about));
}

void LimitLinter::HeldAnswers(std::size_t i) {
  const config::Route& route = config_.routes[i];
  const config::Commit& commit = route.failover.commit;
  if (commit.at == config::CommitAt::kFirstToken || !IsForUrgentStreams(i)) return;
  const std::string wait = commit.at == config::CommitAt::kComplete
                               ? std::string("until its answer is complete")
                               : Concat(DurationText(commit.hold), " longer for its first token");
  context_.Report(WarningKind::kCommitLate, route.location, route.path + ".commit",
                  Concat("lets a latency_critical stream wait ", wait),
                  "write `commit: first_token`, or give such requests a route of their own");
}

}  // namespace

void LintBackwardLimits(LintContext& context) { LimitLinter(context).BackwardLimits(); }

void LintFirstTokens(LintContext& context) {
  LimitLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.FirstToken(i);
}

void LintHeldAnswers(LintContext& context) {
  LimitLinter linter(context);
  for (std::size_t i = 0; i < context.config().routes.size(); ++i) linter.HeldAnswers(i);
}

void LintKeylessTests(LintContext& context) { LimitLinter(context).Keyless(); }

}  // namespace headgate::routing
