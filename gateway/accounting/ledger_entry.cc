#include "gateway/accounting/ledger_entry.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "gateway/accounting/reported_usage.h"
#include "policy/budgets/restore_budgets.h"

namespace headgate::gateway {
namespace {

using policy::LedgerAttempt;
using policy::LedgerRow;
using policy::RowState;
using policy::UsageStatus;

// Output of a target of which nothing is learned, in tokens, as for ranking (routing/decide).
constexpr std::int64_t kUsualOutput = 500;
constexpr std::int64_t kUsualReasoningOutput = 3000;
constexpr std::size_t kIdPrefix = 4;  // "req_"

unsigned char DigitOf(char c) {
  return static_cast<unsigned char>(c <= '9' ? c - '0' : c - 'a' + 10);
}

policy::LedgerTarget TargetOf(const routing::Target& target) {
  return {.name = target.name, .billed_as = target.upstream_model, .hosting = target.hosting};
}

// The usage and cost that an attempt will probably have. Rent cannot be known before.
void Expect(const RequestAccount& account, const routing::Target& target, std::size_t number,
            LedgerAttempt& attempt) {
  std::int64_t output = target.reasoning ? kUsualReasoningOutput : kUsualOutput;
  const routing::LearnedTarget& known = account.snapshot->fleet->learned(number);
  const float usual = known.ExpectedOutputTokens(account.classification->request_class);
  if (usual > 0) output = std::llround(usual);
  if (target.max_output > 0) output = std::min(output, target.max_output);
  if (!routing::Generates(*account.proxied)) output = 0;
  const std::int64_t input = account.estimated_input_tokens;
  attempt.usage = {
      .input = input, .cached_input = CachedPartOf(input, known.CachedShare()), .output = output};
  attempt.status = UsageStatus::kEstimated;
  if (target.prices) {
    attempt.cost = policy::CostOf(*target.prices, attempt.usage, policy::ServiceTier::kStandard,
                                  account.ledger.started / 1000);
  } else if (target.hosting == config::Hosting::kPaidApi) {
    attempt.status = UsageStatus::kUnpriced;
  }
}

LedgerRow RowOf(const RequestAccount& account) {
  const Snapshot& snapshot = *account.snapshot;
  LedgerRow row;
  row.id = account.ledger.id;
  row.started = account.ledger.started;
  for (std::size_t i = 0; i < row.request.size(); ++i) {
    const char* const digits = account.id.text.data() + kIdPrefix + 2 * i;
    row.request[i] = static_cast<unsigned char>(DigitOf(digits[0]) << 4 | DigitOf(digits[1]));
  }
  if (account.key) {
    const config::Key& key = snapshot.config->keys[*account.key];
    row.labels.key = key.name;
    row.labels.team = key.team;
  }
  if (account.route) row.labels.route = snapshot.policy->routes()[*account.route].name;
  if (account.classification) {
    row.labels.request_class = snapshot.policy->NameOf(account.classification->request_class);
  }
  constexpr NanoUsd kMost = std::numeric_limits<NanoUsd>::max();
  for (const AttemptAccount& attempt : account.attempts) {
    row.reserved += std::min(attempt.reserved, kMost - row.reserved);
  }
  row.names = account.snapshot;
  return row;
}

LedgerAttempt Booked(const AttemptAccount& entry, const routing::Target& target) {
  return {.target = TargetOf(target),
          .usage = entry.usage,
          .status = entry.usage_status,
          .tier = entry.tier,
          .cost = entry.cost};
}

RowState StateOf(const RequestAccount& account) {
  bool billed = false;
  for (const AttemptAccount& attempt : account.attempts) {
    if (!attempt.Billable()) continue;
    if (attempt.usage_status == UsageStatus::kEstimated) return RowState::kEstimated;
    billed = true;
  }
  return billed ? RowState::kSettled : RowState::kReleased;
}

LedgerRow EndedRow(const RequestAccount& account) {
  LedgerRow row = RowOf(account);
  row.state = StateOf(account);
  for (std::size_t i = 0; i < account.attempts.size(); ++i) {
    const AttemptAccount& entry = account.attempts[i];
    row.attempts.emplace_back(Booked(entry, account.snapshot->policy->targets()[entry.target]))
        .answered = account.committed == i;
  }
  return row;
}

}  // namespace

std::optional<ClientError> RefusedByLedger(routing::Endpoint endpoint,
                                           const policy::LedgerWriter* ledger,
                                           RequestAccount& account) {
  if (ledger == nullptr || ledger->accepting()) return std::nullopt;
  if (endpoint == routing::Endpoint::kCountTokens) return std::nullopt;
  constexpr int kSecondsToNextTry = 2;
  account.rejection = Rejection::kLedger;
  account.outcome = RequestOutcome::kRefused;
  ClientError error{.status = 503,
                    .type = "server_error",
                    .code = "ledger_unavailable",
                    .message =
                        "This gateway cannot write down what requests cost at the moment, "
                        "so it takes none. Try again in a few seconds."};
  error.retry_after_s = kSecondsToNextTry;
  return error;
}

void ReserveInLedger(RequestAccount& account, policy::LedgerWriter& ledger) {
  if (account.proxied == routing::Endpoint::kCountTokens) return;
  if (account.ledger.id == 0) account.ledger.id = ledger.NewId();
  if (account.ledger.started == 0) account.ledger.started = ledger.Now();
  LedgerRow row = RowOf(account);
  for (const AttemptAccount& entry : account.attempts) {
    const routing::Target& target = account.snapshot->policy->targets()[entry.target];
    LedgerAttempt& attempt = row.attempts.emplace_back(Booked(entry, target));
    const bool runs = entry.ended == entry.started;
    if (runs) Expect(account, target, entry.target, attempt);
  }
  ledger.Put(std::move(row));
}

void SettleInLedger(const RequestAccount& account, policy::LedgerWriter& ledger) {
  if (account.ledger.id == 0) return;
  const std::int64_t number = ledger.Put(EndedRow(account));
  // Asked behind Put: a table that comes into force later finds the row in the ledger.
  const policy::BudgetTable& budgets = *account.snapshot->budgets;
  if (budgets.IsReplaced()) policy::SettleUnderNewer(budgets, EndedRow(account), number);
}

}  // namespace headgate::gateway
