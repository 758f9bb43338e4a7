#include "config/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "config/text.h"

namespace headgate::config {
namespace {

enum class Family { kNone, kV4, kV6 };

Family FamilyOf(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return Family::kV4;
  if (inet_pton(AF_INET6, host.c_str(), &address) == 1) return Family::kV6;
  return Family::kNone;
}

struct Authority {
  std::string host;
  std::optional<std::string_view> port;
  bool bracketed = false;
};

// "host", "host:port" or "[v6]:port"; nothing when the brackets or colons do not fit.
std::optional<Authority> SplitAuthority(std::string_view text) {
  Authority out;
  std::size_t end = 0;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = Lower(text.substr(1, close - 1));
    out.bracketed = true;
    end = close + 1;
  } else {
    end = std::min(text.find(':'), text.size());
    out.host = Lower(text.substr(0, end));
  }
  const std::string_view rest = text.substr(end);
  if (rest.empty()) return out;
  if (rest.front() != ':' || rest.find(':', 1) != std::string_view::npos) return std::nullopt;
  out.port = rest.substr(1);
  return out;
}

std::optional<std::uint16_t> ParsePort(std::string_view text, int min) {
  const auto parsed = ParseInteger(text, min, 65535);
  if (!parsed.value) return std::nullopt;
  return static_cast<std::uint16_t>(*parsed.value);
}

bool IsHostName(const std::string& host) {
  return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
         ConsistsOf(host, "-._");
}

bool IsPath(std::string_view path) { return ConsistsOf(path, "-._~!$&'()*+,;=:@/%"); }

Parsed<Url> RefuseUrl(std::string problem, std::string fix) {
  return {std::nullopt, {std::move(problem), std::move(fix)}};
}

}  // namespace

Parsed<Url> ParseUrl(std::string_view text) {
  constexpr std::string_view kExample = "write it as https://api.example.com/v1";
  Url url;
  std::string_view rest = text;
  if (Lower(text.substr(0, 8)) == "https://") {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (Lower(text.substr(0, 7)) == "http://") {
    rest.remove_prefix(7);
  } else if (text.find("://") != std::string_view::npos) {
    return RefuseUrl("has a scheme other than http and https", std::string(kExample));
  } else {
    return RefuseUrl("has no scheme", "put https:// (or http://) in front of it");
  }
  if (rest.find('#') != std::string_view::npos) {
    return RefuseUrl("has a fragment", "remove everything from # on");
  }
  if (rest.find('?') != std::string_view::npos) {
    return RefuseUrl("has a query", "move it to the backend's `query:` mapping");
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  if (rest.substr(0, slash).find('@') != std::string_view::npos) {
    return RefuseUrl("has a user or password in it", "remove it and use `api_key` or `headers`");
  }
  const std::optional<Authority> authority = SplitAuthority(rest.substr(0, slash));
  if (!authority || (authority->bracketed ? FamilyOf(authority->host) != Family::kV6
                                          : !IsHostName(authority->host))) {
    return RefuseUrl("has no valid host", std::string(kExample));
  }
  url.host = authority->host;
  url.port = url.tls ? 443 : 80;
  if (authority->port) {
    const std::optional<std::uint16_t> port = ParsePort(*authority->port, 1);
    if (!port) return RefuseUrl("has no valid port", "write a port from 1 to 65535");
    url.port = *port;
  }
  std::string_view path = rest.substr(slash);
  if (!IsPath(path)) {
    return RefuseUrl("has a character that URLs may not have", "percent-encode it");
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = std::string(path);
  return {std::move(url), {}};
}

Parsed<Endpoint> ParseEndpoint(std::string_view text) {
  const auto refuse = [](std::string problem) -> Parsed<Endpoint> {
    return {std::nullopt,
            {std::move(problem), "write ADDRESS:PORT, for example 127.0.0.1:8080 or [::]:8080"}};
  };
  const std::optional<Authority> authority = SplitAuthority(text);
  if (!authority) return refuse("is not an address with a port");
  if (!authority->port) return refuse("has no port");
  const std::optional<std::uint16_t> port = ParsePort(*authority->port, 0);
  if (!port) return refuse("has no valid port");
  const Family family = FamilyOf(authority->host);
  const bool known = authority->bracketed ? family == Family::kV6
                                          : family == Family::kV4 || authority->host == "localhost";
  if (!known) return refuse("has a host that is neither an IP address nor localhost");
  return {Endpoint{authority->host, *port}, {}};
}

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool IsWildcard(const std::string& host) {
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return v4.s_addr == 0;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&v6);
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && ConsistsOf(name, "!#$%&'*+-.^_`|~");
}

}  // namespace headgate::config
