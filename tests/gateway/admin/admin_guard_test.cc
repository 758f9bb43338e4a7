// Access to the admin port: callers, methods, hosts and tokens.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/endpoints.h"
#include "gateway/admin/guard.h"

namespace headgate::gateway {
namespace {

constexpr std::string_view kToken = "secret-token";
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kAddress = "10.0.0.5";

AdminEndpoint Row(std::string_view method, std::string_view path, AdminAccess access) {
  return {.method = method, .path = path, .access = access, .answer = [](const AdminRequest&) {
            return AdminAnswer{};
          }};
}

const AdminEndpoints& Table() {
  static const AdminEndpoints kTable({Row("GET", "/metrics", AdminAccess::kAnybody),
                                      Row("GET", "/healthz", AdminAccess::kAnybody),
                                      Row("GET", "/status", AdminAccess::kOperator),
                                      Row("POST", "/reload", AdminAccess::kOperator),
                                      Row("POST", "/explain", AdminAccess::kOperator)});
  return kTable;
}

enum Where { kLoopback, kElsewhere };

// The default is a good request; each case changes only the fields that it tests.
struct GuardCase {
  std::string name;
  Where where = kLoopback;
  std::string_view method = "POST";
  std::string_view target = "/reload";
  std::string_view authorization = {};
  std::string_view host = "localhost:9464";
  std::string_view content_type = kJson;
  std::string_view token = kToken;
  int status = 200;  // 200: admitted
};

AdminVerdict Verdict(const GuardCase& one) {
  static const std::vector<std::string> kHosts = {"admin.internal"};
  return Admit(Table(),
               {.method = one.method,
                .target = one.target,
                .host = one.host,
                .content_type = one.content_type,
                .authorization = one.authorization},
               {.loopback = one.where == kLoopback,
                .address = kAddress,
                .token = one.token,
                .hosts = kHosts});
}

void ExpectVerdicts(const std::vector<GuardCase>& cases) {
  for (const GuardCase& one : cases) {
    const AdminVerdict verdict = Verdict(one);
    if (one.status == 200) {
      ASSERT_NE(verdict.endpoint, nullptr) << one.name << ": " << verdict.refusal.body;
      EXPECT_EQ(verdict.endpoint->path, one.target.substr(0, one.target.find('?'))) << one.name;
    } else {
      EXPECT_EQ(verdict.endpoint, nullptr) << one.name;
      EXPECT_EQ(verdict.refusal.status, one.status) << one.name;
      EXPECT_EQ(verdict.refusal.content_type, kJson) << one.name;
    }
  }
}

TEST(AdminGuard, loopback_needs_no_token_and_everybody_else_the_right_one) {
  ExpectVerdicts({
      {.name = "loopback", .where = kLoopback},
      {.name = "loopback, wrong token", .authorization = "Bearer wrong"},
      {.name = "loopback, no token configured", .token = ""},
      {.name = "missing", .where = kElsewhere, .status = 401},
      {.name = "right", .where = kElsewhere, .authorization = "Bearer secret-token"},
      {.name = "wrong", .where = kElsewhere, .authorization = "Bearer secret-tokem", .status = 401},
      {.name = "shorter", .where = kElsewhere, .authorization = "Bearer secret", .status = 401},
      {.name = "longer",
       .where = kElsewhere,
       .authorization = "Bearer secret-token1",
       .status = 401},
      {.name = "bare", .where = kElsewhere, .authorization = "secret-token", .status = 401},
      {.name = "Basic", .where = kElsewhere, .authorization = "Basic secret-token", .status = 401},
      {.name = "none configured", .where = kElsewhere, .token = "", .status = 401},
      {.name = "none configured, an empty one sent",
       .where = kElsewhere,
       .authorization = "Bearer ",
       .token = "",
       .status = 401},
      {.name = "to read", .where = kElsewhere, .method = "GET", .target = "/status", .status = 401},
      {.name = "to read, right",
       .where = kElsewhere,
       .method = "GET",
       .target = "/status",
       .authorization = "Bearer secret-token"},
  });
}

TEST(AdminGuard, scrapes_and_probes_come_from_anywhere_under_any_name) {
  for (const std::string_view path : {"/metrics", "/healthz", "/metrics?name=x"}) {
    for (const std::string_view method : {"GET", "HEAD"}) {
      ExpectVerdicts({
          {.name = "loopback", .method = method, .target = path},
          {.name = "elsewhere", .where = kElsewhere, .method = method, .target = path},
          {.name = "foreign name",
           .where = kElsewhere,
           .method = method,
           .target = path,
           .host = "prometheus.target"},
          {.name = "no Host", .where = kElsewhere, .method = method, .target = path, .host = ""},
          {.name = "no token configured",
           .where = kElsewhere,
           .method = method,
           .target = path,
           .token = ""},
      });
    }
  }
}

TEST(AdminGuard, paths_and_methods) {
  ExpectVerdicts({
      {.name = "HEAD is GET", .method = "HEAD", .target = "/status"},
      {.name = "a query", .method = "GET", .target = "/status?x=/reload"},
      {.name = "GET of a POST", .method = "GET", .target = "/reload", .status = 405},
      {.name = "HEAD of a POST", .method = "HEAD", .target = "/reload", .status = 405},
      {.name = "POST of a GET", .method = "POST", .target = "/metrics", .status = 405},
      {.name = "DELETE", .method = "DELETE", .target = "/status", .status = 405},
      {.name = "lower case", .method = "post", .target = "/reload", .status = 405},
      {.name = "no path", .method = "GET", .target = "", .status = 404},
      {.name = "root", .method = "GET", .target = "/", .status = 404},
      {.name = "below", .method = "GET", .target = "/status/x", .status = 404},
      {.name = "slash", .method = "GET", .target = "/status/", .status = 404},
      {.name = "upper case", .method = "GET", .target = "/STATUS", .status = 404},
      {.name = "encoded", .method = "GET", .target = "/%73tatus", .status = 404},
      {.name = "absolute", .method = "GET", .target = "http://x/status", .status = 404},
      // An unknown path is refused before the token is checked: the list of paths is not a secret.
      {.name = "elsewhere", .where = kElsewhere, .method = "GET", .target = "/x", .status = 404},
  });
}

TEST(AdminGuard, the_host_is_ours) {
  for (const std::string_view host :
       {"localhost", "127.0.0.1:9464", "[::1]:9464", "a.localhost", "10.0.0.5", "10.0.0.5:9464",
        "admin.internal", "ADMIN.internal:443"}) {
    ExpectVerdicts(
        {{.name = std::string(host), .host = host},
         {.name = std::string(host), .method = "GET", .target = "/status", .host = host}});
  }
  for (const std::string_view host :
       {"evil.example", "localhost.evil.example", "10.0.0.6", "0.0.0.0"}) {
    ExpectVerdicts({{.name = std::string(host), .host = host, .status = 403},
                    {.name = std::string(host),
                     .method = "GET",
                     .target = "/status",
                     .host = host,
                     .status = 403},
                    // The token does not help: a web page may have got it from its user.
                    {.name = std::string(host),
                     .where = kElsewhere,
                     .authorization = "Bearer secret-token",
                     .host = host,
                     .status = 403}});
  }
  ExpectVerdicts({{.name = "none, to read", .method = "GET", .target = "/status", .host = ""},
                  {.name = "none, to change", .host = "", .status = 403}});
}

TEST(AdminGuard, what_changes_something_is_json) {
  ExpectVerdicts({
      {.name = "json"},
      {.name = "charset", .content_type = "application/json; charset=utf-8"},
      {.name = "case", .content_type = "Application/JSON"},
      {.name = "none", .content_type = "", .status = 415},
      {.name = "like json", .content_type = "application/jsonx", .status = 415},
      {.name = "to read", .method = "GET", .target = "/status", .content_type = ""},
  });
}

// Requests that a browser sends for a page of another origin without a preflight, and preflights.
TEST(AdminGuard, a_page_of_another_origin_changes_nothing) {
  for (const std::string_view type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "text/plain;application/json"}) {
    for (const std::string_view target : {"/reload", "/explain"}) {
      ExpectVerdicts(
          {{.name = std::string(type), .target = target, .content_type = type, .status = 415}});
    }
  }
  for (const std::string_view target : {"/reload", "/explain", "/status", "/metrics"}) {
    const AdminVerdict asked = Verdict({.method = "OPTIONS", .target = target});
    EXPECT_EQ(asked.endpoint, nullptr) << target;
    EXPECT_EQ(asked.refusal.status, 405) << target;
  }
}

TEST(AdminGuard, refusals_say_what_would_do) {
  const auto refusal = [](const GuardCase& one) { return Verdict(one).refusal; };
  EXPECT_EQ(refusal({.where = kElsewhere}).body,
            R"({"error":"send Authorization: Bearer with the server.admin_token"})");
  EXPECT_EQ(refusal({.host = "evil.example"}).body,
            R"({"error":"this Host is unknown here; use the admin port's own address, or add )"
            R"(the name to server.admin_hosts"})");
  EXPECT_EQ(refusal({.content_type = ""}).body,
            R"({"error":"send Content-Type: application/json"})");
  const AdminAnswer get = refusal({.method = "POST", .target = "/status"});
  EXPECT_EQ(get.body, R"({"error":"this is for GET"})");
  EXPECT_EQ(get.allow, "GET, HEAD");
  const AdminAnswer post = refusal({.method = "GET", .target = "/reload"});
  EXPECT_EQ(post.body, R"({"error":"this is for POST"})");
  EXPECT_EQ(post.allow, "POST");
  const AdminAnswer none = refusal({.method = "GET", .target = "/nothing"});
  EXPECT_EQ(none.body,
            R"({"error":"there is GET /metrics, /healthz and /status here, and POST /reload and )"
            R"(/explain"})");
  EXPECT_EQ(none.allow, "");
}

TEST(AdminEndpoints, a_path_may_have_several_methods) {
  const AdminEndpoints table({Row("GET", "/policy", AdminAccess::kOperator),
                              Row("PUT", "/policy", AdminAccess::kOperator),
                              Row("GET", "/keys", AdminAccess::kOperator)});
  ASSERT_NE(table.Find("PUT", "/policy"), nullptr);
  EXPECT_EQ(table.Find("PUT", "/policy")->method, "PUT");
  EXPECT_EQ(table.Find("HEAD", "/policy")->method, "GET");
  EXPECT_EQ(table.Find("PUT", "/keys"), nullptr);
  const AdminAnswer answer = table.Missing("/policy");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.allow, "GET, HEAD, PUT");
  EXPECT_EQ(answer.body, R"({"error":"this is for GET and PUT"})");
  EXPECT_EQ(table.Missing("/").body,
            R"({"error":"there is GET /policy and /keys here, and PUT /policy"})");
}

}  // namespace
}  // namespace headgate::gateway
