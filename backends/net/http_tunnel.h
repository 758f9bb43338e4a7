#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/net/stream.h"
#include "backends/net/types.h"

namespace headgate::backends {

// An HTTP proxy through which a backend is reached (RFC 9110 section 9.3.6). Immutable.
struct ProxyAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string name;           // "host:port", for messages
  std::string authorization;  // value of Proxy-Authorization, a secret; empty: none
};

// Returns the request for a tunnel to `host` (without brackets for IPv6) and `port`.
std::string ConnectRequest(const std::string& host, std::uint16_t port, const ProxyAddress& proxy);

// Reads the answer to CONNECT. Sans-I/O.
class TunnelAnswer {
 public:
  enum class State : std::uint8_t { kIncomplete, kOpen, kRefused, kMalformed };

  // The head must end within this, in bytes.
  static constexpr std::size_t kMost = 16u << 10;

  // Takes the next bytes. After kOpen the tunnel may be used. Bytes after the head are malformed:
  // the other side of a tunnel waits for us.
  State Feed(std::string_view bytes);
  // The status of the answer, or 0.
  int status() const { return status_; }

 private:
  State Judge();

  std::string head_;
  int status_ = 0;
};

// How the opening of a tunnel ended.
struct TunnelResult {
  bool open = false;
  int status = 0;      // that the proxy answered; 0 = none
  std::string reason;  // why it is not open: "refused the tunnel with status 407, …"
};

// Opens a tunnel over `stream`, which is connected to a proxy. It has no time limit of its own:
// the owner closes the stream. `request` (ConnectRequest) and `stream` outlive the call.
Awaitable<TunnelResult> OpenTunnel(Stream& stream, const std::string& request);

}  // namespace headgate::backends
