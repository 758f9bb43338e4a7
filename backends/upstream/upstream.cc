#include "backends/upstream/upstream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "backends/net/tls.h"
#include "config/base/regular_file.h"

namespace headgate::backends {
namespace {

constexpr char kAnthropicVersion[] = "anthropic-version";

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string HostHeader(const config::Url& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? absl::StrCat("[", url.host, "]") : url.host;
  const std::uint16_t usual = url.tls ? 443 : 80;
  return url.port == usual ? host : absl::StrCat(host, ":", url.port);
}

std::string FixedFields(const config::Backend& backend) {
  std::string fields = "Content-Type: application/json\r\nAccept-Encoding: identity\r\n";
  if (!backend.api_key.empty()) {
    const bool bearer = backend.auth_header == "authorization";
    absl::StrAppend(&fields, backend.auth_header, bearer ? ": Bearer " : ": ",
                    backend.api_key.Reveal(), "\r\n");
  }
  for (const auto& [name, value] : backend.headers) {
    absl::StrAppend(&fields, name, ": ", value, "\r\n");
  }
  return fields;
}

std::shared_ptr<const ProxyAddress> ProxyOf(const config::Backend& backend) {
  if (!backend.proxy) return nullptr;
  const config::EgressProxy& proxy = *backend.proxy;
  ProxyAddress address{.host = proxy.host,
                       .port = proxy.port,
                       .name = absl::StrCat(proxy.host, ":", proxy.port),
                       .authorization = {}};
  if (!proxy.credentials.empty()) {
    address.authorization = absl::StrCat("Basic ", absl::Base64Escape(proxy.credentials.Reveal()));
  }
  return std::make_shared<const ProxyAddress>(std::move(address));
}

}  // namespace

bool Replica::SameWay(const Replica& other) const {
  if (trust != other.trust || !proxy != !other.proxy) return false;
  return !proxy ||
         (proxy->name == other.proxy->name && proxy->authorization == other.proxy->authorization);
}

absl::StatusOr<std::unique_ptr<const Upstream>> Upstream::Make(const config::Backend& backend) {
  std::unique_ptr<Upstream> upstream(new Upstream);
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::string trust;
  const std::shared_ptr<const ProxyAddress> proxy = ProxyOf(backend);
  for (const config::Url& url : backend.replicas) {
    if (url.tls && !tls) {
      // Read before it is used: if it changes in between, the next reload sees a difference. A
      // digest would be shorter without another benefit: an authority's file has some kilobytes.
      if (!backend.ca.empty()) trust = ReadRegularFile(backend.ca).value_or("");
      absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> made =
          MakeClientContext(backend.ca);
      if (!made.ok()) return made.status();
      tls = *std::move(made);
    }
    upstream->replicas_.push_back(
        {.host = url.host,
         .port = url.port,
         .name = absl::StrCat(url.host, ":", url.port),
         .tls = url.tls ? tls : nullptr,
         .path = url.path,
         .host_header = HostHeader(url),
         .url = absl::StrCat(url.tls ? "https://" : "http://", url.host, ":", url.port, url.path),
         .trust = url.tls ? trust : std::string(),
         .proxy = proxy});
  }
  upstream->engine_ = backend.engine;
  upstream->fixed_fields_ = FixedFields(backend);
  if (!backend.api_key.empty()) upstream->configured_names_.push_back(backend.auth_header);
  for (const auto& [name, value] : backend.headers) {
    upstream->configured_names_.push_back(name);  // in lower case since it was read
  }
  const bool says_version =
      backend.protocol == config::Protocol::kAnthropic && !upstream->SetsField(kAnthropicVersion);
  if (says_version) upstream->anthropic_version_ = backend.anthropic_version;
  for (const auto& [name, value] : backend.query) {
    absl::StrAppend(&upstream->query_, upstream->query_.empty() ? "?" : "&", PercentEncode(name),
                    "=", PercentEncode(value));
    upstream->parameter_names_.push_back(name);
  }
  return upstream;
}

void Upstream::AppendHead(std::size_t replica, std::string_view path, std::string& out,
                          const FromClient& client, std::string_view base_path) const {
  const Replica& at = replicas_[replica];
  if (base_path.empty()) base_path = at.path;
  out.append("POST ").append(base_path).append(path).append(query_);
  if (!client.query.empty()) out.append(query_.empty() ? "?" : "&").append(client.query);
  out.append(" HTTP/1.1\r\nHost: ").append(at.host_header).append("\r\n").append(fixed_fields_);
  const bool operators = anthropic_version_.empty() && SetsField(kAnthropicVersion);
  const std::string_view version =
      client.anthropic_version.empty() ? anthropic_version_ : client.anthropic_version;
  if (version.empty() || operators) return;
  out.append(kAnthropicVersion).append(": ").append(version).append("\r\n");
}

void Upstream::AppendCheck(std::size_t replica, std::string_view path, std::string& out) const {
  constexpr std::string_view kVersion = "/v1";
  const Replica& at = replicas_[replica];
  std::string_view root = at.path;
  if (root.ends_with(kVersion)) root.remove_suffix(kVersion.size());
  out.append("GET ").append(root).append(path).append(query_);
  out.append(" HTTP/1.1\r\nHost: ").append(at.host_header).append("\r\n").append(fixed_fields_);
  out.append("Connection: close\r\n\r\n");
}

bool Upstream::SameAs(const Upstream& other) const {
  const auto same_server = [](const Replica& a, const Replica& b) {
    return a.url == b.url && a.SameWay(b);
  };
  return engine_ == other.engine_ && query_ == other.query_ &&
         fixed_fields_ == other.fixed_fields_ && anthropic_version_ == other.anthropic_version_ &&
         std::equal(replicas_.begin(), replicas_.end(), other.replicas_.begin(),
                    other.replicas_.end(), same_server);
}

bool Upstream::SetsField(std::string_view lower_case_name) const {
  if (lower_case_name == kAnthropicVersion && !anthropic_version_.empty()) return true;
  return std::find(configured_names_.begin(), configured_names_.end(), lower_case_name) !=
         configured_names_.end();
}

bool Upstream::SetsParameter(std::string_view name) const {
  return std::find(parameter_names_.begin(), parameter_names_.end(), name) !=
         parameter_names_.end();
}

}  // namespace headgate::backends
