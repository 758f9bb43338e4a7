#include "backends/net/connector.h"

#include <algorithm>
#include <utility>

namespace headgate::backends {

Endpoints InterleaveFamilies(const Endpoints& resolved) {
  if (resolved.empty()) return {};
  const auto is_first_family = [first = resolved.front().protocol()](const auto& endpoint) {
    return endpoint.protocol() == first;
  };
  Endpoints first;
  Endpoints second;
  for (const auto& endpoint : resolved) {
    (is_first_family(endpoint) ? first : second).push_back(endpoint);
  }
  Endpoints ordered;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < second.size()) ordered.push_back(second[i]);
  }
  return ordered;
}

void Connector::Begin(const std::shared_ptr<Race>& race, const asio::ip::tcp::endpoint& address) {
  race->attempts.push_back(std::make_unique<TcpSocket>(race->wake.get_executor()));
  const std::size_t index = race->attempts.size() - 1;
  race->attempts[index]->async_connect(address, [race, index](const error_code& error) {
    // The results of attempts are ignored once the race is over.
    if (race->attempts.empty() || race->winner != nullptr) return;
    std::unique_ptr<TcpSocket>& attempt = race->attempts[index];
    if (error) {
      race->error = error;
      ++race->failed;
      attempt.reset();
    } else {
      race->winner = attempt.get();
    }
    race->wake.cancel();
  });
}

std::chrono::milliseconds Connector::DelayWithin(std::chrono::milliseconds limit,
                                                 std::size_t addresses) {
  const auto share = limit / static_cast<std::chrono::milliseconds::rep>(addresses);
  return std::clamp(share, kShortestDelay, kDelay);
}

Awaitable<error_code> Connector::ConnectSingle(const asio::ip::tcp::endpoint& address,
                                               TcpSocket& socket) {
  single_ = &socket;
  auto [error] = co_await socket.async_connect(address, kAwait);
  single_ = nullptr;
  if (aborted_) error = asio::error::operation_aborted;
  if (error) {
    error_code ignored;
    socket.close(ignored);
  }
  co_return error;
}

Awaitable<error_code> Connector::Connect(const Endpoints& addresses,
                                         std::chrono::milliseconds limit, TcpSocket& socket) {
  if (aborted_) co_return asio::error::operation_aborted;
  if (addresses.size() == 1) {
    const error_code error = co_await ConnectSingle(addresses.front(), socket);
    co_return error;
  }
  const std::chrono::milliseconds delay = DelayWithin(limit, addresses.size());
  race_ = std::make_shared<Race>(executor_);
  Race& race = *race_;
  std::size_t next = 0;
  while (!aborted_ && race.winner == nullptr) {
    if (next == addresses.size() && race.failed == next) break;
    if (next < addresses.size()) {
      Begin(race_, addresses[next++]);
      race.wake.expires_after(delay);
    } else {
      race.wake.expires_at(TimePoint::max());
    }
    // Handlers run only while this is suspended, so a cancel cannot come before the wait. The cause
    // of the wake-up does not matter: the end of the delay and a failure both begin the next
    // attempt.
    const error_code ignored = std::get<0>(co_await race.wake.async_wait(kAwait));
    static_cast<void>(ignored);
  }
  error_code error = race.error;
  if (aborted_) {
    error = asio::error::operation_aborted;
  } else if (race.winner != nullptr) {
    error.clear();
    socket = std::move(*race.winner);
  }
  race.attempts.clear();  // closes the other attempts; their handlers find the race over
  race_.reset();
  co_return error;
}

void Connector::Abort() {
  aborted_ = true;
  error_code ignored;
  if (single_ != nullptr) single_->close(ignored);
  if (race_) race_->wake.cancel();
}

}  // namespace headgate::backends
