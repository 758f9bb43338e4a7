#include "gateway/upkeep/webhook.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/log/operator_log.h"

namespace headgate::gateway {
namespace {

// Its pool has no shelves, so no connection is kept under this number.
constexpr std::size_t kNoNumber = std::numeric_limits<std::size_t>::max();

std::string RequestOf(const Snapshot& snapshot, const std::string& body) {
  std::string request;
  snapshot.webhook->AppendHead(0, snapshot.config->alerts->target.Reveal(), request, {});
  absl::StrAppend(&request,
                  "User-Agent: headgate\r\nConnection: close\r\nContent-Length: ", body.size(),
                  "\r\n\r\n", body);
  return request;
}

std::string DetailOf(int status) {
  const bool redirects = status >= 300 && status < 400;
  return absl::StrCat("it answered ", status,
                      redirects ? "; redirects are not followed: write the new URL" : "");
}

std::string DetailOf(const backends::UpstreamError& error) {
  if (error.result == backends::AttemptResult::kTotalTimeout) return "no answer in time";
  std::string detail(backends::ToString(error.result));
  if (!error.detail.empty()) absl::StrAppend(&detail, ": ", error.detail);
  return detail;
}

void LogLoss(const BudgetAlert& alert, std::string_view detail) {
  const std::string name = NameOf(alert.budget);
  const std::string share = ShareText(alert);
  OperatorLog::Event(OperatorLog::Level::kWarning, "the webhook was not told of a budget",
                     {{.name = "budget", .text = name},
                      {.name = "share", .text = share},
                      {.name = "detail", .text = detail}});
}

}  // namespace

Webhook::Webhook(Parts parts, const WebhookPatience& patience)
    : parts_(std::move(parts)), patience_(patience), queue_(patience), timer_(parts_.io) {}

void Webhook::Send(const BudgetAlert& alert) {
  if (!parts_.current()->webhook) {
    parts_.on_end(alert);
    return;
  }
  if (!queue_.Add(alert, SteadyClock::now())) {
    ++totals_.dropped;
    LogLoss(alert, "too many alerts wait for it");
    parts_.on_end(alert);
    return;
  }
  if (sending_) return;
  sending_ = true;
  asio::co_spawn(parts_.io, SendAll(), asio::detached);
}

Awaitable<void> Webhook::SendAll() {
  while (const std::optional<TimePoint> due = queue_.Due()) {
    timer_.expires_at(*due);
    co_await timer_.async_wait(kAwait);
    const std::shared_ptr<const Snapshot> snapshot = parts_.current();
    Ended ended{.result = PostResult::kRefused, .detail = "a reload has removed it"};
    if (snapshot->webhook) ended = co_await Post(snapshot);
    if (!queue_.EndTry(ended.result, SteadyClock::now())) continue;
    Note(ended);
    queue_.RemoveFirst(SteadyClock::now());
  }
  sending_ = false;
}

Awaitable<Webhook::Ended> Webhook::Post(std::shared_ptr<const Snapshot> snapshot) {
  const std::string request = RequestOf(*snapshot, AlertJson(queue_.first(), parts_.instance));
  const backends::ExchangePlace place{
      .upstream = *snapshot->webhook,
      .replica = 0,
      .replica_number = kNoNumber,
      .timeouts = {.connect = patience_.limit, .first_token = patience_.limit},
      .deadline = SteadyClock::now() + patience_.limit};
  // The handler of the timer may run after the exchange has ended.
  const std::shared_ptr<backends::Exchange> exchange = parts_.exchanges.Make(place);
  Timer limit(parts_.io, place.deadline);
  limit.async_wait([exchange](const error_code& error) {
    if (!error) exchange->Abort(backends::AttemptResult::kTotalTimeout);
  });
  const std::array<asio::const_buffer, 1> bytes = {asio::buffer(request)};
  const bool answered = co_await exchange->Start(bytes, /*streamed=*/true);
  limit.cancel();
  Ended ended;
  const int status = answered ? exchange->head().status : 0;
  ended.result = JudgePost(status);
  ended.detail = answered ? DetailOf(status) : DetailOf(exchange->error());
  co_return ended;
}

void Webhook::Note(const Ended& ended) {
  const BudgetAlert& alert = queue_.first();
  if (ended.result == PostResult::kDelivered) {
    ++totals_.delivered;
  } else {
    ++totals_.failed;
    LogLoss(alert, queue_.tries() == 1
                       ? ended.detail
                       : absl::StrCat(ended.detail, " (", queue_.tries(), " tries)"));
  }
  parts_.on_end(alert);
}

}  // namespace headgate::gateway
