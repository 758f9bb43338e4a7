#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "backends/net/http_tunnel.h"
#include "config/config.h"

namespace headgate::backends {

// The address of one replica, and all parts of a call that do not change from request to request.
struct Replica {
  std::string host;
  std::uint16_t port = 0;
  std::string name;                                // "host:port", the metric label
  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain HTTP
  std::string path;                                // prefix of every path
  std::string host_header;
  std::string url;    // "https://host:port/path": its identity across reloads
  std::string trust;  // what its certificate is checked against; differs when the CA file changed
  std::shared_ptr<const ProxyAddress> proxy;  // null: it is reached directly

  // Returns whether connections to both lead to the same server in the same way, so that a
  // connection to one may be used for the other. Only for replicas with the same url.
  bool SameWay(const Replica& other) const;
};

// A backend as the data plane needs it: addresses and prepared heads. A URL comes from
// configuration alone, so no part of a request can send a provider key to another host. Immutable;
// thread-safe.
class Upstream {
 public:
  static absl::StatusOr<std::unique_ptr<const Upstream>> Make(const config::Backend& backend);

  const std::vector<Replica>& replicas() const { return replicas_; }

  // What the client of a request says in place of the configuration, if its own bytes are sent.
  struct FromClient {
    // Replaces the configured version; the operator's header wins over both. Empty: not said.
    std::string_view anthropic_version;
    // Parameters, "beta=true&x=y", encoded, none of which SetsParameter. They follow the configured
    // ones. Empty: none.
    std::string_view query;
  };

  // Appends the request line and all fields that do not depend on the request, for a POST to
  // `path` ("/chat/completions", relative to the backend's URL) at `replica`. The caller appends
  // its own fields, Content-Length and the blank line. `base_path` ("/beta") takes the place of the
  // URL's own path unless it is empty.
  void AppendHead(std::size_t replica, std::string_view path, std::string& out,
                  const FromClient& client, std::string_view base_path = {}) const;

  // Appends the whole request of an active check: a GET on `path`, relative to the root of the
  // server, which is the replica's path without its /v1.
  void AppendCheck(std::size_t replica, std::string_view path, std::string& out) const;

  config::Engine engine() const { return engine_; }

  // Returns whether both stand for the same servers, asked in the same way.
  bool SameAs(const Upstream& other) const;

  // Returns whether the configuration of this backend has a field of that lower-case name. If so,
  // the caller must not append such a field.
  bool SetsField(std::string_view lower_case_name) const;

  // Returns whether the configuration of this backend has a parameter of that name in `query`.
  bool SetsParameter(std::string_view name) const;

  // Returns whether requests to both carry the same key and the same configured fields. If so, a
  // request that one refused would be refused by the other.
  bool SameCredentials(const Upstream& other) const {
    return fixed_fields_ == other.fixed_fields_ && query_ == other.query_ &&
           anthropic_version_ == other.anthropic_version_;
  }

 private:
  Upstream() = default;
  std::vector<Replica> replicas_;
  config::Engine engine_ = config::Engine::kNone;
  std::string query_;                          // "?api-version=…" or empty
  std::string fixed_fields_;                   // credentials, configured headers, content type
  std::string anthropic_version_;              // of a backend that is Anthropic's; else empty
  std::vector<std::string> configured_names_;  // names of the configured headers, in lower case
  std::vector<std::string> parameter_names_;   // of the configured query, not encoded
};

}  // namespace headgate::backends
