#include "gateway/http/head_parser.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/gateway/parsed_head.h"

namespace headgate::gateway {
namespace {

TEST(HeadParser, ReadsWhatAnSdkSends) {
  const std::string text =
      "POST /v1/chat/completions?api-version=1 HTTP/1.1\r\nHost: localhost:8080\r\n"
      "Authorization: Bearer sk-1\r\ncontent-TYPE: application/json\r\nx-api-key:sk-2\r\n"
      "API-Key: \t sk-3 \t\r\nContent-Encoding: identity\r\nContent-Length: 17\r\n"
      "Expect: 100-Continue\r\nX-Empty:\r\n\r\n";
  const std::string with_body = text + "{\"model\":\"m\"}";
  const Parsed p = Parse(with_body);
  ASSERT_EQ(p.parse.verdict, HeadVerdict::kComplete) << p.problem.message;
  EXPECT_EQ(p.parse.size, text.size());
  EXPECT_EQ(p.head.method, "POST");
  EXPECT_EQ(p.head.path, "/v1/chat/completions");
  EXPECT_EQ(p.head.query, "api-version=1");
  EXPECT_EQ(p.head.host, "localhost:8080");
  EXPECT_EQ(p.head.authorization, "Bearer sk-1");
  EXPECT_EQ(p.head.content_type, "application/json");
  EXPECT_EQ(p.head.x_api_key, "sk-2");
  EXPECT_EQ(p.head.api_key, "sk-3");
  EXPECT_EQ(p.head.content_encoding, "identity");
  EXPECT_EQ(p.head.content_length, 17u);
  EXPECT_TRUE(p.head.expect_continue);
  EXPECT_TRUE(p.head.keep_alive);
  EXPECT_FALSE(p.head.chunked);
  EXPECT_EQ(p.head.fields.size(), 9u);
  EXPECT_EQ(p.head.Find("x-empty"), "");
  EXPECT_EQ(p.head.Find("content-length"), "17");
  EXPECT_EQ(p.head.Find("absent"), "");
}

TEST(HeadParser, KeepsNothingOfTheRequestBefore) {
  RequestHead head;
  HeadProblem problem;
  const std::string first = Head({"Host: a", "Expect: 100-continue", "Content-Length: 3",
                                  "Authorization: Bearer x", "Connection: close"});
  ASSERT_EQ(ParseRequestHead(first, kMaxHead, 0, head, problem).verdict, HeadVerdict::kComplete);
  const HeaderField* const storage = head.fields.data();
  const std::string second = Head({"Host: b"});
  ASSERT_EQ(ParseRequestHead(second, kMaxHead, 0, head, problem).verdict, HeadVerdict::kComplete);
  EXPECT_EQ(head.host, "b");
  EXPECT_FALSE(head.expect_continue);
  EXPECT_FALSE(head.content_length);
  EXPECT_EQ(head.authorization, "");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.fields.size(), 1u);
  EXPECT_EQ(head.fields.data(), storage);
}

TEST(HeadParser, AcceptsWhatIsUnusualButSound) {
  const std::vector<std::string> heads = {
      Head({"Host: h", "Content-Length: 0"}),
      Head({"Host: h", "Content-Length: 18446744073709551615"}),
      Head({"Host: h", "Transfer-Encoding: CHUNKED"}),
      Head({"Host: [::1]:8080"}),
      Head({"Host: h:"}),
      Head({"Host: h", "X-Latin: caf\xE9", "X-Tab: a\tb"}),
      Head({}, "GET / HTTP/1.0"),
      Head({"Host: Example.com:80"}, "GET http://example.COM:80/v1/models HTTP/1.1"),
      Head({"Host: h"}, "QUERYQUERYQUERYQUERY / HTTP/1.1"),
      Head({"Host: h", "Expect: 100-continue", "Expect: 100-continue"}),
      Head({"Host: h"}, "GET /v1/../%2e%2e/a%zz?q=\"{}|^ HTTP/1.1"),
      "\r\n\r\n" + Head({"Host: h"}),
  };
  for (const std::string& text : heads) {
    const Parsed p = Parse(text);
    EXPECT_EQ(p.parse.verdict, HeadVerdict::kComplete) << text << p.problem.message;
    EXPECT_EQ(p.parse.size, text.size()) << text;
  }
}

struct Refused {
  std::string text;
  int status;
  std::string_view message;  // a part of it
};

TEST(HeadParser, RefusesWhatAProxyMustRefuse) {
  const std::string h = "Host: h";
  std::vector<std::string> many(100, "X-A: b");
  many.push_back(h);
  const std::vector<Refused> cases = {
      // Framing.
      {Head({h, "Transfer-Encoding: identity"}), 400, "exactly one 'chunked'"},
      {Head({h, "Transfer-Encoding: gzip, chunked"}), 400, "exactly one 'chunked'"},
      {Head({h, "Transfer-Encoding: chunked, chunked"}), 400, "exactly one 'chunked'"},
      {Head({h, "Transfer-Encoding: chunked", "transfer-encoding: chunked"}), 400, "exactly one"},
      {Head({h, "Transfer-Encoding:"}), 400, "exactly one 'chunked'"},
      {Head({h, "Transfer-Encoding: chunked;q=1"}), 400, "exactly one 'chunked'"},
      {Head({h,
             "Transfer-Encoding: \x0b"
             "chunked"}),
       400, "control byte"},
      {Head({h, "Transfer-Encoding: chunked"}, "POST / HTTP/1.0"), 400, "not part of HTTP/1.0"},
      {Head({h, "Transfer-Encoding: chunked", "Content-Length: 3"}), 400, "both"},
      {Head({h, "Content-Length: 3", "Transfer-Encoding: chunked"}), 400, "both"},
      {Head({h, "Content-Length: 3", "Content-Length: 3"}), 400, "repeated"},
      {Head({h, "Content-Length: 3, 3"}), 400, "one decimal number"},
      {Head({h, "Content-Length: 03"}), 400, "one decimal number"},
      {Head({h, "Content-Length: 00"}), 400, "one decimal number"},
      {Head({h, "Content-Length: +3"}), 400, "one decimal number"},
      {Head({h, "Content-Length: -3"}), 400, "one decimal number"},
      {Head({h, "Content-Length: 0x3"}), 400, "one decimal number"},
      {Head({h, "Content-Length: 3 3"}), 400, "one decimal number"},
      {Head({h, "Content-Length:"}), 400, "one decimal number"},
      {Head({h, "Content-Length: 18446744073709551616"}), 400, "one decimal number"},
      // Lines.
      {Head({h, "X-A: b", " folded"}), 400, "begins with white space"},
      {Head({"\tfolded", h}), 400, "begins with white space"},
      {"GET / HTTP/1.1\nHost: h\n\n", 400, "LF alone"},
      {"GET / HTTP/1.1\r\nHost: h\nX-A: b\r\n\r\n", 400, "LF alone"},
      {"GET / HTTP/1.1\r\nHost: h\r\n\n", 400, "LF alone"},
      {"\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400, "LF alone"},
      {Head({h, "X-A: b\rX-B: c"}), 400, "no LF follows"},
      {Head({h, std::string("X-A: b\0c", 8)}), 400, "control byte"},
      {Head({h, "X-A: b\x7f"}), 400, "control byte"},
      {Head({h, "X-A: 0123456789\x01"}), 400, "control byte"},
      {Head({h, "X-A"}), 400, "no colon"},
      {Head({h, "X-A : b"}), 400, "white space in front"},
      {Head({h, "X-A\t: b"}), 400, "white space in front"},
      {Head({h, ": b"}), 400, "empty or not a token"},
      {Head({h, "X(A): b"}), 400, "empty or not a token"},
      {Head({h, "X\xC3\xA4: b"}), 400, "empty or not a token"},
      {Head(many), 431, "more than 100"},
      // Request line.
      {Head({h}, "GET  / HTTP/1.1"), 400, "must be percent-encoded"},
      {Head({h}, " GET / HTTP/1.1"), 400, "not a token"},
      {Head({h}, "GET /"), 400, "request line"},
      {Head({h}, "GET / HTTP/1.1 "), 400, "request line"},
      {Head({h}, "GET / HTTP/1.11"), 400, "request line"},
      {Head({h}, "GET / http/1.1"), 400, "request line"},
      {Head({h}, "GET / HTTP/2.0"), 505, "HTTP/1.1"},
      {Head({h}, "GET / HTTP/1.2"), 505, "HTTP/1.1"},
      {Head({h}, "GET / HTTP/0.9"), 505, "HTTP/1.1"},
      {Head({h}, "PRI * HTTP/2.0"), 505, "HTTP/1.1"},
      {Head({h}, "G(T / HTTP/1.1"), 400, "not a token"},
      {Head({h}, "QUERYQUERYQUERYQUERYQ / HTTP/1.1"), 400, "not a token"},
      {Head({h}, "GET /a b HTTP/1.1"), 400, "percent-encoded"},
      {Head({h}, "GET /a\tb HTTP/1.1"), 400, "percent-encoded"},
      {Head({h}, "GET /\xC3\xA4 HTTP/1.1"), 400, "percent-encoded"},
      {Head({h}, "GET /a#b HTTP/1.1"), 400, "'#'"},
      {Head({h}, "CONNECT h:443 HTTP/1.1"), 400, "CONNECT"},
      {Head({h}, "OPTIONS * HTTP/1.1"), 400, "'*'"},
      {Head({h}, "GET h:443 HTTP/1.1"), 400, "must be a path"},
      {Head({h}, "GET v1/models HTTP/1.1"), 400, "must be a path"},
      {Head({h}, "GET ftp://h/ HTTP/1.1"), 400, "must be a path"},
      {Head({h}, "GET http:///v1 HTTP/1.1"), 400, "must be a path"},
      {Head({h}, "GET http://other/ HTTP/1.1"), 400, "another host"},
      {Head({h}, "GET http://h:80/ HTTP/1.1"), 400, "another host"},
      {Head({h}, "GET http://u@h/ HTTP/1.1"), 400, "another host"},
      {Head({}, "GET http://u@h/ HTTP/1.0"), 400, "Host field is malformed"},
      // Host.
      {Head({}), 400, "Host field is missing"},
      {Head({h, "host: h"}), 400, "Host field is repeated"},
      {Head({"Host:"}), 400, "Host field is malformed"},
      {Head({"Host: a,b"}), 400, "Host field is malformed"},
      {Head({"Host: a b"}), 400, "Host field is malformed"},
      {Head({"Host: a/b"}), 400, "Host field is malformed"},
      {Head({"Host: a@b"}), 400, "Host field is malformed"},
      {Head({"Host: :80"}), 400, "Host field is malformed"},
      {Head({"Host: a:80a"}), 400, "Host field is malformed"},
      {Head({"Host: a:65536"}), 400, "Host field is malformed"},
      {Head({"Host: [::1"}), 400, "Host field is malformed"},
      {Head({"Host: [abc]"}), 400, "Host field is malformed"},
      {Head({"Host: [::g]"}), 400, "Host field is malformed"},
      {Head({"Host: a", "Host: b"}, "GET / HTTP/1.0"), 400, "Host field is repeated"},
      // Other mistakes.
      {Head({h, "Expect: 200-ok"}), 417, "100-continue"},
      {Head({h, "Expect: 100-continue, x"}), 417, "100-continue"},
      {Head({h, "Authorization: a", "authorization: a"}), 400, "is repeated"},
      {Head({h, "X-Api-Key: a", "x-api-key: b"}), 400, "is repeated"},
      {Head({h, "api-key: a", "API-KEY:"}), 400, "is repeated"},
      {Head({h, "Content-Type: a/b", "Content-Type: a/b"}), 400, "is repeated"},
      {Head({h, "Content-Encoding: gzip", "Content-Encoding: x"}), 400, "is repeated"},
  };
  for (const Refused& c : cases) {
    const Parsed p = Parse(c.text);
    EXPECT_EQ(p.parse.verdict, HeadVerdict::kRefused) << c.text;
    EXPECT_EQ(p.problem.status, c.status) << c.text << p.problem.message;
    EXPECT_NE(p.problem.message.find(c.message), std::string::npos)
        << c.text << p.problem.message << " has no: " << c.message;
    EXPECT_NE(p.problem.message.find("(RFC "), std::string::npos);
  }
}

TEST(HeadParser, TakesPathAndQueryFromEveryForm) {
  struct Case {
    std::string target, path, query;
  };
  const std::vector<Case> cases = {
      {"/", "/", ""},
      {"/a?b", "/a", "b"},
      {"/a?b?c", "/a", "b?c"},
      {"/a?", "/a", ""},
      {"/a/%2Fb", "/a/%2Fb", ""},
      {"//h/a", "//h/a", ""},
      {"/http://x/", "/http://x/", ""},
      {"http://h", "/", ""},
      {"http://h?q", "/", "q"},
      {"HTTPS://H/v1/models?x=/y", "/v1/models", "x=/y"},
  };
  for (const Case& c : cases) {
    const std::string text = Head({"Host: h"}, "GET " + c.target + " HTTP/1.1");
    const Parsed p = Parse(text);
    ASSERT_EQ(p.parse.verdict, HeadVerdict::kComplete) << c.target << p.problem.message;
    EXPECT_EQ(p.head.path, c.path);
    EXPECT_EQ(p.head.query, c.query);
  }
}

TEST(HeadParser, TakesTheHostOfAnAbsoluteTargetWhereHttp10HasNone) {
  const std::string text = Head({}, "GET http://h:81/a HTTP/1.0");
  const Parsed p = Parse(text);
  ASSERT_EQ(p.parse.verdict, HeadVerdict::kComplete);
  EXPECT_EQ(p.head.host, "h:81");
}

TEST(HeadParser, KeepAliveFollowsVersionAndConnection) {
  struct Case {
    std::string version;
    std::vector<std::string> connection;
    bool keep_alive;
  };
  const std::vector<Case> cases = {
      {"1.1", {}, true},
      {"1.1", {"close"}, false},
      {"1.1", {"Close"}, false},
      {"1.1", {"keep-alive, upgrade"}, true},
      {"1.1", {"keep-alive,close"}, false},
      {"1.1", {",, \tCLOSE ,"}, false},
      {"1.1", {"keep-alive", "close"}, false},
      {"1.1", {"closed, x-close"}, true},
      {"1.1", {""}, true},
      {"1.0", {}, false},
      {"1.0", {"Keep-Alive"}, true},
      {"1.0", {"te , keep-alive"}, true},
      {"1.0", {"keep-alive", "close"}, false},
  };
  for (const Case& c : cases) {
    std::vector<std::string> lines = {"Host: h"};
    for (const std::string& value : c.connection) lines.push_back("Connection: " + value);
    const std::string text = Head(lines, "GET / HTTP/" + c.version);
    const Parsed p = Parse(text);
    ASSERT_EQ(p.parse.verdict, HeadVerdict::kComplete);
    EXPECT_EQ(p.head.keep_alive, c.keep_alive) << text;
    EXPECT_EQ(p.head.http_1_0, c.version == "1.0");
  }
}

TEST(HeadParser, Http10IgnoresTheExpectation) {
  const std::string text = Head({"Expect: 100-continue"}, "POST / HTTP/1.0");
  const Parsed p = Parse(text);
  ASSERT_EQ(p.parse.verdict, HeadVerdict::kComplete);
  EXPECT_FALSE(p.head.expect_continue);
}

TEST(HeadParser, EveryPrefixIsIncompleteAndArrivesTheSameInPieces) {
  const std::string text = "\r\n" + Head({"Host: h", "X-A: b", "Content-Length: 3"}) + "abc";
  const std::size_t whole = text.size() - 3;
  std::size_t searched = 0;
  for (std::size_t size = 0; size < whole; ++size) {
    const std::string_view prefix = std::string_view(text).substr(0, size);
    EXPECT_EQ(Parse(prefix).parse.verdict, HeadVerdict::kIncomplete) << size;
    EXPECT_EQ(Parse(prefix, kMaxHead, searched).parse.verdict, HeadVerdict::kIncomplete) << size;
    searched = size;
  }
  for (std::size_t from = 0; from < whole; ++from) {
    const Parsed p = Parse(text, kMaxHead, from);
    EXPECT_EQ(p.parse.verdict, HeadVerdict::kComplete) << from;
    EXPECT_EQ(p.parse.size, whole);
    EXPECT_EQ(p.head.content_length, 3u);
  }
}

TEST(HeadParser, ABareLfIsSeenBeforeTheHeadIsWhole) {
  EXPECT_EQ(Parse("GET / HTTP/1.1\nHost: h").parse.verdict, HeadVerdict::kRefused);
  EXPECT_EQ(Parse("GET / HTTP/1.1\nHost: h", kMaxHead, 14).parse.verdict, HeadVerdict::kRefused);
}

TEST(HeadParser, TheLimitIsExact) {
  const std::string text = Head({"Host: h", "X-A: b"});
  EXPECT_EQ(Parse(text, text.size()).parse.verdict, HeadVerdict::kComplete);
  EXPECT_EQ(Parse(text + "body", text.size()).parse.verdict, HeadVerdict::kComplete);
  const Parsed p = Parse(text, text.size() - 1);
  EXPECT_EQ(p.parse.verdict, HeadVerdict::kRefused);
  EXPECT_EQ(p.problem.status, 431);
  const std::string endless = "GET / HTTP/1.1\r\nX-A: " + std::string(kMaxHead, 'a');
  EXPECT_EQ(Parse(endless).problem.status, 431);
  EXPECT_EQ(Parse(endless, kMaxHead, endless.size() - 1).problem.status, 431);
  std::string blank;
  while (blank.size() < kMaxHead) blank += "\r\n";
  EXPECT_EQ(Parse(blank).problem.status, 431);
}

TEST(HeadParser, OneHundredFieldsAreTakenAndNoMore) {
  std::vector<std::string> lines(99, "X-A: b");
  lines.push_back("Host: h");
  const std::string text = Head(lines);
  const Parsed p = Parse(text);
  ASSERT_EQ(p.parse.verdict, HeadVerdict::kComplete);
  EXPECT_EQ(p.head.fields.size(), 100u);
}

// Replaces each byte of a sound head by every other: if the head is still complete, it keeps its
// promises.
TEST(HeadParser, OneWrongByteAnywhereNeverBreaksAPromise) {
  const std::string sound =
      Head({"Host: h:80", "Content-Length: 3", "X-A: b"}, "POST /a?b HTTP/1.1");
  for (std::size_t at = 0; at < sound.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = sound;
      text[at] = static_cast<char>(byte);
      const Parsed p = Parse(text);
      if (p.parse.verdict != HeadVerdict::kComplete) continue;
      EXPECT_LE(p.parse.size, text.size());
      EXPECT_FALSE(p.head.host.empty());
      EXPECT_EQ(p.head.path.front(), '/');
      for (const HeaderField& field : p.head.fields) {
        EXPECT_FALSE(field.name.empty());
        EXPECT_EQ(field.value.find_first_of(std::string_view("\r\n\0\x7f", 4)),
                  std::string_view::npos);
      }
    }
  }
}

}  // namespace
}  // namespace headgate::gateway
