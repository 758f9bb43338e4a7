#include "backends/net/stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::backends {
namespace {

constexpr const char* kName = "backend.test";

// A key and a certificate that it has signed itself, for kName.
struct Identity {
  Identity() {
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(kName), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), &X509_free};
};

// Two ends of one loopback connection: ours, and that of a backend.
class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    TcpAcceptor listener(io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    TcpSocket near(io_);
    near.connect(listener.local_endpoint());
    TcpSocket far(io_);
    listener.accept(far);
    near_ = std::make_unique<Stream>(std::move(near));
    far_ = std::make_unique<Stream>(std::move(far));
    EXPECT_FALSE(near_->Configure());
    EXPECT_FALSE(far_->Configure());
    SSL_CTX_use_certificate(server_.native_handle(), identity_.certificate.get());
    SSL_CTX_use_PrivateKey(server_.native_handle(), identity_.key.get());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client_.native_handle()),
                        identity_.certificate.get());
  }

  // Runs both to their ends.
  template <typename Near, typename Far>
  void RunBoth(Near near, Far far) {
    asio::co_spawn(io_, near, asio::detached);
    asio::co_spawn(io_, far, asio::detached);
    io_.restart();
    io_.run();
  }
  void Handshake() {
    RunBoth(
        [&]() -> Awaitable<void> {
          const error_code error = co_await near_->HandshakeAsClient(client_, kName, nullptr);
          EXPECT_FALSE(error) << error.message();
        },
        [&]() -> Awaitable<void> {
          const error_code error = co_await far_->HandshakeAsServer(server_);
          EXPECT_FALSE(error) << error.message();
        });
  }
  void FarWrites(std::string_view bytes) {
    RunBoth([]() -> Awaitable<void> { co_return; },
            [&]() -> Awaitable<void> {
              const error_code error = co_await far_->Write(bytes);
              EXPECT_FALSE(error);
            });
    AwaitArrival();
  }
  // Reads once, as an exchange does.
  std::string NearReads() {
    std::string bytes(4096, ' ');
    RunBoth(
        [&]() -> Awaitable<void> {
          auto [error, size] = co_await near_->ReadSome(asio::buffer(bytes));
          EXPECT_FALSE(error);
          bytes.resize(size);
        },
        []() -> Awaitable<void> { co_return; });
    return bytes;
  }
  void AwaitArrival() {
    pollfd polled{near_->fd(), POLLIN, 0};
    ASSERT_EQ(poll(&polled, 1, 5000), 1);
  }
  // What the far end gets of pieces that the near end writes.
  std::string Sent(const std::vector<asio::const_buffer>& pieces) {
    const std::size_t size = asio::buffer_size(pieces);
    std::string got;
    RunBoth(
        [&]() -> Awaitable<void> {
          const error_code error = co_await near_->WriteGathered(pieces);
          EXPECT_FALSE(error) << error.message();
        },
        [&]() -> Awaitable<void> {
          std::string block(3000, ' ');
          while (got.size() < size) {
            auto [error, n] = co_await far_->ReadSome(asio::buffer(block));
            if (error) break;
            got.append(block, 0, n);
          }
        });
    return got;
  }

  asio::io_context io_{1};
  Identity identity_;
  asio::ssl::context server_{asio::ssl::context::tls_server};
  asio::ssl::context client_{asio::ssl::context::tls_client};
  std::unique_ptr<Stream> near_, far_;
};

TEST_F(StreamTest, IsSilentUntilAByteComes) {
  EXPECT_TRUE(near_->IsSilent());
  EXPECT_TRUE(near_->IsSilent());
  FarWrites("\r");
  EXPECT_FALSE(near_->IsSilent());
}

TEST_F(StreamTest, IsNotSilentAtItsEnd) {
  far_->Close();
  AwaitArrival();
  EXPECT_FALSE(near_->IsSilent());
}

TEST_F(StreamTest, IsNotSilentAfterAReset) {
  far_->Reset();
  AwaitArrival();
  EXPECT_FALSE(near_->IsSilent());
}

TEST_F(StreamTest, SessionTicketsAreNoData) {
  Handshake();
  AwaitArrival();  // the two tickets of TLS 1.3
  EXPECT_TRUE(near_->IsSilent());
  EXPECT_TRUE(near_->IsSilent());
  FarWrites("an answer");  // the connection is as good as it was
  EXPECT_EQ(NearReads(), "an answer");
  EXPECT_TRUE(near_->IsSilent());
}

TEST_F(StreamTest, OneByteUnderTlsIsData) {
  Handshake();
  EXPECT_TRUE(near_->IsSilent());
  FarWrites("\n");
  EXPECT_FALSE(near_->IsSilent());
}

TEST_F(StreamTest, FindsDataBehindTickets) {
  Handshake();
  FarWrites("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_FALSE(near_->IsSilent());
}

// The socket has nothing more then, and SSL_pending says 0: the record lies in the BIO pair.
TEST_F(StreamTest, FindsARecordThatCameWithTheAnswer) {
  Handshake();
  EXPECT_TRUE(near_->IsSilent());
  FarWrites("first");
  FarWrites("second");
  EXPECT_EQ(NearReads(), "first");
  pollfd polled{near_->fd(), POLLIN, 0};
  ASSERT_EQ(poll(&polled, 1, 0), 0) << "both records are to be read at once";
  EXPECT_FALSE(near_->IsSilent());
}

TEST_F(StreamTest, WhatIsNoTlsIsNotSilence) {
  Handshake();
  EXPECT_TRUE(near_->IsSilent());
  far_->socket().write_some(asio::buffer("HTTP/1.1 400 Bad Request\r\n\r\n", 28));
  AwaitArrival();
  EXPECT_FALSE(near_->IsSilent());
}

TEST_F(StreamTest, WritesPiecesOfEverySizeInOrder) {
  std::mt19937 random(1);
  for (const bool tls : {false, true}) {
    if (tls) Handshake();
    for (const std::vector<std::size_t>& sizes : std::vector<std::vector<std::size_t>>{
             {1},
             {700, 32000},
             {0, 5, 0},
             {16384},
             {16383, 1, 1},
             {16385, 16384, 3},
             {10, 8 << 20, 7, 100000}}) {  // the last fills the socket, more than once
      std::string whole;
      for (const std::size_t size : sizes) {
        for (std::size_t i = 0; i < size; ++i) whole += static_cast<char>(random());
      }
      std::vector<asio::const_buffer> pieces;
      std::size_t begin = 0;
      for (const std::size_t size : sizes) {
        pieces.emplace_back(whole.data() + begin, size);
        begin += size;
      }
      EXPECT_TRUE(Sent(pieces) == whole) << (tls ? "TLS, " : "plain, ") << whole.size();
    }
  }
}

}  // namespace
}  // namespace headgate::backends
