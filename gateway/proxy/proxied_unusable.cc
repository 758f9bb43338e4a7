// What a ProxiedRequest makes of answers of status 200 to 399 that nobody can use: another status
// or media type than was asked for. The model may have worked for them all the same, so what they
// say about their cost is booked.
#include <algorithm>

#include "backends/net/media_type.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/error_body.h"
#include "backends/protocols/openai/event_stream.h"
#include "backends/protocols/openai/top_level.h"
#include "gateway/accounting/reported_usage.h"
#include "gateway/connection/worker.h"
#include "gateway/proxy/proxied_request.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// How long the rest of such an answer may take, and how long it may be: the client waits meanwhile,
// and without the figures in it they are estimated.
constexpr std::chrono::milliseconds kRefusedTail(5000);
constexpr std::size_t kLongestRefused = 8u << 20;

}  // namespace

bool ProxiedRequest::IsBlank(std::string_view body) {
  return backends::openai::WithoutLead(body).empty();
}

bool ProxiedRequest::BeginsAsJson(std::string_view body) {
  const std::string_view text = backends::openai::WithoutLead(body);
  return text.starts_with('{') || text.starts_with('[');
}

std::string ProxiedRequest::FaultOfHead() const {
  const backends::ResponseHead& head = exchange_->head();
  if (head.status != 200) return "answered with status " + std::to_string(head.status);
  if (head.encoded) return "answered in a content encoding, which it was asked not to use";
  if (head.transfer_coded) return "answered in a transfer coding, which it was not asked for";
  if (head.event_stream == record_.stream) return {};
  if (!record_.stream) return "answered text/event-stream instead of JSON";
  const std::string type =
      head.json ? "application/json" : backends::DescribeMediaType(head.content_type);
  return "answered " + type + " instead of text/event-stream";
}

Awaitable<bool> ProxiedRequest::RefuseAnswer(std::string_view why) {
  attempt().status = exchange_->head().status;
  exchange_->Expect(SteadyClock::now(), kRefusedTail);
  bool is_error = false;
  bool more = !exchange_->head().encoded && !exchange_->head().transfer_coded;
  while (more && !exchange_->complete() && IsBlank(exchange_->body())) {
    exchange_->body().clear();
    more = co_await exchange_->ReadMore();
  }
  // What came, not what it is called: figures stand in either form.
  if (more && BeginsAsJson(exchange_->body())) {
    is_error = co_await ReadRefusedJson();
  } else if (more) {
    co_await ReadRefusedStream();
  }
  exchange_->Finish(SteadyClock::now());
  if (client_gone_) co_return FailAttempt(AttemptResult::kClientGone, {});
  if (is_error) {
    co_return FailInBand(exchange_->body(), kErrorOf200);
  }
  co_return FailForGood(why);
}

bool ProxiedRequest::RefuseText() {
  if (backends::openai::IsErrorList(exchange_->body())) {
    return FailInBand(exchange_->body(), kErrorOf200);
  }
  backends::openai::EventStream events(/*forward_usage=*/false);
  std::string ignored;
  events.Feed(exchange_->body(), ignored);
  failed_answer_ = events.answer();
  came_before_failure_ = std::max(events.token_events(), EstimateOutputTokens(exchange_->body()));
  const backends::ResponseHead& head = exchange_->head();
  if (events.failed_first()) return FailInBand(events.error(), kErrorOf200);
  if (events.started()) return FailForGood("sent an event stream instead of JSON");
  if (!head.content_type.empty() && !backends::IsJson(head.content_type)) {
    return FailForGood("answered " + backends::DescribeMediaType(head.content_type) +
                       " instead of JSON");
  }
  return FailAttempt(AttemptResult::kMalformed, "its answer is not a JSON object");
}

Awaitable<void> ProxiedRequest::ReadRefusedStream() {
  backends::openai::EventStream events(/*forward_usage=*/false);
  std::string ignored;
  for (;;) {
    events.Feed(exchange_->body(), ignored);
    exchange_->body().clear();
    ignored.clear();
    if (events.ended() || exchange_->complete()) break;
    const bool more = co_await exchange_->ReadMore();
    if (!more) break;
  }
  failed_answer_ = events.answer();
  came_before_failure_ = events.token_events();
}

// true: it is an error. Whether a backend shows that again cannot be told from its form.
Awaitable<bool> ProxiedRequest::ReadRefusedJson() {
  while (!exchange_->complete() && exchange_->body().size() <= kLongestRefused) {
    const bool more = co_await exchange_->ReadMore();
    if (!more) break;
  }
  came_before_failure_ = EstimateOutputTokens(exchange_->body());
  const std::optional<backends::openai::TopLevel> top =
      backends::openai::ReadTopLevelCopied(exchange_->body());
  if (top) failed_answer_ = top->answer;
  if (exchange_->head().status != 200) co_return false;
  if (!top) co_return backends::openai::IsErrorList(exchange_->body());
  co_return top->IsError();
}

}  // namespace headgate::gateway
