#include "gateway/connection/admission.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "gateway/http/head_parser.h"
#include "policy/keys/key_ring.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

constexpr const char* kStoppedPolicy = R"(
server: {auth: keys}
backends:
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: secret, models: {gpt-4.1: g}}
teams: {shop: {stopped: true}}
keys:
  - {name: web, team: shop, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000001"}
  - {name: ops, team: ops, stopped: true, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000002"}
  - {name: app, team: ops, hash: "sha256:0000000000000000000000000000000000000000000000000000000000000003"}
routes: [{name: all}]
)";

// Admits a request with the key of that place, whose text is `key`.
Admission AdmittedWith(std::size_t place, RequestAccount& account) {
  const std::string key = "a key of this test";
  auto snapshot = std::make_shared<Snapshot>(*InForce(kStoppedPolicy));
  config::Config config = *snapshot->config;
  config.keys[place].digests = {policy::DigestOf(key)};
  snapshot->keys = policy::KeyRing(config.keys);
  account.snapshot = snapshot;
  const std::string bytes =
      "GET /v1/models HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + key + "\r\n\r\n";
  RequestHead head;
  HeadProblem problem;
  EXPECT_EQ(ParseRequestHead(bytes, 32u << 10, 0, head, problem).verdict, HeadVerdict::kComplete);
  const EndpointMatch match = FindEndpoint(head.method, head.path);
  return Admit({.head = head, .match = match, .local_address = [] { return std::string(); }},
               account);
}

TEST(Admission, a_stopped_team_or_key_is_refused) {
  struct Case {
    std::size_t key;
    const char* code;
    const char* message;
  };
  for (const Case& one :
       {Case{0, "team_stopped", "Team shop is stopped; ask the operator of this gateway."},
        Case{1, "key_stopped", "Key ops is stopped; ask the operator of this gateway."}}) {
    RequestAccount account;
    const Admission admission = AdmittedWith(one.key, account);
    ASSERT_TRUE(admission.refusal);
    EXPECT_EQ(admission.refusal->status, 403);
    EXPECT_EQ(admission.refusal->code, one.code);
    EXPECT_EQ(admission.refusal->message, one.message);
    EXPECT_EQ(account.rejection, Rejection::kNotAllowed);
  }
  RequestAccount account;
  EXPECT_FALSE(AdmittedWith(2, account).refusal);
  EXPECT_FALSE(account.rejection);
}

}  // namespace
}  // namespace headgate::gateway
