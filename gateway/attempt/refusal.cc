#include "gateway/attempt/refusal.h"

#include <algorithm>
#include <utility>

#include "backends/net/retry_after.h"
#include "backends/protocols/client_writer.h"
#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/unescape.h"
#include "gateway/accounting/refusal_verdict.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kBrokeOff = "The backend's answer broke off.";
constexpr std::size_t kLongestErrorAnswer = 64u << 10;
constexpr std::chrono::milliseconds kErrorTail(5000);
constexpr std::chrono::milliseconds kErrorSilence(1000);

bool IsWord(std::string_view text) {
  constexpr std::size_t kLongestWord = 64;
  return !text.empty() && text.size() <= kLongestWord &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

}  // namespace

Awaitable<RefusingAnswer> ReadRefusingAnswer(backends::Exchange& exchange) {
  const TimePoint last = SteadyClock::now() + kErrorTail;
  // The text of an HTML or XML page is not used, so the rest of it is not worth the time it takes.
  bool more = !exchange.head().markup;
  while (more && !exchange.complete() && exchange.body().size() < kLongestErrorAnswer) {
    const TimePoint now = SteadyClock::now();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(last - now);
    exchange.Expect(now, std::clamp(left, std::chrono::milliseconds(0), kErrorSilence));
    more = co_await exchange.ReadMore();
  }
  const backends::ResponseHead& head = exchange.head();
  RefusingAnswer refusing;
  refusing.body = backends::ReadErrorBody(head.status, exchange.body(), head.markup);
  refusing.retry_after = backends::ReadRetryAfter(head.retry_after_ms, head.retry_after, head.date,
                                                  std::chrono::system_clock::now());
  co_return refusing;
}

std::string LoggableRefusal(const backends::ErrorBody& refusal, const policy::Scrubber& scrubber) {
  std::string text = "the backend answered " + std::to_string(refusal.status);
  const std::string type = scrubber.Scrub(refusal.type);
  const std::string code = scrubber.Scrub(refusal.code);
  if (IsWord(type)) text.append(", type ").append(type);
  if (IsWord(code)) text.append(", code ").append(code);
  return text;
}

ClientError TheirError(const backends::ErrorBody& refusal, std::string_view raw,
                       backends::ClientProtocol protocol, const policy::Scrubber& scrubber) {
  const std::string_view usual_type =
      refusal.status == 429 ? "rate_limit_error" : "invalid_request_error";
  ClientError error{.status = refusal.status,
                    .type = scrubber.Scrub(refusal.type.empty() ? usual_type : refusal.type),
                    .code = scrubber.Scrub(refusal.code),
                    .param = scrubber.Scrub(refusal.param),
                    .message = scrubber.Scrub(refusal.message)};
  if (!raw.empty()) error.document = PassingDocument(raw, protocol, scrubber);
  return error;
}

// A type or a code of another protocol would mean nothing to the client, and a param would name a
// member of a body that the client has not written.
ClientError TranslatedError(const backends::ErrorBody& refusal, backends::ClientProtocol client,
                            const policy::Scrubber& scrubber) {
  const bool anthropic = client == backends::ClientProtocol::kAnthropic;
  ClientError error{.status = anthropic && refusal.status == 422 ? 400 : refusal.status,
                    .message = scrubber.Scrub(refusal.message)};
  if (refusal.status == 429) {
    error.type = "rate_limit_error";
    error.code = "rate_limit_exceeded";
  } else if (refusal.context_too_long) {
    error.code = "context_length_exceeded";
  } else if (refusal.content_policy) {
    error.code = "content_policy_violation";
  }
  return error;
}

ClientError TranslatedFault(const backends::ErrorBody& fault, backends::ClientProtocol client,
                            const policy::Scrubber& scrubber) {
  using backends::AttemptResult;
  backends::ErrorBody body = fault;
  body.status = ImpliedStatus(body);
  ClientError error{.status = 502, .type = "server_error", .code = "upstream_error"};
  error.message = kBrokeOff;
  const bool known = body.status >= 400;
  const AttemptResult result = known ? JudgeRefusal(body, {}).result : AttemptResult::kErrorEvent;
  if (result == AttemptResult::kRejected || result == AttemptResult::kNoCredit) return error;
  if (result == AttemptResult::kStatus4xx || result == AttemptResult::kStatus429) {
    error = TranslatedError(body, client, scrubber);
  } else if (body.status == 503 || body.status == 529) {
    error.status = 503;
    error.code = "server_is_overloaded";
  } else if (body.status == 504 || body.status == 408) {
    error.status = 504;
  }
  error.message = body.has_words ? scrubber.Scrub(body.message) : std::string(kBrokeOff);
  return error;
}

std::string PassingDocument(std::string_view raw, backends::ClientProtocol protocol,
                            const policy::Scrubber& scrubber) {
  if (!backends::IsErrorBody(protocol, raw)) return {};
  if (raw.find('\\') != std::string_view::npos) {
    std::string unescaped(raw.size(), '\0');
    const char* const end = backends::json::UnescapeJson(raw, unescaped.data());
    if (end == nullptr) return {};
    unescaped.resize(static_cast<std::size_t>(end - unescaped.data()));
    if (scrubber.Scrub(unescaped) != unescaped) return {};
  }
  return scrubber.Scrub(raw);
}

}  // namespace headgate::gateway
