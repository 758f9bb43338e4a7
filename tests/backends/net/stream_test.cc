#include "backends/net/stream.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "backends/net/upload.h"

namespace headgate::backends {
namespace {

constexpr const char* kName = "backend.test";

// A key and a self-signed certificate for kName.
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

// Two ends of one loopback connection: `near_` is ours, `far_` is that of a backend.
class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    Reconnect();
    SSL_CTX_use_certificate(server_.native_handle(), identity_.certificate.get());
    SSL_CTX_use_PrivateKey(server_.native_handle(), identity_.key.get());
    X509_STORE_add_cert(SSL_CTX_get_cert_store(client_.native_handle()),
                        identity_.certificate.get());
  }

  void Reconnect() {
    TcpAcceptor listener(io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    TcpSocket near(io_);
    near.connect(listener.local_endpoint());
    TcpSocket far(io_);
    listener.accept(far);
    near_ = std::make_unique<Stream>(std::move(near));
    far_ = std::make_unique<Stream>(std::move(far));
    EXPECT_FALSE(near_->Configure());
    EXPECT_FALSE(far_->Configure());
  }

  // Runs both coroutines to their ends.
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
  // The bytes that the far end gets when the near end writes `pieces`.
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
  FarWrites("an answer");  // the connection still works
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

// The socket is empty at that point and SSL_pending says 0, but the record lies in the BIO pair.
TEST_F(StreamTest, FindsARecordThatCameWithTheAnswer) {
  Handshake();
  EXPECT_TRUE(near_->IsSilent());
  FarWrites("first");
  FarWrites("second");
  EXPECT_EQ(NearReads(), "first");
  pollfd polled{near_->fd(), POLLIN, 0};
  ASSERT_EQ(poll(&polled, 1, 0), 0) << "both records must be read at once";
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
             {10, 8 << 20, 7, 100000}}) {  // the last case fills the socket more than once
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

TEST_F(StreamTest, KnowsWhatThePeerHasNotAcknowledged) {
  EXPECT_EQ(near_->Unacknowledged(), 0u);
  const std::string large(8u << 20, 'x');
  error_code error;
  const std::size_t written = near_->TryWrite(large, error);
  EXPECT_FALSE(error);
  EXPECT_GT(written, 0u);
  EXPECT_LT(written, large.size());
  EXPECT_GT(near_->Unacknowledged(), 0u);
  std::string got(written, ' ');
  RunBoth(
      [&]() -> Awaitable<void> {
        const auto [read_error, n] =
            co_await asio::async_read(far_->socket(), asio::buffer(got), kAwait);
        EXPECT_FALSE(read_error);
        EXPECT_EQ(n, written);
      },
      []() -> Awaitable<void> { co_return; });
  // An answer that comes after all has been read acknowledges all.
  FarWrites("an answer");
  EXPECT_EQ(near_->Unacknowledged(), 0u);
}

TEST_F(StreamTest, UploadsBesideReads) {
  const std::string large(8u << 20, 'x');
  const std::vector<asio::const_buffer> pieces = {asio::buffer("head", 4), asio::buffer(large)};
  for (const bool tls : {false, true}) {
    if (tls) Handshake();
    std::size_t got = 0;
    RunBoth(
        [&]() -> Awaitable<void> {
          Upload upload(io_.get_executor());
          EXPECT_TRUE(upload.is_done());
          error_code error;
          const std::size_t written = near_->TryWrite(pieces, error);
          EXPECT_FALSE(error);
          upload.Begin(*near_, pieces, written);
          EXPECT_FALSE(upload.is_done());
          std::string bytes(64, ' ');
          auto [read_error, size] = co_await near_->ReadSome(asio::buffer(bytes));
          EXPECT_EQ(bytes.substr(0, size), "early");
          EXPECT_FALSE(upload.is_done()) << "the far end has not read yet";
          const error_code end = co_await upload.End();
          EXPECT_FALSE(end) << end.message();
          EXPECT_TRUE(upload.is_done());
        },
        [&]() -> Awaitable<void> {
          const error_code error = co_await far_->Write("early");
          EXPECT_FALSE(error);
          asio::steady_timer timer(io_, std::chrono::milliseconds(20));
          co_await timer.async_wait(kAwait);
          std::string block(100'000, ' ');
          while (got < large.size() + 4) {
            auto [read_error, n] = co_await far_->ReadSome(asio::buffer(block));
            if (read_error) break;
            got += n;
          }
        });
    EXPECT_EQ(got, large.size() + 4) << (tls ? "TLS" : "plain");
  }
}

TEST_F(StreamTest, AnUploadCanBeStoppedAndTheStreamReadOn) {
  const std::string large(16u << 20, 'x');
  const std::vector<asio::const_buffer> pieces = {asio::buffer(large)};
  for (const bool tls : {false, true}) {
    if (tls) Handshake();
    RunBoth(
        [&]() -> Awaitable<void> {
          Upload upload(io_.get_executor());
          upload.Begin(*near_, pieces, 0);
          std::string bytes(64, ' ');
          auto [error, size] = co_await near_->ReadSome(asio::buffer(bytes));
          EXPECT_EQ(bytes.substr(0, size), "refused");
          upload.Stop();
          const error_code end = co_await upload.End();
          EXPECT_EQ(end, asio::error::operation_aborted);
          const error_code again = co_await upload.End();
          EXPECT_EQ(again, asio::error::operation_aborted);
          auto [rest_error, rest] = co_await near_->ReadSome(asio::buffer(bytes));
          EXPECT_FALSE(rest_error) << rest_error.message();
          EXPECT_EQ(bytes.substr(0, rest), "because");
        },
        [&]() -> Awaitable<void> {
          // Never reads: the upload is blocked.
          const error_code error = co_await far_->Write("refused");
          EXPECT_FALSE(error);
          asio::steady_timer timer(io_, std::chrono::milliseconds(50));
          co_await timer.async_wait(kAwait);
          const error_code rest_error = co_await far_->Write("because");
          EXPECT_FALSE(rest_error);
        });
    if (!tls) Reconnect();
  }
}

TEST_F(StreamTest, AnUploadEndsWithItsStream) {
  const std::string large(16u << 20, 'x');
  const std::vector<asio::const_buffer> pieces = {asio::buffer(large)};
  for (const bool tls : {false, true}) {
    if (tls) Handshake();
    RunBoth(
        [&]() -> Awaitable<void> {
          Upload upload(io_.get_executor());
          upload.Begin(*near_, pieces, 0);
          asio::steady_timer timer(io_, std::chrono::milliseconds(20));
          co_await timer.async_wait(kAwait);
          near_->Close();
          const error_code end = co_await upload.End();
          EXPECT_TRUE(end);
        },
        []() -> Awaitable<void> { co_return; });
    Reconnect();
  }
}

}  // namespace
}  // namespace headgate::backends
