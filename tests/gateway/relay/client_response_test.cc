#include "gateway/relay/client_response.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/http/endpoints.h"
#include "gateway/http/head_parser.h"
#include "tests/gateway/fake_client.h"

namespace headgate::gateway {
namespace {

class Response : public testing::Test {
 protected:
  // Begins the answer to a request with this head.
  void Begin(const std::string& head) {
    head_bytes_ = head;
    HeadProblem problem;
    ASSERT_EQ(ParseRequestHead(head_bytes_, 32u << 10, 0, head_, problem).verdict,
              HeadVerdict::kComplete)
        << problem.message;
    response_.Begin(head_, FindEndpoint(head_.method, head_.path).protocol, "req_1",
                    "x-cors: yes\r\n");
  }

  asio::io_context io_{1};
  FakeClient client_;
  TextPool texts_;
  ClockText clock_;
  std::string head_bytes_;
  RequestHead head_;
  ClientResponse response_{client_, texts_, clock_};
};

TEST_F(Response, CarriesItsNumberAndWhatBrowsersNeed) {
  Begin("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Await(io_, response_.SendWhole({.content_length = 2}, "{}"));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 200 OK\r\n")) << client_.sent;
  EXPECT_NE(client_.sent.find("\r\nx-request-id: req_1\r\n"), std::string::npos);
  EXPECT_NE(client_.sent.find("\r\nx-cors: yes\r\n"), std::string::npos);
  EXPECT_EQ(client_.sent.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(client_.sent.ends_with("\r\n\r\n{}"));
  EXPECT_TRUE(response_.keeps_connection());
}

TEST_F(Response, ToHeadHasNoBody) {
  Begin("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  Await(io_, response_.SendWhole({.content_length = 2}, "{}"));
  EXPECT_NE(client_.sent.find("Content-Length: 2\r\n"), std::string::npos);
  EXPECT_TRUE(client_.sent.ends_with("\r\n\r\n"));
}

TEST_F(Response, PiecesAreChunksAndForHttp10PlainBytesThatTheEndOfTheConnectionEnds) {
  Begin("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n");
  response_.AppendHead({.in_pieces = true});
  response_.AppendPiece("data: 1\n\n");
  response_.AppendEnd();
  EXPECT_NE(response_.out().find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_TRUE(response_.out().ends_with("\r\n\r\n9\r\ndata: 1\n\n\r\n0\r\n\r\n"));
  EXPECT_TRUE(response_.keeps_connection());

  response_.out().clear();
  Begin("POST /v1/chat/completions HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  response_.AppendHead({.in_pieces = true});
  response_.AppendPiece("data: 1\n\n");
  response_.AppendEnd();
  EXPECT_EQ(response_.out().find("chunked"), std::string::npos);
  EXPECT_NE(response_.out().find("Connection: close"), std::string::npos);
  EXPECT_TRUE(response_.out().ends_with("\r\n\r\ndata: 1\n\n"));
  EXPECT_FALSE(response_.keeps_connection());
}

TEST_F(Response, ErrorsHaveTheShapeOfTheClientsProtocol) {
  Begin("POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\n\r\n");
  const ClientError busy{.status = 429, .message = "slow down", .retry_after_s = 7};
  Await(io_, response_.SendError(busy));
  EXPECT_TRUE(client_.sent.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << client_.sent;
  EXPECT_NE(client_.sent.find("\r\nRetry-After: 7\r\n"), std::string::npos);
  EXPECT_NE(client_.sent.find(R"({"error":{"message":"slow down")"), std::string::npos);

  client_.sent.clear();
  Begin("POST /v1/messages HTTP/1.1\r\nHost: h\r\n\r\n");
  Await(io_, response_.SendError(busy));
  EXPECT_NE(client_.sent.find(R"({"type":"error","error":{"type":"rate_limit_error")"),
            std::string::npos);
}

TEST_F(Response, SaysWhenTheConnectionEnds) {
  Begin("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client_.draining = true;
  Await(io_, response_.SendWhole({.content_length = 0}, {}));
  EXPECT_NE(client_.sent.find("Connection: close"), std::string::npos);
  EXPECT_FALSE(response_.keeps_connection());
}

TEST_F(Response, AClientThatIsGoneKeepsNoConnection) {
  Begin("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client_.fails_after = 0;
  EXPECT_FALSE(Await(io_, response_.SendWhole({.content_length = 0}, {})));
  EXPECT_TRUE(response_.client_gone());
  EXPECT_FALSE(response_.keeps_connection());
}

}  // namespace
}  // namespace headgate::gateway
