#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/connection/chunked_body.h"
#include "gateway/connection/input_buffer.h"
#include "gateway/http/answer.h"
#include "gateway/http/endpoints.h"
#include "gateway/http/json_text.h"
#include "gateway/http/request_target.h"
#include "gateway/log/clock_text.h"

namespace headgate::gateway {
namespace {

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, out);
  return out;
}

std::string Usd(NanoUsd cost) {
  std::string out;
  AppendUsd(cost, out);
  return out;
}

TEST(JsonText, escapes_what_json_and_a_log_reader_need) {
  EXPECT_EQ(Json("plain"), R"("plain")");
  EXPECT_EQ(Json("a\"b\\c\nd\x01"
                 "e\x7f"),
            R"("a\"b\\c\nd\u0001e\u007f")");
  EXPECT_EQ(Json("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"), "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80\"");
}

TEST(JsonText, bytes_that_are_no_utf8_are_replaced) {
  const std::vector<std::string> bad = {"\xFF",         "\xC0\xAF",         "\xE0\x80\x80",
                                        "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xC3"};
  for (const std::string& bytes : bad) {
    EXPECT_NE(Json(bytes).find("\xEF\xBF\xBD"), std::string::npos);
  }
}

TEST(JsonText, dollars_are_exact_decimals) {
  EXPECT_EQ(Usd(0), "0.000000000");
  EXPECT_EQ(Usd(1), "0.000000001");
  EXPECT_EQ(Usd(123'400), "0.000123400");
  EXPECT_EQ(Usd(12'000'000'001), "12.000000001");
}

TEST(ClockText, formats_follow_their_standards) {
  ClockText clock;
  const auto time = std::chrono::system_clock::time_point(std::chrono::milliseconds(784111777042));
  EXPECT_EQ(clock.HttpDate(time), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(clock.LogTime(time), "1994-11-06T08:49:37.042Z");
  EXPECT_EQ(clock.LogTime(time + std::chrono::milliseconds(957)), "1994-11-06T08:49:37.999Z");
  EXPECT_EQ(clock.LogTime(time + std::chrono::milliseconds(958)), "1994-11-06T08:49:38.000Z");
}

TEST(Endpoints, are_found_by_method_and_path) {
  struct {
    std::string_view method, path;
    Action action;
    std::string_view argument;
  } const cases[] = {
      {"POST", "/v1/chat/completions", Action::kProxy, ""},
      {"POST", "/v1/messages", Action::kProxy, ""},
      {"POST", "/v1/messages/count_tokens", Action::kProxy, ""},
      {"POST", "/v1/responses", Action::kProxy, ""},
      {"POST", "/openai/v1/responses", Action::kProxy, ""},
      {"POST", "/v1/chat/completions/", Action::kProxy, ""},
      {"GET", "/v1/models/org/model", Action::kOneModel, "org/model"},
      {"GET", "/v1/models/org/model/", Action::kOneModel, "org/model"},
      {"GET", "/v1/models", Action::kListModels, ""},
      {"GET", "/v1/models/", Action::kListModels, ""},
      {"HEAD", "/v1/models", Action::kListModels, ""},
      {"GET", "/v1/responses/resp_1", Action::kStoredResponse, "resp_1"},
      {"HEAD", "/v1/responses/resp_1/", Action::kStoredResponse, "resp_1"},
      {"DELETE", "/openai/v1/responses/resp_1", Action::kDeleteResponse, "resp_1"},
      {"GET", "/v1/responses/resp_1/input_items", Action::kInputItems, "resp_1"},
      {"POST", "/v1/responses/resp_1/cancel", Action::kCancelResponse, "resp_1"},
      {"GET", "/v1/responses/input_items", Action::kStoredResponse, "input_items"},
      {"HEAD", "/", Action::kAlive, ""},
      {"GET", "/health", Action::kAlive, ""},
      {"HEAD", "/health/", Action::kAlive, ""},
      {"POST", "/openai/v1/chat/completions", Action::kProxy, ""},
      {"GET", "/openai/v1/models/", Action::kListModels, ""},
      {"GET", "/openai/models", Action::kListModels, ""},
      {"POST", "/openai/deployments/gpt-4.1/chat/completions", Action::kProxy, "gpt-4.1"},
      {"POST", "/openai/deployments/a%2Fb/embeddings/", Action::kProxy, "a%2Fb"},
      {"POST", "/openai/deployments/a/b/completions", Action::kProxy, "a/b"},
      {"POST", "/openai/deployments/chat/completions/completions", Action::kProxy,
       "chat/completions"},
  };
  for (const auto& c : cases) {
    const EndpointMatch match = FindEndpoint(c.method, c.path);
    ASSERT_NE(match.row, nullptr) << c.path;
    EXPECT_EQ(match.row->action, c.action) << c.path;
    EXPECT_EQ(match.argument, c.argument) << c.path;
  }
  EXPECT_EQ(FindEndpoint("POST", "/openai/deployments/m/chat/completions").row->endpoint,
            routing::Endpoint::kChat);
  EXPECT_EQ(FindEndpoint("POST", "/openai/deployments/m/completions").row->endpoint,
            routing::Endpoint::kCompletions);
}

TEST(Endpoints, another_method_is_told_which_there_is) {
  struct {
    std::string_view method, path, allow;
  } const cases[] = {
      {"GET", "/v1/chat/completions", "POST"},
      {"HEAD", "/v1/embeddings", "POST"},
      {"POST", "/v1/models", "GET, HEAD"},
      {"DELETE", "/v1/models/m", "GET, HEAD"},
      {"POST", "/", "GET, HEAD"},
      {"PUT", "/health", "GET, HEAD"},
      {"get", "/v1/models", "GET, HEAD"},
      {"OPTIONS", "/v1/completions/", "POST"},
      {"GET", "/openai/deployments/m/embeddings", "POST"},
      {"POST", "/v1/responses/resp_1", "GET, HEAD, DELETE"},
      {"PATCH", "/v1/responses/resp_1/", "GET, HEAD, DELETE"},
      {"DELETE", "/v1/responses", "POST"},
      {"DELETE", "/v1/responses/resp_1/input_items", "GET, HEAD"},
      {"GET", "/v1/responses/resp_1/cancel", "POST"},
  };
  for (const auto& c : cases) {
    const EndpointMatch match = FindEndpoint(c.method, c.path);
    EXPECT_EQ(match.row, nullptr) << c.path;
    EXPECT_EQ(match.allow, c.allow) << c.path;
  }
}

TEST(Endpoints, everything_else_is_not_there) {
  for (const std::string_view path : {"/v1/v1/chat/completions",
                                      "/v1/chat/completions//",
                                      "//",
                                      "//v1/models",
                                      "/v1//models",
                                      "/V1/models",
                                      "/v1/chat",
                                      "/chat/completions",
                                      "/models",
                                      "/healthz",
                                      "/Health",
                                      "/openai/deployments//chat/completions",
                                      "/v1/models//m",
                                      "/openai/deployments/m",
                                      "/openai/v1",
                                      "/openai/chat/completions",
                                      "/v1/deployments/m/chat/completions",
                                      "/v1/responses//",
                                      "/v1/conversations",
                                      "/v1/conversations/conv_1",
                                      "/v1/responses/compact",
                                      "/v1/responses/input_tokens",
                                      "/v1/messages/batches"}) {
    for (const std::string_view method : {"GET", "POST", "HEAD", "OPTIONS"}) {
      EXPECT_TRUE(FindEndpoint(method, path).allow.empty()) << path;
    }
  }
}

TEST(Endpoints, unknown_paths_say_what_the_client_has_to_set) {
  struct {
    std::string_view path, hint;
  } const cases[] = {
      {"/chat/completions", "must end in /v1"},
      {"/models", "must end in /v1"},
      {"/models/gpt-4.1", "must end in /v1"},
      {"/embeddings/", "must end in /v1"},
      {"/completions", "must end in /v1"},
      {"/openai/chat/completions", "must end in /v1"},
      {"/api/chat/completions", "must end in /v1"},
      {"/v1/v1/chat/completions", "twice"},
      {"/v1/v1/models/", "twice"},
      {"/api/v1/chat/completions", "nothing in between"},
      {"//v1/chat/completions", "nothing in between"},
      {"/v1//models", "nothing in between"},
      {"/V1/chat/completions", "in lower case"},
      {"/v2/chat/completions", "this gateway's address and /v1"},
      {"/llm/v1/embeddings", "this gateway's address and /v1"},
      {"/v1/chat/completions/chat/completions", "without the path of an endpoint"},
      {"/v1/embeddings/models", "without the path of an endpoint"},
      {"/api/generate", "Ollama"},
      {"/api/chat", "Ollama"},
      {"/api/tags", "Ollama"},
      {"/v1/responses/resp_1", "Other parts of the Responses API"},
      {"/v1/conversations", "choose an id yourself"},
      {"/openai/v1/conversations/conv_1/items", "choose an id yourself"},
      {"/v1/responses/compact", "Other parts of the Responses API"},
      {"/v1/conversations", "send the whole input"},
      {"/v1/chat/completions/chatcmpl-1", "Stored completions are not served"},
      {"/v1/chat/completions/chatcmpl-1/messages", "Stored completions are not served"},
      {"/v1/chat/completions/v1/models", "without the path of an endpoint"},
      {"/v1/messages/v1/messages", "without /v1"},
      {"/responses", "must end in /v1"},
      {"/openai/responses", "must end in /v1"},
      {"/v1/v1/responses", "twice"},
      {"/v1/messages/batches", "one by one"},
      {"/v1/v1/messages", "without /v1"},
      {"/v1/v1/messages/count_tokens", "Claude Code"},
      {"/messages", "@ai-sdk/anthropic"},
      {"/messages", "ANTHROPIC_BASE_URL"},
      {"/anthropic/v1/messages", "without /v1"},
      {"/anthropic/messages", "must end in /v1"},
      {"/v1/openai/deployments/m/chat/completions", "AZURE_OPENAI_ENDPOINT"},
      {"/v1/deployments/m/chat/completions", "AZURE_OPENAI_ENDPOINT"},
      {"/deployments/m/embeddings", "AZURE_OPENAI_ENDPOINT"},
  };
  for (const auto& [path, hint] : cases) {
    const std::string text = ExplainUnknownPath("POST", path);
    EXPECT_NE(text.find(hint), std::string::npos) << text;
    EXPECT_LT(text.find(hint), text.find(" Served are POST /v1/chat/completions")) << text;
  }
  // Unknown paths get no hint.
  for (const std::string_view path : {"/", "/metrics", "/v1/files", "/v1/messagesx", "/v1/chat",
                                      "/openai/deployments/m/audio/speech"}) {
    EXPECT_TRUE(ExplainUnknownPath("GET", path).ends_with("GET /v1/models/{id}.")) << path;
  }
  EXPECT_LT(ExplainUnknownPath("GET", "/" + std::string(30000, 'x')).size(), 700u);
}

TEST(Endpoints, anthropics_paths_are_known) {
  using backends::ClientProtocol;
  for (const std::string_view path :
       {"/v1/messages", "/v1/messages/count_tokens", "/messages", "/v1/v1/messages",
        "/v1/messages/", "/anthropic/v1/messages"}) {
    EXPECT_EQ(FindEndpoint("POST", path).protocol, ClientProtocol::kAnthropic) << path;
  }
  for (const std::string_view path :
       {"/v1/responses", "/v1/responses/resp_1", "/responses", "/v1/conversations"}) {
    EXPECT_EQ(FindEndpoint("POST", path).protocol, ClientProtocol::kResponses) << path;
  }
  const EndpointMatch models = FindEndpoint("GET", "/v1/models");
  EXPECT_EQ(SpokenBy(models, /*anthropic_version=*/true), ClientProtocol::kAnthropic);
  EXPECT_EQ(SpokenBy(models, /*anthropic_version=*/false), ClientProtocol::kOpenAi);
  EXPECT_EQ(SpokenBy(FindEndpoint("POST", "/v1/chat/completions"), true), ClientProtocol::kOpenAi);
  for (const std::string_view path : {"/v1/models", "/", "", "/v1/chat/completions"}) {
    EXPECT_EQ(FindEndpoint("POST", path).protocol, ClientProtocol::kOpenAi) << path;
  }
}

TEST(Answer, a_head_without_a_body_has_no_fields_about_one) {
  std::string out;
  AppendAnswerHead({.status = 204, .content_type = {}, .date = "D", .cors = "Vary: Origin\r\n"},
                   out);
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: D\r\nVary: Origin\r\n\r\n");
}

TEST(Answer, has_the_reason_of_a_status_or_none) {
  const auto status_line = [](int status) {
    std::string out;
    AppendAnswerHead({.status = status, .content_type = {}, .date = "D"}, out);
    return out.substr(0, out.find("\r\n"));
  };
  EXPECT_EQ(status_line(503), "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(status_line(529), "HTTP/1.1 529 Overloaded");
  EXPECT_EQ(status_line(577), "HTTP/1.1 577 ");
}

TEST(Answer, chunks_are_well_formed) {
  std::string out;
  AppendChunk(std::string(26, 'x'), out);
  EXPECT_EQ(out, "1a\r\n" + std::string(26, 'x') + "\r\n");
}

TEST(PercentDecode, decodes_valid_escapes_only) {
  EXPECT_EQ(PercentDecode("org%2Fmodel"), "org/model");
  EXPECT_EQ(PercentDecode("a%2"), "a%2");
  EXPECT_EQ(PercentDecode("a%zz%"), "a%zz%");
  EXPECT_EQ(PercentDecode("%41"), "A");
}

struct Chunked {
  const char* name;
  std::string bytes;
  ChunkedBody::State state;
  std::string body;
  std::size_t left = 0;
};

TEST(ChunkedBody, the_same_however_it_is_torn) {
  using State = ChunkedBody::State;
  const std::vector<Chunked> table = {
      {"two chunks", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", State::kDone, "abcde"},
      {"upper-case size, extension", "A;x=y\r\n0123456789\r\n0\r\n\r\n", State::kDone,
       "0123456789"},
      {"trailers end here", "1\r\na\r\n0\r\nX-T: 1\r\nY: 2\r\n\r\n", State::kDone, "a"},
      {"next request follows", "1\r\na\r\n0\r\n\r\nPOST", State::kDone, "a", 4},
      {"empty body", "0\r\n\r\n", State::kDone, ""},
      {"bare LF", "1\na\r\n0\r\n\r\n", State::kMalformed, ""},
      {"no size", "\r\n", State::kMalformed, ""},
      {"negative", "-1\r\n", State::kMalformed, ""},
      {"prefix", "0x1\r\na\r\n", State::kMalformed, ""},
      {"space before size", " 1\r\na\r\n", State::kMalformed, ""},
      {"overflow", "ffffffffffffffffff\r\n", State::kMalformed, ""},
      {"data longer than size", "1\r\nab\r\n0\r\n\r\n", State::kMalformed, "a"},
      {"over the limit", "11\r\n", State::kTooLarge, ""},
      {"over the limit in sum", "f\r\n0123456789abcde\r\n2\r\n", State::kTooLarge,
       "0123456789abcde"},
      {"unfinished", "3\r\nab", State::kReading, "ab"},
  };
  for (const Chunked& row : table) {
    SCOPED_TRACE(row.name);
    for (std::size_t piece = 1; piece <= row.bytes.size(); ++piece) {
      std::string out;
      ChunkedBody body(16, out);
      std::size_t used = 0;
      for (std::size_t at = 0;
           at < row.bytes.size() && body.state() == ChunkedBody::State::kReading; at += piece) {
        used += body.Feed(std::string_view(row.bytes).substr(at, piece));
      }
      ASSERT_EQ(body.state(), row.state) << "pieces of " << piece;
      ASSERT_EQ(out, row.body) << "pieces of " << piece;
      if (row.state == State::kDone) {
        ASSERT_EQ(row.bytes.size() - used, row.left);
      }
    }
  }
}

constexpr auto kIgnoreMoves = [](const char*, const char*) {};

TEST(InputBuffer, keeps_what_is_left_and_shrinks_when_empty) {
  InputBuffer buffer;
  std::string expected;
  for (int round = 0; round < 100; ++round) {
    const std::string piece(static_cast<std::size_t>(round * 37 % 900 + 1),
                            static_cast<char>('a' + round % 26));
    char* tail = buffer.Tail(piece.size(), kIgnoreMoves);
    std::copy(piece.begin(), piece.end(), tail);
    buffer.Commit(piece.size());
    expected += piece;
    const std::size_t drop = expected.size() / 3;
    buffer.Consume(drop);
    expected.erase(0, drop);
    ASSERT_EQ(buffer.data(), expected);
  }
  buffer.Tail(1u << 20, kIgnoreMoves);
  EXPECT_GE(buffer.TailRoom(), 1u << 20);
  buffer.Consume(buffer.size());
  EXPECT_TRUE(buffer.empty());
  EXPECT_LE(buffer.TailRoom(), InputBuffer::kSmall);
}

}  // namespace
}  // namespace headgate::gateway
