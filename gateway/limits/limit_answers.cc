#include "gateway/limits/limit_answers.h"

#include <algorithm>
#include <cstdint>

#include "config/base/text.h"
#include "gateway/http/json_text.h"

namespace headgate::gateway {
namespace {

constexpr std::chrono::seconds kWaitForOthers(1);

std::string WordsOf(const policy::LimitRefusal& refusal) {
  switch (refusal.kind) {
    case policy::LimitKind::kRequests:
      return config::Concat(refusal.limit, refusal.limit == 1 ? " request" : " requests",
                            " in a minute");
    case policy::LimitKind::kTokens:
      return config::Concat(refusal.limit, refusal.limit == 1 ? " token" : " tokens",
                            " in a minute");
    case policy::LimitKind::kInFlight:
      break;
  }
  return config::Concat(refusal.limit, refusal.limit == 1 ? " request" : " requests", " at once");
}

std::string AdviceOf(const policy::LimitRefusal& refusal) {
  if (refusal.Never()) {
    return config::Concat("This request is expected to take ", refusal.wanted,
                          " tokens: make it shorter, or ask for fewer tokens of output.");
  }
  if (refusal.wait.count() == 0) return "Try again when another request has ended.";
  return config::Concat("Try again in ", GoDuration(refusal.wait), ".");
}

void AppendStanding(std::string_view kind, const policy::LimitStanding& standing,
                    std::string& out) {
  out.append("x-ratelimit-limit-").append(kind).append(": ");
  AppendInteger(standing.limit, out);
  out.append("\r\nx-ratelimit-remaining-").append(kind).append(": ");
  AppendInteger(standing.remaining, out);
  out.append("\r\nx-ratelimit-reset-").append(kind).append(": ");
  out.append(GoDuration(standing.full_in)).append("\r\n");
}

}  // namespace

ClientError LimitError(const policy::LimitRefusal& refusal) {
  const policy::LimitedSubject& subject = *refusal.subject;
  ClientError error{
      .status = 429, .type = "rate_limit_error", .code = "rate_limit_exceeded", .message = {}};
  error.message = config::Concat(
      "The limit of ", policy::kLimitOwnerNames[static_cast<std::size_t>(subject.owner())], " ",
      subject.name(), " is reached: ", WordsOf(refusal), ". ", AdviceOf(refusal));
  if (refusal.Never()) {
    error.never_retry = true;
    return error;
  }
  const auto wait = std::max<std::chrono::nanoseconds>(refusal.wait, kWaitForOthers);
  error.retry_after_s = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count());
  return error;
}

ClientError BudgetError(const config::Budget& budget, const policy::BudgetRefusal& refusal,
                        const RefusalHints& hints) {
  const bool waits = refusal.Waits();
  const std::string_view code = waits ? config::kRateLimitExceeded : config::kInsufficientQuota;
  ClientError error{.status = 429,
                    .type = std::string(waits ? "rate_limit_error" : code),
                    .code = std::string(code),
                    .message = RefusalText(budget, refusal, hints)};
  error.never_retry = !waits;
  if (waits) error.retry_after_s = static_cast<int>(kWaitForOthers.count());
  return error;
}

ClientError ScopeError(std::string_view kind, std::string_view name) {
  return {.status = 403,
          .type = "permission_error",
          .code = config::Concat(kind, "_not_allowed"),
          .message = config::Concat("This key may not send requests of ", kind, " ", name,
                                    "; ask whoever runs this gateway.")};
}

void AppendLimitFields(const std::optional<policy::LimitStanding>& requests,
                       const std::optional<policy::LimitStanding>& tokens, std::string& out) {
  constexpr std::size_t kUsualLength = 240;  // bytes
  if (requests || tokens) out.reserve(out.size() + kUsualLength);
  if (requests) AppendStanding("requests", *requests, out);
  if (tokens) AppendStanding("tokens", *tokens, out);
}

std::string GoDuration(std::chrono::nanoseconds time) {
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kSecondsPerMinute = 60;
  const std::int64_t ms = std::chrono::ceil<std::chrono::milliseconds>(time).count();
  if (ms == 0) return "0s";
  if (ms < kMsPerSecond) return config::Concat(ms, "ms");
  const std::int64_t seconds = ms / kMsPerSecond;
  std::string text;
  if (seconds >= kSecondsPerMinute) text = config::Concat(seconds / kSecondsPerMinute, "m");
  text += config::Concat(seconds % kSecondsPerMinute);
  if (ms % kMsPerSecond != 0) {
    std::string rest = config::Concat(ms % kMsPerSecond + kMsPerSecond);
    rest.erase(rest.find_last_not_of('0') + 1);
    text.append(".").append(rest, 1);
  }
  return text + "s";
}

}  // namespace headgate::gateway
