#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"
#include "gateway/budgets/budget_words.h"
#include "gateway/http/answer.h"
#include "policy/budgets/budget_refusal.h"
#include "policy/limits/limit_hold.h"

namespace headgate::gateway {

// What clients are told of limits and budgets. All functions are pure.

// A 429 that names the limit and whose it is, with the time to wait.
ClientError LimitError(const policy::LimitRefusal& refusal);

// A 429 with the code insufficient_quota, which clients do not retry; or rate_limit_exceeded with a
// time to wait, if only calls that run are in the way.
ClientError BudgetError(const config::Budget& budget, const policy::BudgetRefusal& refusal,
                        const RefusalHints& hints);

// A 403: the key may not use what it asked for. `kind`: "route" or "class".
ClientError ScopeError(std::string_view kind, std::string_view name);

// Appends OpenAI's fields (x-ratelimit-limit-requests, -remaining-requests, -reset-requests, and
// the same of tokens) as whole header lines, for the kinds of which there is a limit.
void AppendLimitFields(const std::optional<policy::LimitStanding>& requests,
                       const std::optional<policy::LimitStanding>& tokens, std::string& out);

// A duration as Go writes it, which these fields have: "0s", "12ms", "1.5s", "6m0s". Rounded up to
// milliseconds.
std::string GoDuration(std::chrono::nanoseconds time);

}  // namespace headgate::gateway
