#include "backends/upstream/replica_names.h"

#include <algorithm>

namespace headgate::backends {
namespace {

bool IsSameServer(const config::Url& a, const config::Url& b) {
  return a.tls == b.tls && a.host == b.host && a.port == b.port && a.path == b.path;
}

}  // namespace

std::vector<config::Url> ReplicasBehind(const config::Url& name, const Endpoints& resolved) {
  std::vector<asio::ip::address> addresses;
  for (const asio::ip::tcp::endpoint& endpoint : resolved) {
    if (endpoint.protocol() == resolved.front().protocol()) addresses.push_back(endpoint.address());
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  std::vector<config::Url> replicas;
  for (const asio::ip::address& address : addresses) {
    config::Url& replica = replicas.emplace_back(name);
    replica.host = address.to_string();
    replica.dns = false;
  }
  return replicas;
}

bool SameReplicas(const std::vector<config::Url>& a, const std::vector<config::Url>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), IsSameServer);
}

std::size_t CountMissing(const std::vector<config::Url>& some,
                         const std::vector<config::Url>& others) {
  return static_cast<std::size_t>(
      std::count_if(some.begin(), some.end(), [&](const config::Url& url) {
        return std::none_of(others.begin(), others.end(),
                            [&](const config::Url& other) { return IsSameServer(url, other); });
      }));
}

}  // namespace headgate::backends
