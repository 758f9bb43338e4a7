#include "gateway/relay/whole_relay.h"

#include "backends/protocols/answer_reader.h"
#include "backends/protocols/client_writer.h"
#include "backends/protocols/values/answer_usage.h"
#include "gateway/accounting/reported_usage.h"
#include "gateway/http/json_text.h"
#include "gateway/relay/exposed_fields.h"

namespace headgate::gateway {

using backends::AttemptResult;

Awaitable<bool> AnswerError(const ClientError& error, ClientResponse& response,
                            RequestAccount& account) {
  account.AnsweredWith(error);
  account.status = backends::StatusFor(response.protocol(), error);
  return response.SendError(error);
}

Awaitable<void> SendWholeAnswer(Attempt& attempt, ClientResponse& response,
                                RequestAccount& account) {
  const TimePoint arrived = SteadyClock::now();
  const std::string& body = attempt.exchange().body();
  const backends::AnswerUsage& usage = attempt.usage();
  attempt.Commit();
  attempt.Settle(AttemptResult::kOk, usage,
                 OutputUnlessReported(usage, attempt.target().context, response.protocol(), body));
  attempt.exchange().Finish(arrived);

  std::string fields;
  AppendDroppedField(account, fields);
  if (response.expose()) fields += ExposedFields(account, Exposed::kCost);
  const ClientResponse::Head head{.content_length = body.size(), .extra = fields};
  const bool sent = co_await response.SendWhole(head, body);
  if (!sent) account.outcome = RequestOutcome::kClientGone;
  account.overhead += SteadyClock::now() - arrived;
}

Awaitable<void> SendTokenEstimate(ClientResponse& response, RequestAccount& account) {
  std::string body = "{\"input_tokens\":";
  AppendInteger(account.estimated_input_tokens, body);
  body += '}';
  account.status = 200;
  const ClientResponse::Head head{.content_length = body.size()};
  const bool sent = co_await response.SendWhole(head, body);
  if (!sent) account.outcome = RequestOutcome::kClientGone;
}

Awaitable<void> RelayLargeAnswer(Attempt& attempt, ClientResponse& response,
                                 RequestAccount& account) {
  backends::Exchange& exchange = attempt.exchange();
  const std::optional<std::uint64_t> announced = exchange.head().content_length;
  attempt.Commit();
  std::string fields;
  if (response.expose()) fields = ExposedFields(account, Exposed::kTarget);
  std::string& out = response.out();
  out.clear();
  response.AppendHead(
      {.content_length = announced, .in_pieces = !announced.has_value(), .extra = fields});
  backends::AnswerScanner scanner(backends::ScannedNamesOf(response.protocol()));
  AttemptResult result = AttemptResult::kOk;
  for (;;) {
    std::string& body = exchange.body();
    scanner.Feed(body);
    if (announced) {
      out.append(body);
    } else if (!body.empty()) {
      response.AppendPiece(body);
    }
    body.clear();
    if (!announced && exchange.complete()) response.AppendEnd();
    exchange.Pause();
    const bool sent = co_await response.Send();
    if (!sent) {
      result = AttemptResult::kClientGone;
      break;
    }
    out.clear();
    if (exchange.complete()) break;
    exchange.Streaming(SteadyClock::now());
    const bool more = co_await exchange.ReadMore();
    if (!more) {
      result = exchange.error().result;
      break;
    }
  }
  attempt.Settle(result, scanner.usage(), EstimateOutputTokens(scanner));
  if (result == AttemptResult::kOk) {
    exchange.Finish(SteadyClock::now());
    co_return;
  }
  account.outcome =
      result == AttemptResult::kClientGone ? RequestOutcome::kClientGone : RequestOutcome::kCut;
  response.Break();
}

}  // namespace headgate::gateway
