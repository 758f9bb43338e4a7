#include "gateway/attempt/answer_fault.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "backends/net/media_type.h"
#include "backends/protocols/answer_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "gateway/accounting/reported_usage.h"

namespace headgate::gateway {
namespace {

using backends::AttemptResult;
using backends::Exchange;
using backends::json::BodyStart;
using backends::json::StartOf;

// How long reading the rest of a useless answer may take, and how many bytes it may have: the
// client waits meanwhile.
constexpr std::chrono::milliseconds kUselessTail(5000);
constexpr std::size_t kLongestUseless = 8u << 20;
constexpr std::string_view kErrorOf200 = "its answer of status 200 is an error";

Awaitable<void> ReadEvents(Exchange& exchange, backends::ClientProtocol protocol,
                           AnswerFault& fault) {
  backends::StreamReader events(protocol, /*forward_usage=*/false);
  std::string ignored;
  for (;;) {
    events.Feed(exchange.body(), ignored);
    exchange.body().clear();
    ignored.clear();
    if (events.ended() || exchange.complete()) break;
    const bool more = co_await exchange.ReadMore();
    if (!more) break;
  }
  fault.cost = {.usage = events.usage(), .output_seen = events.token_events()};
}

// The form of an error does not tell whether a backend will repeat it.
Awaitable<void> ReadJson(Exchange& exchange, backends::ClientProtocol protocol,
                         AnswerFault& fault) {
  while (!exchange.complete() && exchange.body().size() <= kLongestUseless) {
    const bool more = co_await exchange.ReadMore();
    if (!more) break;
  }
  const std::string& body = exchange.body();
  fault.cost.output_seen = EstimateOutputTokens(protocol, body);
  backends::WholeAnswer answer = backends::ReadWholeAnswerCopied(protocol, body);
  fault.cost.usage = std::move(answer.usage);
  if (exchange.head().status != 200) co_return;
  if (answer.kind != backends::WholeAnswer::Kind::kError) co_return;
  fault.error = body;
  fault.will_repeat = false;
  fault.detail = kErrorOf200;
}

}  // namespace

std::string FaultOfHead(const backends::ResponseHead& head, bool stream) {
  if (head.status != 200) return "answered with status " + std::to_string(head.status);
  if (head.encoded) return "answered in a content encoding, which it was asked not to use";
  if (head.transfer_coded) return "answered in a transfer coding, which it was not asked for";
  if (head.event_stream == stream) return {};
  if (!stream) return "answered text/event-stream instead of JSON";
  const std::string type =
      head.json ? "application/json" : backends::DescribeMediaType(head.content_type);
  return "answered " + type + " instead of text/event-stream";
}

std::optional<AnswerFault> FaultWithoutToken(const backends::StreamReader& events, bool complete) {
  AnswerFault fault;
  fault.cost.usage = events.usage();
  if (events.failed_early()) {
    fault.error = events.error();
    fault.detail = "its stream begins with an error";
  } else if (events.malformed()) {
    fault.detail = "its stream is malformed";
  } else if (events.is_empty()) {
    fault.will_repeat = true;
    fault.detail = events.nothing_but_its_end();
  } else if (events.started() && (events.done() || complete)) {
    fault.result = AttemptResult::kCut;
    fault.detail = "its stream ended before its first token";
  } else if (complete) {
    fault.detail = "its stream holds no answer";
  } else {
    return std::nullopt;
  }
  return fault;
}

AnswerFault FaultOfText(std::string_view body, const backends::ResponseHead& head,
                        backends::ClientProtocol protocol) {
  AnswerFault fault;
  fault.detail = kErrorOf200;
  backends::StrayAnswer stray = backends::ReadStrayAnswer(protocol, body);
  fault.cost.usage = std::move(stray.usage);
  // A list of errors is not an answer that a model worked on.
  const bool worked_on = stray.events || !stray.error;
  if (worked_on) {
    fault.cost.output_seen = std::max(stray.token_events, EstimateOutputTokens(protocol, body));
  }
  if (stray.error) {
    fault.error = std::move(stray.error);
    return fault;
  }
  fault.will_repeat = true;
  if (stray.events) {
    fault.detail = "sent an event stream instead of JSON";
  } else if (!head.content_type.empty() && !backends::IsJson(head.content_type)) {
    fault.detail =
        "answered " + backends::DescribeMediaType(head.content_type) + " instead of JSON";
  } else {
    fault.will_repeat = false;
    fault.detail = "its answer is not a JSON object";
  }
  return fault;
}

AnswerFault FaultOfLength(std::string_view body, backends::ClientProtocol protocol) {
  AnswerFault fault;
  fault.cost.output_seen = EstimateOutputTokens(protocol, body);
  fault.will_repeat = true;
  fault.detail = "its answer has more than 32 MiB, which is too much to be translated";
  return fault;
}

std::optional<AnswerFault> FaultOfWholeAnswer(const backends::WholeAnswer& answer,
                                              std::string_view body,
                                              const backends::ResponseHead& head,
                                              backends::ClientProtocol protocol) {
  using Kind = backends::WholeAnswer::Kind;
  if (answer.kind == Kind::kAnswer) return std::nullopt;
  if (answer.kind == Kind::kNoAnswer) return FaultOfText(body, head, protocol);
  AnswerFault fault;
  fault.cost.usage = answer.usage;
  if (answer.kind == Kind::kError) {
    fault.error = body;
    fault.detail = kErrorOf200;
  } else {
    fault.detail = answer.missing;
  }
  return fault;
}

Awaitable<AnswerFault> ReadUselessAnswer(Exchange& exchange, backends::ClientProtocol protocol,
                                         std::string why) {
  AnswerFault fault;
  fault.will_repeat = true;
  fault.detail = std::move(why);
  exchange.Expect(SteadyClock::now(), kUselessTail);
  bool more = !exchange.head().encoded && !exchange.head().transfer_coded;
  while (more && !exchange.complete() && StartOf(exchange.body()) == BodyStart::kBlank) {
    exchange.body().clear();
    more = co_await exchange.ReadMore();
  }
  // The body decides and not its media type: figures may be in either form.
  if (more && StartOf(exchange.body()) == BodyStart::kJson) {
    co_await ReadJson(exchange, protocol, fault);
  } else if (more) {
    co_await ReadEvents(exchange, protocol, fault);
  }
  exchange.Finish(SteadyClock::now());
  co_return fault;
}

}  // namespace headgate::gateway
