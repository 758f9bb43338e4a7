#include "config/reader/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/base/authority.h"
#include "config/base/text.h"

namespace headgate::config {
namespace {

std::optional<std::uint16_t> ParsePort(std::string_view text, int min) {
  const auto parsed = ParseInteger(text, min, 65535);
  if (!parsed.value) return std::nullopt;
  return static_cast<std::uint16_t>(*parsed.value);
}

// Nullopt if a % is not followed by two hexadecimal digits, or if a control character results,
// which would break the head of a request.
std::optional<std::string> PercentDecoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      unsigned value = 0;
      const std::string_view digits = text.substr(i + 1, 2);
      const char* const end = digits.data() + digits.size();
      const auto [read_to, error] = std::from_chars(digits.data(), end, value, 16);
      if (digits.size() < 2 || error != std::errc() || read_to != end) return std::nullopt;
      c = static_cast<char>(value);
      i += 2;
    }
    if (IsControl(c)) return std::nullopt;
    out += c;
  }
  return out;
}

bool IsUrlPath(std::string_view path) { return ConsistsOf(path, "-._~!$&'()*+,;=:@/%"); }

// Everything that is wrong with a URL, in one sentence, so that one edit can correct it.
class UrlFaults {
 public:
  void Add(std::string_view problem, std::string_view fix) {
    problems_.emplace_back(problem);
    fixes_.emplace_back(fix);
  }
  bool none() const { return problems_.empty(); }
  Complaint Take() const { return {Join(problems_, " and "), Join(fixes_, ", and ")}; }

 private:
  std::vector<std::string> problems_;
  std::vector<std::string> fixes_;
};

// Paths of single endpoints, which the gateway adds itself, and native paths of Ollama and TGI,
// which use another protocol. `/models` alone is not here: it is the base path of Azure AI.
constexpr std::array<std::string_view, 14> kEndpointPaths = {
    "/chat/completions", "/completions", "/embeddings",      "/v1/models", "/responses",
    "/messages",         "/api/chat",    "/api/generate",    "/api/embed", "/api/embeddings",
    "/api/tags",         "/generate",    "/generate_stream", "/v1/chat"};

// The longest endpoint path that the path ends in, or empty. A deployment of Azure may have such a
// name.
std::string_view EndpointPath(std::string_view lower_case_path) {
  std::string_view longest;
  for (const std::string_view known : kEndpointPaths) {
    if (lower_case_path.ends_with(known) && known.size() > longest.size()) longest = known;
  }
  lower_case_path.remove_suffix(longest.size());
  return lower_case_path.ends_with("/deployments") ? std::string_view() : longest;
}

// Adds the faults of a path to which the gateway has to append the paths of endpoints.
void CheckUrlPath(std::string_view path, UrlFaults& faults) {
  const std::string lower = Lower(path);
  if (lower.find("%2f") != std::string::npos || lower.find(';') != std::string::npos) {
    faults.Add("has `%2F` or `;` in its path", "write the path plainly, such as `/v1`");
  }
  if (const std::string_view endpoint = EndpointPath(lower); !endpoint.empty()) {
    const bool native = endpoint.starts_with("/api/") || endpoint.starts_with("/generate");
    faults.Add(Concat("ends in `", endpoint, "`, the path of one endpoint"),
               native || path.size() == endpoint.size()
                   ? Concat("write `/v1` instead of `", endpoint, "`")
                   : Concat("remove `", endpoint.substr(endpoint.rfind("/v1") == 0 ? 3 : 0),
                            "`: headgate adds the endpoint's path itself"));
  }
  if (lower.find("/v1/v1") != std::string::npos) {
    faults.Add("has /v1 twice", "remove one of them");
  }
  if (lower.find("//") != std::string::npos) {
    faults.Add("has an empty part in its path", "write single slashes");
  }
  if (Concat(lower, "/").find("/../") != std::string::npos ||
      Concat(lower, "/").find("/./") != std::string::npos) {
    faults.Add("has `.` or `..` as a part of its path", "write the path without it");
  }
}

constexpr std::string_view kDnsScheme = "dns://";
constexpr std::string_view kUrlExample = "write it as https://api.example.com/v1";

// Removes the scheme from `rest` and sets `url.tls`.
std::optional<Complaint> TakeScheme(std::string_view& rest, Url& url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (Lower(rest.substr(0, scheme.size())) != scheme) continue;
    url.tls = scheme == "https://";
    rest.remove_prefix(scheme.size());
    return std::nullopt;
  }
  if (rest.starts_with(kDnsScheme)) {
    return Complaint{"has the scheme dns, which stands for a whole list",
                     "write `replicas: dns://NAME:PORT`, without brackets"};
  }
  if (rest.find("://") != std::string_view::npos) {
    return Complaint{"has a scheme other than http and https", std::string(kUrlExample)};
  }
  return Complaint{"has no scheme", "put https:// (or http://) in front of it"};
}

// Sets host and port of `url` from "host" or "host:port".
std::optional<Complaint> ReadAuthority(std::string_view text, Url& url) {
  const std::optional<Authority> authority = SplitAuthority(text);
  if (!authority || (authority->bracketed ? FamilyOf(authority->host) != Family::kV6
                                          : !IsHostName(authority->host))) {
    return Complaint{"has no valid host", std::string(kUrlExample)};
  }
  url.host = authority->host;
  url.port = url.tls ? 443 : 80;
  if (!authority->port) return std::nullopt;
  const std::optional<std::uint16_t> port = ParsePort(*authority->port, 1);
  if (!port) return Complaint{"has no valid port", "write a port from 1 to 65535"};
  url.port = *port;
  return std::nullopt;
}

}  // namespace

Parsed<Url> ParseUrl(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (auto complaint = TakeScheme(rest, url)) return {std::nullopt, *std::move(complaint)};
  UrlFaults faults;
  const std::string_view hierarchy = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = std::min(hierarchy.find('/'), hierarchy.size());
  std::string_view host = hierarchy.substr(0, slash);
  if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
    faults.Add("has a user or password in it", "remove them and use `api_key` or `headers`");
    host.remove_prefix(at + 1);
  }
  const std::string_view query = rest.substr(hierarchy.size());
  const std::size_t fragment = std::min(query.find('#'), query.size());
  if (fragment > 0) faults.Add("has a query", "move the query to the backend's `query:` mapping");
  if (fragment < query.size()) {
    faults.Add("has a fragment", "remove the # and everything after it");
  }
  if (auto complaint = ReadAuthority(host, url)) return {std::nullopt, *std::move(complaint)};
  std::string_view path = hierarchy.substr(slash);
  if (!IsUrlPath(path)) {
    return {std::nullopt, {"has a character that URLs may not have", "percent-encode it"}};
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  // "/." is the root (RFC 3986 section 5.2.4), for servers whose endpoints have no prefix.
  const bool root = path == "/.";
  if (!root) CheckUrlPath(path, faults);
  if (!faults.none()) return {std::nullopt, faults.Take()};
  if (!root) url.path = path.empty() ? "/v1" : std::string(path);
  return {std::move(url), {}};
}

Parsed<Url> ParseDnsUrl(std::string_view text) {
  constexpr std::string_view kExample = "write it as dns://gpu.svc:8000";
  const std::string_view rest = text.substr(std::min(kDnsScheme.size(), text.size()));
  if (!text.starts_with(kDnsScheme))
    return {std::nullopt, {"has no dns://", std::string(kExample)}};
  Parsed<Url> url = ParseUrl(Concat("http://", rest));
  if (!url.value) {
    if (url.complaint.fix == kUrlExample) url.complaint.fix = kExample;
    return url;
  }
  const std::optional<Authority> authority = SplitAuthority(rest.substr(0, rest.find('/')));
  if (authority->bracketed || FamilyOf(authority->host) != Family::kNone) {
    return {std::nullopt,
            {"has an address where a name belongs", "write `replicas: [http://ADDRESS:PORT]`"}};
  }
  if (!authority->port) return {std::nullopt, {"has no port", std::string(kExample)}};
  url.value->dns = true;
  return url;
}

Parsed<EgressProxy> ParseProxy(std::string_view text) {
  const auto refuse = [](std::string problem) -> Parsed<EgressProxy> {
    return {std::nullopt,
            {std::move(problem),
             "write it as http://proxy.example.com:3128, with user:password@ "
             "in front of the host if it wants them"}};
  };
  constexpr std::string_view kScheme = "http://";
  if (Lower(text.substr(0, kScheme.size())) != kScheme) {
    return refuse("is not an address with http://");
  }
  std::string_view rest = text.substr(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  EgressProxy proxy;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    std::optional<std::string> credentials = PercentDecoded(rest.substr(0, at));
    if (!credentials || credentials->find(':') == std::string::npos) {
      return refuse("has no valid user:password in front of its @");
    }
    proxy.credentials = Secret(*std::move(credentials));
    rest.remove_prefix(at + 1);
  }
  if (rest.find_first_of("/?#") != std::string_view::npos) {
    return refuse("has more than a host and a port");
  }
  const std::optional<Authority> authority = SplitAuthority(rest);
  const bool valid = authority && (authority->bracketed ? FamilyOf(authority->host) == Family::kV6
                                                        : IsHostName(authority->host));
  if (!valid) return refuse("has no valid host");
  if (!authority->port) return refuse("has no port");
  const std::optional<std::uint16_t> port = ParsePort(*authority->port, 1);
  if (!port) return refuse("has no valid port");
  proxy.host = authority->host;
  proxy.port = *port;
  return {std::move(proxy), {}};
}

Parsed<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto refuse = [](std::string problem) -> Parsed<ListenAddress> {
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
  return {ListenAddress{authority->host, *port}, {}};
}

Parsed<std::string> ParseOrigin(std::string_view text) {
  const auto refuse = [](std::string problem, std::string fix) -> Parsed<std::string> {
    return {std::nullopt, {std::move(problem), std::move(fix)}};
  };
  const std::string example = "write scheme, host and port alone, such as https://chat.example";
  std::string origin = Lower(text);
  if (origin == "*") return {std::move(origin), {}};
  if (origin == "null") {
    return refuse("is what every sandboxed page and local file sends",
                  "serve the page from an origin of its own, and list that");
  }
  const std::size_t colon = origin.find("://");
  const std::string scheme = origin.substr(0, colon);
  if (colon == std::string::npos || scheme.empty() || !IsLetter(scheme.front()) ||
      !ConsistsOf(scheme, "+-.")) {
    return refuse("has no scheme", example);
  }
  std::string_view rest = std::string_view(origin).substr(colon + 3);
  if (rest.find_first_of("/?#@") != std::string_view::npos) {
    return refuse("has more than scheme, host and port", example);
  }
  const std::optional<Authority> authority = SplitAuthority(rest);
  if (!authority) return refuse("has no valid host", example);
  std::string_view name = authority->host;
  if (name.starts_with("*.") && name.find('.', 2) != std::string_view::npos) name.remove_prefix(2);
  if (name.find('*') != std::string_view::npos) {
    return refuse("has a * that is not a whole label in front of at least two others",
                  "write https://*.chat.example for every name below chat.example");
  }
  if (authority->bracketed ? FamilyOf(authority->host) != Family::kV6
                           : !IsHostName(std::string(name))) {
    return refuse("has no valid host", "write its name in ASCII, such as https://chat.example");
  }
  if (authority->port) {
    const std::optional<std::uint16_t> port = ParsePort(*authority->port, 1);
    if (!port) return refuse("has no valid port", "write a port from 1 to 65535");
    const bool usual = (scheme == "https" && *port == 443) || (scheme == "http" && *port == 80);
    if (usual) origin.resize(origin.rfind(':'));
  }
  return {std::move(origin), {}};
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
