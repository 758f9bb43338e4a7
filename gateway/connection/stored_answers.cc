#include "gateway/connection/stored_answers.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "backends/protocols/json/append_json.h"
#include "gateway/keeping/page_query.h"
#include "gateway/keeping/store_error.h"
#include "gateway/relay/whole_relay.h"
#include "gateway/responses/ask_store.h"
#include "gateway/responses/database/stored_items.h"

namespace headgate::gateway {
namespace {

ClientError NoStore() {
  return {.status = 404,
          .code = "responses_not_stored",
          .message =
              "This gateway stores no responses: send the whole input each time, or ask "
              "whoever runs it to set `responses` and `server.state`."};
}

ClientError CannotCancel() {
  return {.message =
              "Only a response in the background can be cancelled, and this gateway runs "
              "none; to end a stream, close its connection."};
}

ClientError CannotStreamAgain() {
  return {.param = "stream",
          .message = "A stored response cannot be streamed again; leave out stream."};
}

// Returns why the question is refused whatever is stored.
std::optional<ClientError> RefusalOf(const StoredQuestion& question, bool stores) {
  if (question.row.action == Action::kCancelResponse) return CannotCancel();
  if (!stores) return NoStore();
  const bool streams = QueryValue(question.query, "stream") == "true";
  if (question.row.action == Action::kStoredResponse && streams) return CannotStreamAgain();
  return std::nullopt;
}

Awaitable<absl::StatusOr<std::string>> AskForResponse(WorkerContext& worker,
                                                      const std::string& owner,
                                                      const std::string& id) {
  auto question = [owner, id](ResponseDatabase& database, std::int64_t now) {
    return database.Get(owner, id, now);
  };
  return AskStore<std::string>(*worker.responses, worker.executor, std::move(question));
}

Awaitable<absl::StatusOr<std::string>> AskToDelete(WorkerContext& worker, const std::string& owner,
                                                   const std::string& id) {
  auto question = [owner, id](ResponseDatabase& database,
                              std::int64_t now) -> absl::StatusOr<std::string> {
    absl::Status status = database.Delete(owner, id, now);
    if (!status.ok()) return status;
    std::string json = R"({"id":)";
    backends::json::AppendJsonString(id, json);
    json += R"(,"object":"response","deleted":true})";
    return json;
  };
  return AskStore<std::string>(*worker.responses, worker.executor, std::move(question));
}

Awaitable<absl::StatusOr<std::string>> AskForItems(WorkerContext& worker, const std::string& owner,
                                                   const std::string& id, const PageQuery& query) {
  auto question = [owner, id, query](ResponseDatabase& database,
                                     std::int64_t now) -> absl::StatusOr<std::string> {
    absl::StatusOr<ItemPage> page = database.InputItems(owner, id, query, now);
    if (!page.ok()) return page.status();
    return ItemListJson(*page);
  };
  return AskStore<std::string>(*worker.responses, worker.executor, std::move(question));
}

}  // namespace

bool IsAboutStored(Action action) {
  return action == Action::kStoredResponse || action == Action::kDeleteResponse ||
         action == Action::kInputItems || action == Action::kCancelResponse;
}

Awaitable<void> AnswerFromStore(const StoredQuestion& question, WorkerContext& worker,
                                ClientResponse& response, RequestAccount& account) {
  account.endpoint = question.row.path;
  std::optional<ClientError> refusal = RefusalOf(question, worker.responses != nullptr);
  PageQuery page;
  if (!refusal && question.row.action == Action::kInputItems) {
    refusal = ReadPageQuery(question.query, page);
  }
  if (refusal) {
    account.rejection = refusal->status == 404 ? Rejection::kNotFound : Rejection::kBadBody;
    co_await AnswerError(*refusal, response, account);
    co_return;
  }
  const std::string id(question.id);
  std::string owner;
  if (account.key) owner = account.snapshot->config->keys[*account.key].name;
  absl::StatusOr<std::string> json = std::string();
  if (question.row.action == Action::kStoredResponse) {
    json = co_await AskForResponse(worker, owner, id);
  } else if (question.row.action == Action::kDeleteResponse) {
    json = co_await AskToDelete(worker, owner, id);
  } else {
    json = co_await AskForItems(worker, owner, id, page);
  }
  if (!json.ok()) {
    const ClientError error = StoreError(json.status(), account);
    co_await AnswerError(error, response, account);
    co_return;
  }
  account.status = 200;
  const ClientResponse::Head head{.content_length = json->size()};
  co_await response.SendWhole(head, *json);
}

}  // namespace headgate::gateway
