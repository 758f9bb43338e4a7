#include "backends/upstream/replica_names.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headgate::backends {
namespace {

config::Url Name() {
  config::Url name{.tls = false, .host = "gpu.svc", .port = 8000, .path = "/v1"};
  name.dns = true;
  return name;
}

Endpoints Resolved(const std::vector<std::string>& addresses) {
  Endpoints endpoints;
  for (const std::string& address : addresses) {
    endpoints.emplace_back(asio::ip::make_address(address), 8000);
  }
  return endpoints;
}

std::vector<std::string> Hosts(const std::vector<config::Url>& replicas) {
  std::vector<std::string> hosts;
  hosts.reserve(replicas.size());
  for (const config::Url& replica : replicas) hosts.push_back(replica.host);
  return hosts;
}

TEST(ReplicaNamesTest, EachAddressIsAReplicaInAnOrderThatDoesNotDependOnTheAnswer) {
  const auto replicas = ReplicasBehind(Name(), Resolved({"10.0.0.10", "10.0.0.9", "10.0.0.10"}));
  EXPECT_EQ(Hosts(replicas), (std::vector<std::string>{"10.0.0.9", "10.0.0.10"}));
  EXPECT_EQ(replicas[0].port, 8000);
  EXPECT_EQ(replicas[0].path, "/v1");
  EXPECT_FALSE(replicas[0].dns);
  EXPECT_TRUE(SameReplicas(replicas, ReplicasBehind(Name(), Resolved({"10.0.0.9", "10.0.0.10"}))));
  EXPECT_FALSE(SameReplicas(replicas, ReplicasBehind(Name(), Resolved({"10.0.0.9"}))));
  EXPECT_TRUE(ReplicasBehind(Name(), {}).empty());
}

TEST(ReplicaNamesTest, AServerWithTwoFamiliesIsOneReplica) {
  EXPECT_EQ(Hosts(ReplicasBehind(Name(), Resolved({"2001:db8::1", "10.0.0.5"}))),
            (std::vector<std::string>{"2001:db8::1"}));
  EXPECT_EQ(Hosts(ReplicasBehind(Name(), Resolved({"10.0.0.5", "2001:db8::1", "10.0.0.6"}))),
            (std::vector<std::string>{"10.0.0.5", "10.0.0.6"}));
}

TEST(ReplicaNamesTest, CountsWhatJoinsAndLeaves) {
  const auto before = ReplicasBehind(Name(), Resolved({"10.0.0.1", "10.0.0.2", "10.0.0.3"}));
  const auto after = ReplicasBehind(Name(), Resolved({"10.0.0.3", "10.0.0.4"}));
  EXPECT_EQ(CountMissing(after, before), 1u);
  EXPECT_EQ(CountMissing(before, after), 2u);
}

}  // namespace
}  // namespace headgate::backends
