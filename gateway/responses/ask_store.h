#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "backends/net/types.h"
#include "gateway/responses/response_store.h"

namespace headgate::gateway {

// Asks the store from a worker: `question(database, now)` is called in the store's thread and
// returns absl::StatusOr<T>; the coroutine goes on in `executor`. Unavailable if too much waits.
// The store counts the result. `store` outlives the wait. Named in a co_await statement of its own
// (CONTRIBUTING, "Coroutines").
template <typename T, typename Question>
Awaitable<absl::StatusOr<T>> AskStore(ResponseStore& store, Executor executor, Question question) {
  auto initiate = [&store, executor](auto handler, auto asked) {
    // The queue takes functions that can be copied; a handler cannot.
    auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    auto go_on = [waiting, executor](absl::StatusOr<T> answer) {
      asio::post(executor, [waiting, answer = std::move(answer)]() mutable {
        auto resumed = std::move(*waiting);
        resumed(std::move(answer));
      });
    };
    const bool taken = store.Post(
        [&store, asked = std::move(asked), go_on](ResponseDatabase& database, std::int64_t now) {
          absl::StatusOr<T> answer = asked(database, now);
          store.CountLookup(answer.status());
          go_on(std::move(answer));
        });
    if (taken) return;
    const absl::Status busy = absl::UnavailableError("The store of responses is busy; try again.");
    store.CountLookup(busy);
    go_on(busy);
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(absl::StatusOr<T>)>(
      initiate, asio::use_awaitable_t<Executor>(), std::move(question));
}

}  // namespace headgate::gateway
