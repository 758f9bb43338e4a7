// Requests from web pages: the guard of a port without keys, and CORS.
#include "gateway/http/page_guard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/http/cors.h"
#include "gateway/http/head_parser.h"

namespace headgate::gateway {
namespace {

using Lines = std::vector<std::string>;

// The head of a request with these lines; it must be a good one.
struct Request {
  explicit Request(const Lines& lines,
                   const std::string& line = "POST /v1/chat/completions HTTP/1.1") {
    bytes = line + "\r\n";
    for (const std::string& field : lines) bytes += field + "\r\n";
    bytes += "\r\n";
    HeadProblem problem;
    const HeadParse parse = ParseRequestHead(bytes, bytes.size() + 1, 0, head, problem);
    EXPECT_EQ(parse.verdict, HeadVerdict::kComplete) << bytes << problem.message;
  }
  std::string bytes;
  RequestHead head;
};

const std::vector<std::string> kHosts = {"llm.internal"};
const config::Cors kCors{
    {"https://chat.example", "https://*.pages.example", "http://localhost:3000"}};

PortIdentity Port(const config::Cors* cors = nullptr, bool tls = false) {
  return {.tls = tls, .hosts = kHosts, .address = {}, .cors = cors};
}

TEST(PageGuard, HostsThatNameThisMachine) {
  for (const std::string host :
       {"localhost", "localhost:8080", "LOCALHOST:8080", "localhost.", "localhost.:8080",
        "localhost:", "app.localhost", "a.b.LocalHost:3000", "127.0.0.1", "127.0.0.1:1",
        "127.1.2.3:8080", "127.0.0.1.", "[::1]", "[::1]:8080", "[0:0:0:0:0:0:0:1]:8080",
        "llm.internal", "LLM.Internal:443", "llm.internal."}) {
    const Request request({"Host: " + host});
    EXPECT_EQ(CheckHost(request.head, Port()), PageVerdict::kPass) << host;
  }
}

TEST(PageGuard, HostsThatDoNot) {
  for (const std::string host : {"evil.example",
                                 "evil.example:8080",
                                 "localhost.evil.example",
                                 "127.0.0.1.evil.example",
                                 "127.0.0.1.nip.io",
                                 "evillocalhost",
                                 ".localhost",
                                 "localhost..",
                                 "localhost-evil",
                                 "llm.internal.evil.example",
                                 "evil.llm.internal",
                                 "llm-internal",
                                 "0.0.0.0",
                                 "0.0.0.0:8080",
                                 "10.0.0.1",
                                 "192.168.1.1",
                                 "128.0.0.1",
                                 "127.1",
                                 "127.0.0.01",
                                 "2130706433",
                                 "0x7f000001",
                                 "[::]",
                                 "[::2]",
                                 "[::ffff:127.0.0.1]",
                                 "[fe80::1]",
                                 "[::1.2.3.4]",
                                 "gateway",
                                 "local"}) {
    const Request request({"Host: " + host});
    EXPECT_EQ(CheckHost(request.head, Port()), PageVerdict::kForeignHost) << host;
  }
}

TEST(PageGuard, TheAddressThatTheClientHasReachedIsOurs) {
  EXPECT_TRUE(IsOurHost("10.1.2.3:8080", {}, "10.1.2.3"));
  EXPECT_TRUE(IsOurHost("[fd00::5]:8080", {}, "fd00::5"));
  EXPECT_FALSE(IsOurHost("10.1.2.4:8080", {}, "10.1.2.3"));
  EXPECT_FALSE(IsOurHost("", {}, ""));
  EXPECT_FALSE(IsOurHost("[", {}, ""));
  EXPECT_FALSE(IsOurHost("[]", {}, ""));
  EXPECT_FALSE(IsOurHost(".", {}, ""));
  EXPECT_FALSE(IsOurHost(":8080", {}, ""));
}

TEST(PageGuard, AHostOfTheTargetCountsLikeTheField) {
  const Request absolute({"Host: evil.example"}, "POST http://evil.example/v1/models HTTP/1.1");
  EXPECT_EQ(CheckHost(absolute.head, Port()), PageVerdict::kForeignHost);
  const Request old({}, "GET http://evil.example/v1/models HTTP/1.0");
  EXPECT_EQ(CheckHost(old.head, Port()), PageVerdict::kForeignHost);
  const Request none({}, "GET /v1/models HTTP/1.0");
  EXPECT_EQ(CheckHost(none.head, Port()), PageVerdict::kPass);
}

struct OriginCase {
  Lines lines;
  PageVerdict verdict;
};

TEST(PageGuard, OriginsWithoutAList) {
  const std::vector<OriginCase> cases = {
      {{}, PageVerdict::kPass},
      {{"Sec-Fetch-Site: none"}, PageVerdict::kPass},
      {{"Sec-Fetch-Site: same-origin"}, PageVerdict::kPass},
      {{"Origin: http://localhost:8080"}, PageVerdict::kPass},
      {{"Origin: http://LOCALHOST:8080", "Sec-Fetch-Site: same-origin"}, PageVerdict::kPass},
      {{"Origin: https://evil.example"}, PageVerdict::kForeignOrigin},
      {{"origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, PageVerdict::kForeignOrigin},
      {{"Origin: null"}, PageVerdict::kForeignOrigin},
      {{"Origin:"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://127.0.0.1:8080"}, PageVerdict::kForeignOrigin},
      {{"Origin: https://localhost:8080"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:8080.evil.example"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:8080/"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:80800"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:8080, https://evil.example"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:8080 https://evil.example"}, PageVerdict::kForeignOrigin},
      {{"Origin: http://localhost:8080", "Origin: https://evil.example"},
       PageVerdict::kForeignOrigin},
      {{"Origin: https://chat.example"}, PageVerdict::kForeignOrigin},
      {{"Origin: chrome-extension://abcdefgh"}, PageVerdict::kForeignOrigin},
      {{"Sec-Fetch-Site: cross-site"}, PageVerdict::kCrossSite},
      {{"SEC-FETCH-SITE: Cross-Site"}, PageVerdict::kCrossSite},
      {{"Sec-Fetch-Site: same-site"}, PageVerdict::kCrossSite},
      {{"Sec-Fetch-Site: something-new"}, PageVerdict::kCrossSite},
      {{"Sec-Fetch-Site:"}, PageVerdict::kCrossSite},
      {{"Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"}, PageVerdict::kCrossSite},
      {{"Sec-Fetch-Site: none, cross-site"}, PageVerdict::kCrossSite},
      {{"Origin: http://localhost:8080", "Sec-Fetch-Site: cross-site"}, PageVerdict::kCrossSite},
      // Headers that do not tell whether a page sent the request.
      {{"Referer: https://evil.example/"}, PageVerdict::kPass},
      {{"Content-Type: text/plain"}, PageVerdict::kPass},
      {{"Content-Type: application/x-www-form-urlencoded"}, PageVerdict::kPass},
      {{"Upgrade: h2c", "Connection: Upgrade"}, PageVerdict::kPass},
      {{"Upgrade: websocket", "Connection: Upgrade", "Origin: https://evil.example"},
       PageVerdict::kForeignOrigin},
  };
  for (const OriginCase& c : cases) {
    Lines lines = c.lines;
    lines.emplace_back("Host: localhost:8080");
    const Request request(lines);
    EXPECT_EQ(CheckOrigin(request.head, Port()), c.verdict) << request.bytes;
  }
}

TEST(PageGuard, TheUsualPortIsLeftOutOfAnOrigin) {
  const Request plain({"Host: localhost:80", "Origin: http://localhost"});
  EXPECT_EQ(CheckOrigin(plain.head, Port()), PageVerdict::kPass);
  const Request tls({"Host: localhost", "Origin: https://localhost:443"});
  EXPECT_EQ(CheckOrigin(tls.head, Port(nullptr, true)), PageVerdict::kPass);
  const Request mixed({"Host: localhost", "Origin: http://localhost"});
  EXPECT_EQ(CheckOrigin(mixed.head, Port(nullptr, true)), PageVerdict::kForeignOrigin);
  const Request no_host({"Origin: http://"}, "POST / HTTP/1.0");
  EXPECT_EQ(CheckOrigin(no_host.head, Port()), PageVerdict::kForeignOrigin);
}

TEST(PageGuard, ListedOriginsPass) {
  const std::vector<OriginCase> cases = {
      {{"Origin: https://chat.example", "Sec-Fetch-Site: cross-site"}, PageVerdict::kPass},
      {{"Origin: http://localhost:3000", "Sec-Fetch-Site: same-site"}, PageVerdict::kPass},
      {{"Origin: https://a.pages.example"}, PageVerdict::kPass},
      {{"Origin: http://chat.example"}, PageVerdict::kForeignOrigin},
      {{"Origin: https://chat.example:8443"}, PageVerdict::kForeignOrigin},
      {{"Origin: https://chat.example", "Origin: https://evil.example"},
       PageVerdict::kForeignOrigin},
      {{"Origin: null"}, PageVerdict::kForeignOrigin},
      // Without an Origin the page is not known.
      {{"Sec-Fetch-Site: cross-site"}, PageVerdict::kCrossSite},
  };
  for (const OriginCase& c : cases) {
    Lines lines = c.lines;
    lines.emplace_back("Host: localhost:8080");
    const Request request(lines);
    EXPECT_EQ(CheckOrigin(request.head, Port(&kCors)), c.verdict) << request.bytes;
  }
}

TEST(PageGuard, VerdictsSayWhatToSet) {
  const Request request({"Host: evil.example", "Origin: https://evil.example"});
  EXPECT_NE(ExplainVerdict(PageVerdict::kForeignHost, request.head).find("server.hosts"),
            std::string::npos);
  for (const PageVerdict verdict : {PageVerdict::kForeignOrigin, PageVerdict::kCrossSite}) {
    EXPECT_NE(ExplainVerdict(verdict, request.head).find("server.cors.origins"), std::string::npos);
  }
}

TEST(Cors, AStarStandsForWholeLabelsInFront) {
  for (const std::string origin : {"https://a.pages.example", "https://a.b.pages.example",
                                   "https://A.Pages.Example", "https://x-1.pages.example"}) {
    EXPECT_TRUE(IsListedOrigin(kCors, origin)) << origin;
  }
  for (const std::string origin :
       {"https://pages.example", "https://.pages.example", "http://a.pages.example",
        "https://a.pages.example:8443", "https://evilpages.example", "https://a.pages.example.evil",
        "https://evil.example/.pages.example", "https://evil.example:1.pages.example",
        "https://evil@a.pages.example", "https://a..pages.example.", "https://", "null", ""}) {
    EXPECT_FALSE(IsListedOrigin(kCors, origin)) << origin;
  }
  EXPECT_TRUE(IsListedOrigin(config::Cors{{"*"}}, "https://anything.example"));
}

std::string Fields(const config::Cors& cors, std::string_view origin) {
  std::string out;
  AppendCorsFields(cors, origin, out);
  return out;
}

TEST(Cors, EveryAnswerSaysWhoMayReadIt) {
  const std::string listed = Fields(kCors, "https://chat.example");
  EXPECT_NE(listed.find("Vary: Origin\r\n"), std::string::npos);
  EXPECT_NE(listed.find("Access-Control-Allow-Origin: https://chat.example\r\n"),
            std::string::npos);
  EXPECT_NE(listed.find("Access-Control-Expose-Headers: x-request-id, "), std::string::npos);
  EXPECT_EQ(Fields(kCors, "https://evil.example"), "Vary: Origin\r\n");
  EXPECT_EQ(Fields(kCors, ""), "Vary: Origin\r\n");
  const std::string any = Fields(config::Cors{{"https://chat.example", "*"}}, "https://a.example");
  EXPECT_TRUE(any.starts_with("Access-Control-Allow-Origin: *\r\n")) << any;
  EXPECT_EQ(Fields(config::Cors{{"*"}}, ""), "");
}

std::string Preflight(const Lines& lines) {
  const Request request(lines, "OPTIONS /v1/chat/completions HTTP/1.1");
  std::string out;
  AppendPreflightFields(request.head, "POST", {"data-class"}, out);
  return out;
}

TEST(Cors, APreflightIsOfOptionsWithOriginAndMethod) {
  const std::string host = "Host: h";
  const std::string origin = "Origin: https://chat.example";
  const std::string method = "Access-Control-Request-Method: POST";
  const std::string options = "OPTIONS / HTTP/1.1";
  EXPECT_TRUE(IsPreflight(Request({host, origin, method}, options).head));
  EXPECT_FALSE(IsPreflight(Request({host, origin}, options).head));
  EXPECT_FALSE(IsPreflight(Request({host, method}, options).head));
  EXPECT_FALSE(IsPreflight(Request({host, origin, method}).head));
}

TEST(Cors, APreflightAllowsWhatClientsOfModelsSend) {
  const std::string out = Preflight(
      {"Host: h", "Access-Control-Request-Headers: authorization,Content-Type, X-Stainless-Lang",
       "Access-Control-Request-Headers: data-class, openai-beta, cookie, host, x-, evil, a b, ,"});
  EXPECT_NE(out.find("Access-Control-Allow-Methods: POST\r\n"), std::string::npos) << out;
  EXPECT_NE(out.find("Access-Control-Allow-Headers: authorization, Content-Type, X-Stainless-Lang, "
                     "data-class, openai-beta\r\n"),
            std::string::npos)
      << out;
  EXPECT_NE(out.find("Access-Control-Max-Age: 600\r\n"), std::string::npos);
  EXPECT_EQ(out.find("Private-Network"), std::string::npos);
}

TEST(Cors, APreflightFromAPublicPageIsLetIntoAPrivateNetwork) {
  const std::string out = Preflight({"Host: h", "Access-Control-Request-Private-Network: true"});
  EXPECT_NE(out.find("Access-Control-Allow-Private-Network: true\r\n"), std::string::npos);
  EXPECT_EQ(out.find("Access-Control-Allow-Headers"), std::string::npos);
}

TEST(Cors, APreflightThatAsksForVeryMuchGetsALittle) {
  std::string names = "Access-Control-Request-Headers: x-" + std::string(100, 'a');
  for (int i = 0; i < 1000; ++i) names += ",x-" + std::to_string(i);
  const std::string out = Preflight({"Host: h", names});
  EXPECT_LT(out.size(), 1000u);
  EXPECT_NE(out.find("x-63\r\n"), std::string::npos) << out;
}

}  // namespace
}  // namespace headgate::gateway
