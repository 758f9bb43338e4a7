#include "backends/upstream/upstream.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::backends {
namespace {

config::Backend BackendAt(config::Protocol protocol, const std::string& auth_header) {
  config::Backend backend;
  backend.protocol = protocol;
  backend.auth_header = auth_header;
  backend.api_key = config::Secret("sk-1");
  backend.replicas = {{.tls = false, .host = "api.example.com", .port = 80, .path = "/v1"}};
  backend.headers = {{"x-team", "a"}};
  return backend;
}

std::string HeadFor(const config::Backend& backend, const std::string& path) {
  const auto upstream = Upstream::Make(backend);
  EXPECT_TRUE(upstream.ok()) << upstream.status();
  std::string head;
  (*upstream)->AppendHead(0, path, head, {});
  return head;
}

TEST(Upstream, sends_the_key_as_its_protocol_does) {
  EXPECT_EQ(HeadFor(BackendAt(config::Protocol::kOpenAi, "authorization"), "/chat/completions"),
            "POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\n"
            "Content-Type: application/json\r\nAccept-Encoding: identity\r\n"
            "authorization: Bearer sk-1\r\nx-team: a\r\n");
  EXPECT_EQ(HeadFor(BackendAt(config::Protocol::kAnthropic, "x-api-key"), "/messages"),
            "POST /v1/messages HTTP/1.1\r\nHost: api.example.com\r\n"
            "Content-Type: application/json\r\nAccept-Encoding: identity\r\n"
            "x-api-key: sk-1\r\nx-team: a\r\nanthropic-version: 2023-06-01\r\n");
}

TEST(Upstream, takes_another_base_path) {
  const auto upstream = Upstream::Make(BackendAt(config::Protocol::kOpenAi, "authorization"));
  ASSERT_TRUE(upstream.ok());
  std::string head;
  (*upstream)->AppendHead(0, "/chat/completions", head, {}, "/beta");
  EXPECT_TRUE(head.starts_with("POST /beta/chat/completions HTTP/1.1\r\n")) << head;
}

TEST(Upstream, keeps_the_version_of_the_configuration) {
  config::Backend backend = BackendAt(config::Protocol::kAnthropic, "authorization");
  backend.anthropic_version = "2026-10-21";
  EXPECT_NE(HeadFor(backend, "/messages").find("anthropic-version: 2026-10-21\r\n"),
            std::string::npos);
  const auto anthropic = Upstream::Make(backend);
  ASSERT_TRUE(anthropic.ok());
  EXPECT_TRUE((*anthropic)->SetsField("anthropic-version"));
  EXPECT_TRUE((*anthropic)->SetsField("authorization"));
  EXPECT_TRUE((*anthropic)->SetsField("x-team"));
  EXPECT_FALSE((*anthropic)->SetsField("anthropic-beta"));
  const auto openai = Upstream::Make(BackendAt(config::Protocol::kOpenAi, "authorization"));
  ASSERT_TRUE(openai.ok());
  EXPECT_FALSE((*openai)->SetsField("anthropic-version"));
}

TEST(Upstream, takes_the_version_of_a_client_but_not_over_the_operators_field) {
  config::Backend backend = BackendAt(config::Protocol::kAnthropic, "x-api-key");
  const auto versions = [&] {
    const auto upstream = Upstream::Make(backend);
    EXPECT_TRUE(upstream.ok()) << upstream.status();
    std::string head;
    (*upstream)->AppendHead(0, "/messages", head, {.anthropic_version = "2026-10-21", .query = {}});
    std::string found;
    constexpr std::string_view kName = "anthropic-version: ";
    for (std::size_t at = head.find(kName); at != std::string::npos;
         at = head.find(kName, at + 1)) {
      found += head.substr(at + kName.size(), 10) + " ";
    }
    return found;
  };
  EXPECT_EQ(versions(), "2026-10-21 ");
  backend.headers.emplace_back("anthropic-version", "2024-01-01");
  EXPECT_EQ(versions(), "2024-01-01 ");
}

TEST(Upstream, appends_the_clients_query_behind_its_own) {
  const auto request_line = [](const config::Backend& backend, std::string_view query) {
    const auto upstream = Upstream::Make(backend);
    EXPECT_TRUE(upstream.ok()) << upstream.status();
    std::string head;
    (*upstream)->AppendHead(0, "/messages", head, {.anthropic_version = {}, .query = query});
    return head.substr(0, head.find("\r\n"));
  };
  config::Backend backend = BackendAt(config::Protocol::kAnthropic, "x-api-key");
  EXPECT_EQ(request_line(backend, ""), "POST /v1/messages HTTP/1.1");
  EXPECT_EQ(request_line(backend, "beta=true"), "POST /v1/messages?beta=true HTTP/1.1");
  backend.query = {{"api version", "1"}};
  EXPECT_EQ(request_line(backend, "beta=true"),
            "POST /v1/messages?api%20version=1&beta=true HTTP/1.1");
  const auto upstream = Upstream::Make(backend);
  ASSERT_TRUE(upstream.ok());
  EXPECT_TRUE((*upstream)->SetsParameter("api version"));
  EXPECT_FALSE((*upstream)->SetsParameter("beta"));
}

}  // namespace
}  // namespace headgate::backends
