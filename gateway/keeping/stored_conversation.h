#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "backends/net/types.h"
#include "gateway/accounting/request_account.h"
#include "gateway/attempt/worker_context.h"
#include "gateway/http/answer.h"
#include "gateway/keeping/response_keeper.h"
#include "gateway/keeping/told_state.h"
#include "gateway/responses/expanded_body.h"

namespace headgate::gateway {

// One request of POST /v1/responses at a gateway that stores responses. What it continues is read
// from the store, so that everything behind this sees the whole conversation, as if the client had
// sent it. Backends store nothing then: what a client deletes here is nowhere else. Worker-bound.
class StoredConversation {
 public:
  // All arguments outlive it. At least 64 readable bytes follow `body`. `account` has its snapshot
  // and key. REQUIRES: worker.responses.
  StoredConversation(WorkerContext& worker, std::string_view body, RequestAccount& account)
      : worker_(worker), account_(account), body_(body) {}
  StoredConversation(const StoredConversation&) = delete;
  StoredConversation& operator=(const StoredConversation&) = delete;

  // Reads the history. Returns why the request is refused; a body that cannot be read is not.
  Awaitable<std::optional<ClientError>> Read();

  // The body that is planned and sent; RequestReader::kPadding allocated bytes follow. It is the
  // client's until Read has ended, and also then if nothing is continued or stored.
  std::string_view body() const { return expanded_.empty() ? body_ : expanded_; }
  // Null if the answer is not to be stored.
  ResponseKeeper* keeper() { return keeper_ ? &*keeper_ : nullptr; }
  // What the client is to read in its answer; null if it asked for no state.
  const ToldState* told() const { return told_ ? &*told_ : nullptr; }
  std::size_t HeldBytes() const { return resolved_.capacity() + expanded_.capacity(); }

 private:
  std::optional<ClientError> Judge(const StateInBody& state);
  Awaitable<std::optional<ClientError>> TakeReferences(const std::vector<std::string>& ids);
  Awaitable<absl::StatusOr<std::vector<std::string>>> AskItems(const std::vector<std::string>& ids);
  Awaitable<absl::StatusOr<std::vector<std::string>>> AskHistory(const StateInBody& state);
  std::optional<ClientError> Expand(const std::vector<std::string>& history);

  // The client's body, with the items that it refers to: what is stored of the request.
  std::string_view OwnBody() const { return resolved_.empty() ? body_ : resolved_; }

  WorkerContext& worker_;
  RequestAccount& account_;
  const std::string_view body_;
  std::string owner_;
  std::string resolved_;  // empty if the body has no references
  std::string expanded_;
  std::optional<ResponseKeeper> keeper_;
  std::optional<ToldState> told_;
};

}  // namespace headgate::gateway
