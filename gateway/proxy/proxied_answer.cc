// How a ProxiedRequest answers when the client did not ask for a stream: whole, so that any fault
// before the last byte can still be repaired unseen.
#include <utility>

#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/openai/answer.h"
#include "backends/protocols/openai/large_answer.h"
#include "backends/protocols/openai/top_level.h"
#include "gateway/accounting/reported_usage.h"
#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/proxy/proxied_request.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;

// Answers up to this are held whole; a larger one commits early and has no cost header.
constexpr std::size_t kHoldLimit = 8u << 20;
constexpr std::size_t kParserPadding = 64;

}  // namespace

Awaitable<bool> ProxiedRequest::AnswerWhole(SlotLease& slot) {
  while (!exchange_->complete()) {
    if (exchange_->body().size() > kHoldLimit) {
      const bool object = backends::openai::WithoutLead(exchange_->body()).starts_with('{');
      if (!object) co_return RefuseText();
      co_return co_await PassLargeAnswer(slot);
    }
    if (!co_await exchange_->ReadMore()) {
      came_before_failure_ = EstimateOutputTokens(exchange_->body());
      co_return FailExchange();
    }
  }
  const TimePoint arrived = SteadyClock::now();
  std::string& body = exchange_->body();
  // Not every client's JSON reader takes a byte-order mark.
  if (body.starts_with(backends::openai::kByteOrderMark)) {
    body.erase(0, backends::openai::kByteOrderMark.size());
  }
  body.reserve(body.size() + kParserPadding);
  const std::optional<backends::openai::TopLevel> top = backends::openai::ReadTopLevel(body);
  if (!top) co_return RefuseText();
  if (top->IsError() || !top->answers) failed_answer_ = top->answer;
  if (top->IsError()) co_return FailInBand(body, kErrorOf200);
  if (!top->answers) {
    co_return FailAttempt(AttemptResult::kMalformed, "its answer has neither choices nor data");
  }
  const backends::openai::Answer& answer = top->answer;

  attempt().status = 200;
  record_.committed = record_.attempts.size() - 1;
  record_.status = 200;
  const bool says_output = answer.usage && answer.usage->output > 0;
  SettleAttempt(slot, AttemptResult::kOk, answer, says_output ? 0 : EstimateOutputTokens(body));
  exchange_->Finish(arrived);

  std::string& out = client_.out();
  out.clear();
  AppendAnswerHead({.status = 200,
                    .content_length = body.size(),
                    .close = client_.MustClose(),
                    .date = worker_.clock().HttpDate(std::chrono::system_clock::now()),
                    .request_id = record_.id.View(),
                    .extra = ExposedFields(Exposed::kCost),
                    .cors = client_.cors_fields()},
                   out);
  out.append(body);
  if (!co_await client_.Send(out)) record_.outcome = RequestOutcome::kClientGone;
  record_.overhead += SteadyClock::now() - arrived;
  co_return true;
}

// Commits an answer that is too large to hold and passes the rest on as it comes. A fault from
// here on can only be shown by breaking the connection.
Awaitable<bool> ProxiedRequest::PassLargeAnswer(SlotLease& slot) {
  const std::optional<std::uint64_t> announced = exchange_->head().content_length;
  const bool chunked = !announced && !client_.head().http_1_0;
  if (!announced && !chunked) client_.CloseAfterThis();
  attempt().status = 200;
  record_.committed = record_.attempts.size() - 1;
  record_.status = 200;
  std::string& out = client_.out();
  out.clear();
  AppendAnswerHead({.status = 200,
                    .content_length = announced,
                    .chunked = chunked,
                    .close = client_.MustClose(),
                    .date = worker_.clock().HttpDate(std::chrono::system_clock::now()),
                    .request_id = record_.id.View(),
                    .extra = ExposedFields(Exposed::kTarget),
                    .cors = client_.cors_fields()},
                   out);
  backends::openai::LargeAnswer facts;
  backends::openai::GeneratedText text;
  AttemptResult result = AttemptResult::kOk;
  for (;;) {
    std::string& body = exchange_->body();
    facts.Feed(body);
    text.Feed(body);
    if (chunked && !body.empty()) {
      AppendChunk(body, out);
    } else {
      out.append(body);
    }
    body.clear();
    if (chunked && exchange_->complete()) out.append(kLastChunk);
    exchange_->Pause();
    if (!co_await client_.Send(out)) {
      result = AttemptResult::kClientGone;
      break;
    }
    out.clear();
    if (exchange_->complete()) break;
    exchange_->Streaming(SteadyClock::now());
    if (!co_await exchange_->ReadMore()) {
      result = exchange_->error().result;
      break;
    }
  }
  const backends::openai::Answer answer = facts.Read();
  SettleAttempt(slot, result, answer, EstimateOutputTokens(text));
  if (result == AttemptResult::kOk) {
    exchange_->Finish(SteadyClock::now());
  } else {
    record_.outcome =
        result == AttemptResult::kClientGone ? RequestOutcome::kClientGone : RequestOutcome::kCut;
    client_.BreakConnection();
  }
  co_return true;
}

}  // namespace headgate::gateway
