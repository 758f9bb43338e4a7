#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "backends/net/types.h"
#include "gateway/relay/client_response.h"

namespace headgate::gateway {

// A client without a socket.
class FakeClient final : public ClientSink {
 public:
  Awaitable<bool> Send(std::string_view bytes) override {
    if (sends++ >= fails_after) {
      ClientGone();
      co_return false;
    }
    sent.append(bytes);
    co_return true;
  }
  void Break() override {
    ClientGone();
    broken = true;
  }
  bool closes() const override { return draining; }

  std::string sent;
  std::size_t sends = 0;
  std::size_t fails_after = std::numeric_limits<std::size_t>::max();  // sends that succeed
  bool broken = false;
  bool draining = false;
};

// Starts `work` on `io`; `done` gets its result once it has ended.
template <typename T>
void Spawn(asio::io_context& io, Awaitable<T> work, std::optional<T>& done) {
  asio::co_spawn(io, std::move(work), [&done](const std::exception_ptr& failed, T result) {
    ASSERT_FALSE(failed);
    done = std::move(result);
  });
}

// Runs `work` to its end.
template <typename T>
T Await(asio::io_context& io, Awaitable<T> work) {
  std::optional<T> result;
  Spawn(io, std::move(work), result);
  io.restart();
  io.run();
  EXPECT_TRUE(result.has_value()) << "the coroutine waits for something that never happens";
  return std::move(*result);
}

}  // namespace headgate::gateway
