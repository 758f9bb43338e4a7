#include "backends/net/connection_pool.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <boost/asio/write.hpp>
#include <chrono>
#include <memory>
#include <string_view>

namespace headgate::backends {
namespace {

class ConnectionPoolTest : public testing::Test {
 protected:
  // A connection to a listener of our own; `peer_` is its other side.
  std::unique_ptr<Connection> Connect() {
    TcpSocket socket(io_);
    socket.connect(listener_.local_endpoint());
    peer_ = std::make_unique<TcpSocket>(io_);
    listener_.accept(*peer_);
    auto connection = std::make_unique<Connection>(std::move(socket));
    EXPECT_FALSE(connection->stream.Configure());
    return connection;
  }
  // Whether our side has closed the connection.
  bool PeerSeesTheEnd() {
    error_code error;
    char byte = 0;
    peer_->non_blocking(true);
    peer_->read_some(asio::buffer(&byte, 1), error);
    return error == asio::error::eof || error == asio::error::connection_reset;
  }

  // Waits until bytes of the peer, or its end of the connection, have reached our side.
  static void AwaitArrival(Connection& connection) {
    pollfd polled{connection.stream.fd(), POLLIN, 0};
    ASSERT_EQ(poll(&polled, 1, 5000), 1);
  }

  asio::io_context io_{1};
  TcpAcceptor listener_{io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::unique_ptr<TcpSocket> peer_;
  ConnectionPool pool_;
};

TEST_F(ConnectionPoolTest, ReturnsWhatWasGivenForTheSameReplicaOnly) {
  pool_.Keep({1, 2});
  std::unique_ptr<Connection> connection = Connect();
  Connection* const address = connection.get();
  pool_.Give(1, std::move(connection), TimePoint{});
  EXPECT_EQ(pool_.Take(2), nullptr);
  EXPECT_EQ(pool_.Take(1).get(), address);
}

TEST_F(ConnectionPoolTest, ClosesTheIdleConnectionsOfARemovedReplica) {
  pool_.Keep({1, 2});
  pool_.Give(1, Connect(), TimePoint{});
  EXPECT_FALSE(PeerSeesTheEnd());
  pool_.Keep({2, 3});
  EXPECT_TRUE(PeerSeesTheEnd());
  pool_.Keep({1, 2, 3});
  EXPECT_EQ(pool_.Take(1), nullptr);
}

TEST_F(ConnectionPoolTest, KeepsThoseOfAReplicaThatStayed) {
  pool_.Keep({1});
  pool_.Give(1, Connect(), TimePoint{});
  pool_.Keep({5, 1});
  EXPECT_FALSE(PeerSeesTheEnd());
  EXPECT_NE(pool_.Take(1), nullptr);
}

TEST_F(ConnectionPoolTest, ClosesWhatIsGivenBackAfterItsReplicaWasRemoved) {
  pool_.Keep({1});
  std::unique_ptr<Connection> connection = Connect();
  pool_.Keep({2});
  pool_.Give(1, std::move(connection), TimePoint{});
  EXPECT_TRUE(PeerSeesTheEnd());
  EXPECT_EQ(pool_.Take(1), nullptr);
}

TEST_F(ConnectionPoolTest, KeepsNothingAfterClear) {
  pool_.Keep({1});
  pool_.Clear();
  pool_.Give(1, Connect(), TimePoint{});
  EXPECT_TRUE(PeerSeesTheEnd());
}

TEST_F(ConnectionPoolTest, DropsAConnectionOnWhichBytesCameAndTakesTheNext) {
  for (const std::string_view unasked :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", "\r\n", "x"}) {
    pool_.Keep({});
    pool_.Keep({1});
    std::unique_ptr<Connection> silent = Connect();
    Connection* const address = silent.get();
    const std::unique_ptr<TcpSocket> peer_of_silent = std::move(peer_);
    pool_.Give(1, std::move(silent), TimePoint{});
    std::unique_ptr<Connection> spoken_to = Connect();
    asio::write(*peer_, asio::buffer(unasked.data(), unasked.size()));
    AwaitArrival(*spoken_to);
    pool_.Give(1, std::move(spoken_to), TimePoint{});
    EXPECT_EQ(pool_.Take(1).get(), address);
    EXPECT_EQ(pool_.Take(1), nullptr);
    EXPECT_TRUE(PeerSeesTheEnd());
  }
}

TEST_F(ConnectionPoolTest, DropsAConnectionThatThePeerHasClosed) {
  pool_.Keep({1});
  std::unique_ptr<Connection> connection = Connect();
  peer_->close();
  AwaitArrival(*connection);
  pool_.Give(1, std::move(connection), TimePoint{});
  EXPECT_EQ(pool_.Take(1), nullptr);
}

TEST_F(ConnectionPoolTest, SweepsWhatIsNotSilentAndTheBuffersOfTheRest) {
  pool_.Keep({1});
  std::unique_ptr<Connection> silent = Connect();
  silent->MakeRoom();
  const std::unique_ptr<TcpSocket> peer_of_silent = std::move(peer_);
  std::unique_ptr<Connection> spoken_to = Connect();
  asio::write(*peer_, asio::buffer("\r\n", 2));
  AwaitArrival(*spoken_to);
  const TimePoint now{};
  pool_.Give(1, std::move(silent), now);
  pool_.Give(1, std::move(spoken_to), now);
  pool_.Sweep(now + std::chrono::seconds(2));
  EXPECT_TRUE(PeerSeesTheEnd());
  const std::unique_ptr<Connection> left = pool_.Take(1);
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(left->capacity, 0u);
}

TEST_F(ConnectionPoolTest, MakesRoomForAHeadThatIsLongerThanItsBuffer) {
  const std::unique_ptr<Connection> connection = Connect();
  connection->MakeRoom();
  const std::size_t first = connection->capacity;
  connection->buffer[first - 1] = 'x';
  connection->begin = first - 1;
  connection->end = first;
  connection->MakeRoom();  // moves to the front
  EXPECT_EQ(connection->capacity, first);
  EXPECT_EQ(connection->buffer[0], 'x');
  EXPECT_EQ(connection->end, 1u);
  connection->end = first;
  connection->MakeRoom();  // grows
  EXPECT_GT(connection->capacity, first);
  EXPECT_EQ(connection->buffer[0], 'x');
  EXPECT_EQ(connection->end, first);
}

}  // namespace
}  // namespace headgate::backends
