#include "gateway/accounting/refusal_verdict.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::ErrorBody;

constexpr std::string_view kNoModelAlert = "a backend does not have the model, or its url is wrong";

// A wait of an hour or more does not mean a limit per minute.
constexpr std::chrono::hours kLongestRateLimit(1);

// Returns whether a refusal concerns the way to the backend: its URL, a proxy, the model's server.
bool IsAboutTheWay(int status) {
  return status == 404 || status == 405 || status == 407 || status == 410 || status == 421 ||
         status == 426;
}

// Returns whether a refusal is not repeated at another time or by another backend. TGI answers 424
// when generation failed; Groq answers 498 for a full flex tier.
bool IsPassing(int status) {
  return status >= 500 || status == 408 || status == 409 || status == 423 || status == 424 ||
         status == 425 || status == 498;
}

bool IsExhausted(const ErrorBody& body, const RefusalContext& context) {
  if (!body.account_exhausted) return false;
  const bool names_a_moment =
      context.retry_after.has_value() && *context.retry_after < kLongestRateLimit;
  return !body.exhausted_by_words || body.status != 429 || !names_a_moment;
}

// 403, 404 and similar statuses are the client's fault if they name a field of the request, or its
// content.
bool IsAboutTheRequest(const ErrorBody& body) {
  return body.content_policy || (!body.param.empty() && body.param != "model");
}

// Returns whether a refusal is about the conversation that the client has at the provider: it is
// not there, or goes on already. The client knows what to do: Anthropic's SDKs send the whole
// conversation again. The status (404, 409) would say something of the backend otherwise.
bool IsAboutAThread(const ErrorBody& body) {
  return body.status < 500 && body.code.starts_with("thread_");
}

RefusalVerdict VerdictOnRejection(const ErrorBody& body, const RefusalContext& context) {
  RefusalVerdict verdict{.result = AttemptResult::kRejected};
  if (body.status == 401 || body.key_rejected) {
    verdict.alert = "a backend rejects its api_key";
    return verdict;
  }
  const bool page_of_a_firewall = body.status == 403 && context.markup;
  verdict.blame = page_of_a_firewall || !context.usual_endpoint ? Blame::kRequest : Blame::kModel;
  if (page_of_a_firewall) {
    verdict.alert = "a page instead of a model refuses a request";
  } else if (body.status == 407) {
    verdict.alert = "a proxy in front of a backend wants a password";
  } else if (IsAboutTheWay(body.status) || body.model_unknown) {
    verdict.alert = kNoModelAlert;
  } else {
    verdict.alert = "a backend forbids its api_key the model";
  }
  return verdict;
}

}  // namespace

int ImpliedStatus(const ErrorBody& body) {
  if (body.status != 0) return body.status;
  if (body.context_too_long || body.content_policy) return 400;
  if (body.account_exhausted) return 402;
  if (body.key_rejected) return 401;
  return body.model_unknown ? 404 : 0;
}

RefusalVerdict JudgeRefusal(const ErrorBody& body, const RefusalContext& context) {
  const int status = body.status;
  if (IsAboutAThread(body)) return {.result = AttemptResult::kStatus4xx};
  if (IsExhausted(body, context)) {
    return {.result = AttemptResult::kNoCredit,
            .blame = body.costs_too_much ? Blame::kRequest : Blame::kReplica,
            .alert = "the account at a backend has no money or quota left"};
  }
  const bool is_about_us = status == 401 || body.key_rejected || body.model_unknown;
  const bool may_be_about_us = status == 403 || IsAboutTheWay(status);
  if (is_about_us || (may_be_about_us && !IsAboutTheRequest(body))) {
    return VerdictOnRejection(body, context);
  }
  if (status == 429) return {.result = AttemptResult::kStatus429};
  if (IsPassing(status)) return {.result = AttemptResult::kStatus5xx};
  return {.result = status >= 400 ? AttemptResult::kStatus4xx : AttemptResult::kMalformed};
}

}  // namespace headgate::gateway
