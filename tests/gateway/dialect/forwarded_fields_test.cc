#include "gateway/dialect/forwarded_fields.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::gateway {
namespace {

using backends::ChatProtocol;
using backends::ClientProtocol;

constexpr Dialect kNativeMessages{ClientProtocol::kAnthropic, "/messages", {}};
constexpr Dialect kNativeChat{ClientProtocol::kOpenAi, "/chat/completions", {}};

// A backend of Messages that sets the parameter `tenant`.
std::unique_ptr<const backends::Upstream> BackendWithTenant() {
  config::Backend backend;
  backend.protocol = config::Protocol::kAnthropic;
  backend.replicas = {{.tls = false, .host = "h", .port = 80, .path = "/v1"}};
  backend.query = {{"tenant", "ours"}};
  auto upstream = backends::Upstream::Make(backend);
  return upstream.ok() ? *std::move(upstream) : nullptr;
}

std::string QueryThatPasses(std::string_view query, const Dialect& dialect) {
  RequestHead head;
  head.query = query;
  return ForwardedQuery(*BackendWithTenant(), dialect, head);
}

TEST(ForwardedQueryTest, ReachesABackendThatServesMessagesItself) {
  EXPECT_EQ(QueryThatPasses("beta=true", kNativeMessages), "beta=true");
  EXPECT_EQ(QueryThatPasses("&beta=true&&x=%20y&flag", kNativeMessages), "beta=true&x=%20y&flag");
  EXPECT_EQ(QueryThatPasses("", kNativeMessages), "");
}

TEST(ForwardedQueryTest, HasNoCredentialsAndNothingThatTheOperatorSets) {
  EXPECT_EQ(QueryThatPasses("key=a&beta=true&API_Key=b&access_token=c&%6bey=d&X-Amz-Signature=e",
                            kNativeMessages),
            "beta=true");
  EXPECT_EQ(QueryThatPasses("tenant=theirs&beta=true&t%65nant=theirs", kNativeMessages),
            "beta=true");
}

TEST(ForwardedQueryTest, StaysBehindForBackendsOfOtherProtocols) {
  EXPECT_EQ(QueryThatPasses("api-version=2024-10-21", kNativeChat), "");
  Dialect translated = kNativeMessages;
  translated.translation = Translation{ChatProtocol::kMessages, ChatProtocol::kChatCompletions};
  EXPECT_EQ(QueryThatPasses("beta=true", translated), "");
  translated = kNativeChat;
  translated.translation = Translation{ChatProtocol::kChatCompletions, ChatProtocol::kMessages};
  EXPECT_EQ(QueryThatPasses("beta=true", translated), "");
}

}  // namespace
}  // namespace headgate::gateway
