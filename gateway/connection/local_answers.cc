#include "gateway/connection/local_answers.h"

#include <optional>
#include <string>

#include "gateway/accounting/wall_clock.h"
#include "gateway/budgets/client_budgets.h"
#include "gateway/http/cors.h"
#include "gateway/relay/whole_relay.h"
#include "gateway/snapshot/models.h"

namespace headgate::gateway {
namespace {

Awaitable<bool> AnswerWith(int status, std::string_view content_type, std::string_view body,
                           ClientResponse& response, RequestAccount& account) {
  account.status = status;
  const ClientResponse::Head head{
      .status = status, .content_type = content_type, .content_length = body.size()};
  return response.SendWhole(head, body);
}

}  // namespace

Awaitable<void> AnswerLocally(const EndpointRow& row, std::string_view argument, bool draining,
                              ClientResponse& response, RequestAccount& account) {
  account.endpoint = row.path;
  if (row.action == Action::kAlive) {
    const std::string_view body =
        draining ? "Headgate is shutting down.\n" : "Headgate is running.\n";
    co_await AnswerWith(draining ? 503 : 200, "text/plain; charset=utf-8", body, response, account);
    co_return;
  }
  std::optional<std::string> json;
  if (row.action == Action::kBudgets) {
    const Snapshot& snapshot = *account.snapshot;
    json = ClientBudgetsJson({.config = *snapshot.config,
                              .budgets = *snapshot.budgets,
                              .limits = *snapshot.limits,
                              .key = account.key,
                              .time = WallClockMs(),
                              .now = SteadyClock::now()});
  } else if (row.action == Action::kListModels) {
    json = ModelListJson(*account.snapshot, account.key, response.protocol());
  } else {
    json = ModelJson(*account.snapshot, account.key, argument, response.protocol());
  }
  if (json) {
    co_await AnswerWith(200, "application/json", *json, response, account);
    co_return;
  }
  account.rejection = Rejection::kModel;
  const ClientError error = UnknownModel(argument);
  co_await AnswerError(error, response, account);
}

Awaitable<void> AnswerPreflight(const RequestHead& head, std::string_view allow,
                                ClientResponse& response, RequestAccount& account) {
  account.status = 204;
  std::string fields;
  AppendPreflightFields(head, allow.empty() ? "GET, HEAD, POST" : allow,
                        account.snapshot->policy->header_names(), fields);
  const ClientResponse::Head answer{.status = 204, .content_type = {}, .extra = fields};
  co_await response.SendWhole(answer, {});
}

}  // namespace headgate::gateway
