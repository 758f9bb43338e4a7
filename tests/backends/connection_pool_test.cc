#include "backends/net/connection_pool.h"

#include <gtest/gtest.h>

#include <memory>

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
    return std::make_unique<Connection>(std::move(socket));
  }
  // Whether our side has closed it.
  bool PeerSeesTheEnd() {
    error_code error;
    char byte = 0;
    peer_->non_blocking(true);
    peer_->read_some(asio::buffer(&byte, 1), error);
    return error == asio::error::eof;
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

}  // namespace
}  // namespace headgate::backends
