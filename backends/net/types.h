#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <tuple>

namespace headgate {

namespace asio = boost::asio;
using boost::system::error_code;

// Each thread runs one io_context, so its own executor type is used throughout: the type-erased
// any_io_executor would cost an indirect call and a reference count per operation.
using Executor = asio::io_context::executor_type;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using TcpAcceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using TcpResolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

// Completion token: `auto [error, n] = co_await ReadSome(…)`. Errors are values on the data plane.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kAwait{};

using IoResult = std::tuple<error_code, std::size_t>;

using SteadyClock = std::chrono::steady_clock;
using TimePoint = SteadyClock::time_point;

}  // namespace headgate
