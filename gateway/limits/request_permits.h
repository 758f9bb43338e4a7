#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "gateway/accounting/request_account.h"
#include "gateway/attempt/attempt.h"
#include "gateway/attempt/attempt_failure.h"
#include "gateway/http/answer.h"
#include "gateway/limits/budget_rules.h"
#include "gateway/plan/request_plan.h"
#include "gateway/relay/client_response.h"
#include "policy/limits/limit_hold.h"

namespace headgate::gateway {

// What one request has taken of the limits of its key, team and route, and what its attempts take
// of budgets and of their providers' limits. Its end gives back what is to be given back.
// Worker-bound.
class RequestPermits {
 public:
  // All arguments outlive it.
  RequestPermits(OutgoingRequest& outgoing, RequestAccount& account)
      : outgoing_(outgoing), account_(account) {}
  ~RequestPermits();
  RequestPermits(const RequestPermits&) = delete;
  RequestPermits& operator=(const RequestPermits&) = delete;

  // Takes what the request needs to begin; may change the plan (ApplySpentBudgets), and the body of
  // a request without a maximum of output under a budget that rejects. Adds the fields of limits to
  // the response. Returns the refusal if the request may not begin. REQUIRES: the request is
  // planned. Called once.
  std::optional<ClientError> Begin(RequestPlan& plan, ClientResponse& response);

  // Takes what the attempt of `aim` needs, whose target and body are set. Returns false if its
  // target may not be asked, with the reason in `failure`.
  bool Take(Attempt::Aim& aim, AttemptFailure& failure);
  // Returns the refusal for the client, and notes it in the account, if a budget is the reason why
  // nothing was sent; else null. REQUIRES: nothing is left to try.
  const ClientError* Refusal();

 private:
  std::optional<ClientError> CheckScope();
  std::optional<ClientError> TakeLimits(const RequestPlan& plan, ClientResponse& response);
  void LimitOutput(const RequestPlan& plan, ClientResponse& response);

  OutgoingRequest& outgoing_;
  RequestAccount& account_;
  policy::LimitHold limits_;
  std::string body_;  // with a maximum of output that the client did not set
  BudgetRefusalToTell of_budget_;
  std::optional<ClientError> refusal_;
};

}  // namespace headgate::gateway
