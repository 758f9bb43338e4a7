#include "config/reader/address.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

namespace headgate::config {
namespace {

TEST(ParseUrl, TakesItApart) {
  struct {
    std::string_view text;
    Url url;
  } const cases[] = {
      {"https://api.openai.com/v1", {true, "api.openai.com", 443, "/v1"}},
      {"https://API.OpenAI.com/v1/", {true, "api.openai.com", 443, "/v1"}},
      // Without a path, the path is /v1. A given path is taken as it is.
      {"http://10.0.0.5:8000", {false, "10.0.0.5", 8000, "/v1"}},
      {"http://[::1]:8000/", {false, "::1", 8000, "/v1"}},
      {"HTTP://localhost", {false, "localhost", 80, "/v1"}},
      {"http://localhost//", {false, "localhost", 80, "/v1"}},
      {"https://a/openai/v1/", {true, "a", 443, "/openai/v1"}},
      {"https://a/.", {true, "a", 443, ""}},
      {"https://a/./", {true, "a", 443, ""}},
      {"https://a/v2", {true, "a", 443, "/v2"}},
      {"https://a/V1", {true, "a", 443, "/V1"}},
      {"https://a/api/v1", {true, "a", 443, "/api/v1"}},
      {"https://a/models", {true, "a", 443, "/models"}},  // Azure AI's inference endpoint
      {"https://a/openai/deployments/embeddings",
       {true, "a", 443, "/openai/deployments/embeddings"}},
      {"https://a/my-completions", {true, "a", 443, "/my-completions"}},
  };
  for (const auto& [text, url] : cases) {
    const Parsed<Url> parsed = ParseUrl(text);
    ASSERT_TRUE(parsed.value) << text;
    EXPECT_EQ(parsed.value->tls, url.tls) << text;
    EXPECT_EQ(parsed.value->host, url.host) << text;
    EXPECT_EQ(parsed.value->port, url.port) << text;
    EXPECT_EQ(parsed.value->path, url.path) << text;
  }
}

TEST(ParseUrl, RefusesWhatCouldMoveAKeyElsewhere) {
  for (const std::string_view text :
       {"", "api.openai.com", "ftp://a", "https://", "https://a@b", "https://a:b@c/v1",
        "https://a/v1?x=1", "https://a/#f", "https://a:0", "https://a:70000", "https://a:x",
        "https://[::1", "https://[nonsense]", "https://a b", "https://a/v 1", "https://a\r\nx: y",
        "https://::1/v1", "http://-a"}) {
    EXPECT_FALSE(ParseUrl(text).value) << text;
  }
}

TEST(ParseUrl, NamesEndpointsAndOddPathsAndSaysAllAtOnce) {
  struct {
    std::string_view text;
    std::string_view problem;
    std::string_view fix;
  } const cases[] = {
      {"http://a:8000/v1/chat/completions", "ends in `/chat/completions`",
       "remove `/chat/completions`"},
      {"http://a:8000/v1/Chat/Completions/", "ends in `/chat/completions`", "remove"},
      {"http://a:8000/v1/completions", "ends in `/completions`", "remove `/completions`"},
      {"http://a:8000/v1/chat", "ends in `/v1/chat`", "write `/v1` instead of `/v1/chat`"},
      {"http://a:8000/llm/v1/chat", "ends in `/v1/chat`", "remove `/chat`"},
      {"http://a:8000/v1/chat%2Fcompletions", "has `%2F` or `;`", "write the path plainly"},
      {"http://a:8000/v1;a=b", "has `%2F` or `;`", "write the path plainly"},
      {"http://a:8000/chat/completions", "ends in `/chat/completions`", "write `/v1` instead"},
      {"http://a:8000/v1/embeddings", "ends in `/embeddings`", "remove `/embeddings`"},
      {"http://a:8000/v1/models", "ends in `/v1/models`", "write `/v1` instead"},
      {"http://a:8000/api/v1/models", "ends in `/v1/models`", "remove `/models`"},
      {"http://a:8000/v1/responses", "ends in `/responses`", "remove `/responses`"},
      {"http://a:8000/v1/messages", "ends in `/messages`", "remove `/messages`"},
      {"http://a:11434/api/chat", "ends in `/api/chat`", "write `/v1` instead"},
      {"http://a:11434/api/generate", "ends in `/api/generate`", "write `/v1` instead"},
      {"http://a:8000/v1/v1", "has /v1 twice", "remove one"},
      {"http://a:8000//v1", "has an empty part", "single slashes"},
      {"http://a:8000/v1/.", "has `.` or `..`", "the path without it"},
      {"http://a:8000/v1/../admin", "has `.` or `..`", "the path without it"},
      {"https://u:p@a/v1/chat/completions?api-version=1#x",
       "has a user or password in it and has a query and has a fragment and ends in", "`query:`"},
      {"https://a?x=1", "has a query", "`query:`"},
      {"https://a#x", "has a fragment", "remove the #"},
      {"https://a/openai/deployments/d/chat/completions?api-version=1",
       "has a query and ends in `/chat/completions`", "and remove `/chat/completions`"},
  };
  for (const auto& [text, problem, fix] : cases) {
    const Parsed<Url> parsed = ParseUrl(text);
    EXPECT_FALSE(parsed.value) << text;
    EXPECT_NE(parsed.complaint.problem.find(problem), std::string::npos)
        << text << ": " << parsed.complaint.problem;
    EXPECT_NE(parsed.complaint.fix.find(fix), std::string::npos)
        << text << ": " << parsed.complaint.fix;
  }
}

TEST(ParseOrigin, TakesWhatBrowsersSend) {
  struct {
    std::string_view text;
    std::string_view origin;
  } const cases[] = {
      {"https://chat.example", "https://chat.example"},
      {"HTTPS://Chat.Example", "https://chat.example"},
      {"https://chat.example:443", "https://chat.example"},
      {"http://chat.example:80", "http://chat.example"},
      {"http://chat.example:443", "http://chat.example:443"},
      {"http://localhost:3000", "http://localhost:3000"},
      {"http://[::1]:3000", "http://[::1]:3000"},
      {"http://127.0.0.1:3000", "http://127.0.0.1:3000"},
      {"https://*.chat.example", "https://*.chat.example"},
      {"https://*.chat.example:8443", "https://*.chat.example:8443"},
      {"chrome-extension://abcdefgh", "chrome-extension://abcdefgh"},
      {"app://obsidian.md", "app://obsidian.md"},
      {"*", "*"},
  };
  for (const auto& [text, origin] : cases) {
    const Parsed<std::string> parsed = ParseOrigin(text);
    ASSERT_TRUE(parsed.value) << text << ": " << parsed.complaint.problem;
    EXPECT_EQ(*parsed.value, origin) << text;
  }
}

TEST(ParseOrigin, RefusesWhatNoBrowserSendsOrNobodyMeans) {
  for (const std::string_view text : {"",
                                      "null",
                                      "NULL",
                                      "chat.example",
                                      "//chat.example",
                                      "https://",
                                      "https://chat.example/",
                                      "https://chat.example/app",
                                      "https://chat.example?x",
                                      "https://chat.example#x",
                                      "https://user@chat.example",
                                      "https://*",
                                      "https://*.example",
                                      "https://a.*.example",
                                      "https://chat*.example",
                                      "https://*.*.example",
                                      "https://chat.example:*",
                                      "https://chat.example:0",
                                      "https://chat.example:70000",
                                      "https://chat.example:",
                                      "https://[::1",
                                      "https://[nonsense]",
                                      "https://ch\xC3\xA4t.example",
                                      "https://a b",
                                      "1https://a.example",
                                      "https ://a.example",
                                      "*.chat.example",
                                      "https://.example"}) {
    EXPECT_FALSE(ParseOrigin(text).value) << text;
  }
}

TEST(ParseListenAddress, TakesAddressesAndLocalhost) {
  for (const std::string_view text : {"127.0.0.1:8080", "0.0.0.0:0", "[::]:443", "localhost:1"}) {
    EXPECT_TRUE(ParseListenAddress(text).value) << text;
  }
  for (const std::string_view text :
       {"8080", ":8080", "127.0.0.1", "example.com:80", "[::1]", "127.0.0.1:65536", "::1:80",
        "[127.0.0.1]:80", "300.0.0.1:80"}) {
    EXPECT_FALSE(ParseListenAddress(text).value) << text;
  }
}

TEST(IsLoopback, KnowsWhichAddressesStayOnTheMachine) {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "128.0.0.1", "example.com", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

}  // namespace
}  // namespace headgate::config
