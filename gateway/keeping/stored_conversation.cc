#include "gateway/keeping/stored_conversation.h"

#include <algorithm>
#include <utility>

#include "config/base/text.h"
#include "gateway/keeping/store_error.h"
#include "gateway/responses/ask_store.h"

namespace headgate::gateway {
namespace {

using Items = std::vector<std::string>;

ClientError CannotContinue(const absl::Status& status, const StateInBody& state,
                           RequestAccount& account) {
  ClientError error = StoreError(status, account);
  error.param = state.previous.empty() ? "conversation" : "previous_response_id";
  if (absl::IsNotFound(status)) {
    error.status = 400;  // as OpenAI's API: 404 is for an id in the path
    error.code = "previous_response_not_found";
  }
  return error;
}

}  // namespace

Awaitable<std::optional<ClientError>> StoredConversation::Read() {
  const StateInBody state = ReadState(body_);
  if (!state.readable) co_return std::nullopt;
  std::optional<ClientError> refusal = Judge(state);
  if (refusal) co_return refusal;
  const bool continues = !state.previous.empty() || !state.conversation.empty();
  if (!continues && state.references.empty() && !state.store) co_return std::nullopt;
  if (account_.key) owner_ = account_.snapshot->config->keys[*account_.key].name;
  if (!state.references.empty()) refusal = co_await TakeReferences(state.references);
  if (refusal) co_return refusal;
  absl::StatusOr<Items> history = Items();
  if (continues) history = co_await AskHistory(state);
  if (!history.ok()) co_return CannotContinue(history.status(), state, account_);
  told_ = ToldState{
      .store = state.store, .previous = state.previous, .conversation = state.conversation};
  account_.continues_stored = continues;
  refusal = Expand(*history);
  if (!refusal && state.store) {
    keeper_.emplace(*worker_.responses, KeptRequest{.owner = owner_,
                                                    .previous = state.previous,
                                                    .conversation = state.conversation,
                                                    .body = OwnBody()});
  }
  co_return refusal;
}

std::optional<ClientError> StoredConversation::Judge(const StateInBody& state) {
  if (state.previous.empty() || state.conversation.empty()) return std::nullopt;
  ClientError error;
  error.param = "previous_response_id";
  error.code = "mutually_exclusive_parameters";
  error.message = "previous_response_id and conversation exclude each other; send one.";
  account_.rejection = Rejection::kBadBody;
  return error;
}

// Items are replaced before anything else is done, so that what is stored of this request has no
// references either: the responses that they come from may be gone before it.
Awaitable<std::optional<ClientError>> StoredConversation::TakeReferences(const Items& ids) {
  ClientError error;
  if (std::find(ids.begin(), ids.end(), "") != ids.end()) {
    account_.rejection = Rejection::kBadBody;
    error.param = "input";
    error.message = "An item_reference of input has no id; send the id of a stored item.";
    co_return error;
  }
  const absl::StatusOr<Items> items = co_await AskItems(ids);
  if (!items.ok()) {
    error = StoreError(items.status(), account_);
    error.param = "input";
    co_return error;
  }
  resolved_ = ReplaceReferences(body_, *items);
  co_return std::nullopt;
}

Awaitable<absl::StatusOr<Items>> StoredConversation::AskItems(const Items& ids) {
  auto question = [owner = owner_, ids](ResponseDatabase& database, std::int64_t now) {
    return database.ItemsById(owner, ids, now);
  };
  return AskStore<Items>(*worker_.responses, worker_.executor, std::move(question));
}

Awaitable<absl::StatusOr<Items>> StoredConversation::AskHistory(const StateInBody& state) {
  // Named, and with copies of its own: it is called in the store's thread.
  auto question = [owner = owner_, previous = state.previous, conversation = state.conversation](
                      ResponseDatabase& database, std::int64_t now) {
    return previous.empty() ? database.ConversationHistory(owner, conversation, now)
                            : database.History(owner, previous, now);
  };
  return AskStore<Items>(*worker_.responses, worker_.executor, std::move(question));
}

std::optional<ClientError> StoredConversation::Expand(const Items& history) {
  expanded_ = ExpandBody(OwnBody(), history);
  const std::size_t limit = account_.snapshot->config->server.limits.body;
  if (expanded_.size() <= limit) return std::nullopt;
  account_.rejection = Rejection::kTooLarge;
  return ClientError{
      .status = 413,
      .code = "request_too_large",
      .message = config::Concat("The request and the responses that it continues are larger than "
                                "this gateway takes (",
                                limit,
                                " bytes); begin a new conversation, or raise "
                                "server.limits.body.")};
}

}  // namespace headgate::gateway
