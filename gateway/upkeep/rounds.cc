#include "gateway/upkeep/rounds.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

namespace headgate::gateway {

Rounds::Rounds(asio::io_context& io, std::chrono::milliseconds pause,
               std::function<void(TimePoint)> round)
    : io_(io), pause_(pause), round_(std::move(round)), timer_(io) {}

void Rounds::Start() { asio::co_spawn(io_, Loop(), asio::detached); }

Awaitable<void> Rounds::Loop() {
  for (;;) {
    timer_.expires_after(pause_);
    co_await timer_.async_wait(kAwait);
    round_(SteadyClock::now());
  }
}

}  // namespace headgate::gateway
