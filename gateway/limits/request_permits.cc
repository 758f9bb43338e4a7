#include "gateway/limits/request_permits.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "backends/protocols/openai/request/first_member.h"
#include "backends/protocols/request_reader.h"
#include "config/base/text.h"
#include "gateway/accounting/wall_clock.h"
#include "gateway/dialect/dialect.h"
#include "gateway/limits/budget_rules.h"
#include "gateway/limits/limit_answers.h"
#include "gateway/permits/quota_use.h"
#include "policy/budgets/budget_table.h"
#include "policy/keys/key_scope.h"
#include "policy/limits/limit_table.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kNoMaximum = std::numeric_limits<std::int64_t>::max();

ClientError Refuse(ClientError error, Rejection why, RequestAccount& account) {
  account.rejection = why;
  account.outcome = RequestOutcome::kRefused;
  return error;
}

void NoteBudgetRefusal(const ClientError& refusal, RequestAccount& account) {
  account.error = refusal.message;
  account.budget_code =
      refusal.never_retry ? config::kInsufficientQuota : config::kRateLimitExceeded;
}

// Returns the tokens that the client's answer took: what is settled with its limits.
std::int64_t TokensUsed(const RequestAccount& account) {
  if (account.committed) {
    const policy::Usage usage = account.UsageOfAnswer();
    return usage.input + usage.output;
  }
  std::int64_t most = 0;  // of a client that left
  for (const AttemptAccount& attempt : account.attempts) {
    most = std::max(most, attempt.usage.input + attempt.usage.output);
  }
  return most;
}

}  // namespace

RequestPermits::~RequestPermits() {
  if (!limits_.empty()) limits_.Settle(TokensUsed(account_), SteadyClock::now());
}

std::optional<ClientError> RequestPermits::Begin(RequestPlan& plan, ClientResponse& response) {
  if (std::optional<ClientError> refusal = CheckScope()) return refusal;
  const policy::BudgetTable& budgets = *account_.snapshot->budgets;
  if (!budgets.empty() && outgoing_.endpoint.endpoint != routing::Endpoint::kCountTokens) {
    account_.ledger.started = WallClockMs();
    if (std::optional<ClientError> refusal = ApplySpentBudgets(account_, plan)) {
      NoteBudgetRefusal(*refusal, account_);
      return Refuse(*std::move(refusal), Rejection::kBudget, account_);
    }
    LimitOutput(plan, response);
  }
  return TakeLimits(plan, response);
}

std::optional<ClientError> RequestPermits::CheckScope() {
  if (!account_.key) return std::nullopt;
  const Snapshot& snapshot = *account_.snapshot;
  const config::Key& key = snapshot.config->keys[*account_.key];
  const policy::ScopedRequest request{
      .route = snapshot.policy->routes()[*account_.route].name,
      .request_class = snapshot.policy->NameOf(account_.classification->request_class)};
  switch (policy::LimitOfScope(key, request)) {
    case policy::ScopeLimit::kNone:
      break;
    case policy::ScopeLimit::kRoute:
      return Refuse(ScopeError("route", request.route), Rejection::kNotAllowed, account_);
    case policy::ScopeLimit::kClass:
      return Refuse(ScopeError("class", request.request_class), Rejection::kNotAllowed, account_);
  }
  return std::nullopt;
}

std::optional<ClientError> RequestPermits::TakeLimits(const RequestPlan& plan,
                                                      ClientResponse& response) {
  policy::LimitedBy subjects = account_.snapshot->limits->Of(account_.key, *account_.route);
  if (subjects.empty()) return std::nullopt;
  const routing::Endpoint endpoint = outgoing_.endpoint.endpoint;
  std::int64_t tokens = 0;
  if (endpoint != routing::Endpoint::kCountTokens) {
    tokens = ExpectedUse(account_, plan.front().target, outgoing_.size).Sum();
  }
  const TimePoint now = SteadyClock::now();
  const std::optional<policy::LimitRefusal> refusal = limits_.Take(subjects, tokens, now);
  std::string fields;
  AppendLimitFields(policy::ScarcestRequests(subjects, now), policy::ScarcestTokens(subjects, now),
                    fields);
  response.AddFields(fields);
  if (!refusal) return std::nullopt;
  ClientError error = LimitError(*refusal);
  account_.error = error.message;
  return Refuse(std::move(error), Rejection::kRateLimit, account_);
}

// Without a maximum nobody knows what the answer may cost at most.
void RequestPermits::LimitOutput(const RequestPlan& plan, ClientResponse& response) {
  if (outgoing_.most_output != kNoMaximum) return;
  const Snapshot& snapshot = *account_.snapshot;
  const std::optional<std::int64_t> most =
      AssumedOutputOf(BudgetQuestionOf(account_), outgoing_.endpoint.endpoint, plan);
  if (!most) return;
  response.AddFields(config::Concat("x-headgate-max-tokens: ", *most, "\r\n"));
  std::string_view name = "max_tokens";
  if (outgoing_.endpoint.endpoint == routing::Endpoint::kResponses) {
    name = "max_output_tokens";
  } else if (outgoing_.endpoint.endpoint == routing::Endpoint::kChat) {
    const bool openai = std::any_of(plan.begin(), plan.end(), [&](const auto& planned) {
      const routing::Target& target = snapshot.policy->targets()[planned.target];
      return TraitsOf(snapshot.config->backends[target.backend], target).is_openai;
    });
    // Models of OpenAI that reason refuse max_tokens.
    if (openai) name = "max_completion_tokens";
  }
  backends::GrownBody grown = backends::WithFirstMember(outgoing_.body, outgoing_.splice,
                                                        config::Concat("\"", name, "\":", *most),
                                                        backends::RequestReader::kPadding);
  body_ = std::move(grown.body);
  outgoing_.body = body_;
  outgoing_.splice = grown.splice;
  outgoing_.size.max_tokens = *most;
  outgoing_.most_output = *most * outgoing_.size.choices;
}

bool RequestPermits::Take(Attempt::Aim& aim, AttemptFailure& failure) {
  const std::size_t sent =
      aim.written.body.empty() ? outgoing_.body.size() : aim.written.body.size();
  const IntendedCall call{
      .target = aim.target, .size = outgoing_.size, .body_bytes = sent, .hidden = outgoing_.hidden};
  const AttemptPermit::Verdict verdict = aim.permit.Take(account_, call);
  if (verdict.taken) return true;
  failure = {};
  failure.passed_over = true;
  failure.limited_until = verdict.limited_until;
  if (verdict.budget) of_budget_.Note(account_, call, *verdict.budget);
  return false;
}

const ClientError* RequestPermits::Refusal() {
  if (of_budget_.empty() || !account_.attempts.empty()) return nullptr;
  refusal_ = of_budget_.Tell(account_);
  NoteBudgetRefusal(*refusal_, account_);
  account_.rejection = Rejection::kBudget;
  return &*refusal_;
}

}  // namespace headgate::gateway
