#include "backends/net/upload.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

namespace headgate::backends {

void Upload::Begin(Stream& stream, std::span<const asio::const_buffer> pieces,
                   std::size_t written) {
  state_ = std::make_shared<State>(executor_);
  for (asio::const_buffer piece : pieces) {
    const std::size_t skipped = std::min(written, piece.size());
    piece += skipped;
    written -= skipped;
    if (piece.size() > 0) state_->rest.push_back(piece);
  }
  // An exception can only come from a coroutine that was stopped before it began.
  auto ended = [state = state_](const std::exception_ptr& exception, const error_code& error) {
    state->done = true;
    state->error = exception ? error_code(asio::error::operation_aborted) : error;
    state->wake.cancel();
  };
  asio::co_spawn(executor_, stream.WriteGathered(state_->rest),
                 asio::bind_cancellation_slot(state_->stop.slot(), std::move(ended)));
}

void Upload::Stop() {
  if (!is_done()) state_->stop.emit(asio::cancellation_type::terminal);
}

Awaitable<error_code> Upload::End() {
  const std::shared_ptr<State> state = state_;
  state->wake.expires_at(TimePoint::max());
  while (!state->done) {
    const error_code ignored = std::get<0>(co_await state->wake.async_wait(kAwait));
    static_cast<void>(ignored);
  }
  co_return state->error;
}

}  // namespace headgate::backends
