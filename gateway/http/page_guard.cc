#include "gateway/http/page_guard.h"

#include <algorithm>

#include "config/reader/address.h"
#include "gateway/http/cors.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kMostShownOfField = 128;  // bytes of a client's field that go into an answer

// Returns the name without port, brackets and a final dot.
std::string_view NameOf(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, std::min(host.find(']'), host.size()) - 1);
  host = host.substr(0, host.find(':'));
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// Returns whether a name is localhost, a name below it, or a loopback address. Resolvers must not
// send such names to servers (RFC 6761 section 6.3), so nobody can point them elsewhere.
bool IsLoopbackName(std::string_view name) {
  constexpr std::string_view kBelow = ".localhost";
  if (EqualsIgnoreCase(name, "localhost")) return true;
  if (name.size() > kBelow.size() && name.front() != '.' &&
      EqualsIgnoreCase(name.substr(name.size() - kBelow.size()), kBelow)) {
    return true;
  }
  return config::IsLoopback(std::string(name));
}

std::string_view WithoutUsualPort(std::string_view authority, bool tls) {
  const std::string_view usual = tls ? ":443" : ":80";
  if (authority.ends_with(usual)) authority.remove_suffix(usual.size());
  return authority;
}

// Returns whether an origin is that of a page which this port itself has served.
bool IsOwnOrigin(std::string_view origin, std::string_view host, bool tls) {
  const std::string_view scheme = tls ? "https://" : "http://";
  if (host.empty() || !EqualsIgnoreCase(origin.substr(0, scheme.size()), scheme)) return false;
  return EqualsIgnoreCase(WithoutUsualPort(origin.substr(scheme.size()), tls),
                          WithoutUsualPort(host, tls));
}

}  // namespace

bool IsOurHost(std::string_view host, const std::vector<std::string>& hosts,
               std::string_view address) {
  const std::string_view name = NameOf(host);
  if (name.empty()) return false;
  if (IsLoopbackName(name) || EqualsIgnoreCase(name, address)) return true;
  return std::any_of(hosts.begin(), hosts.end(),
                     [name](const std::string& listed) { return EqualsIgnoreCase(name, listed); });
}

PageVerdict CheckHost(const RequestHead& head, const PortIdentity& port) {
  const bool ours = head.host.empty() || IsOurHost(head.host, port.hosts, port.address);
  return ours ? PageVerdict::kPass : PageVerdict::kForeignHost;
}

PageVerdict CheckOrigin(const RequestHead& head, const PortIdentity& port) {
  bool listed = false;
  bool cross_site = false;
  for (const HeaderField& field : head.fields) {
    if (EqualsIgnoreCase(field.name, "origin")) {
      const bool on_list = port.cors != nullptr && IsListedOrigin(*port.cors, field.value);
      if (!on_list && !IsOwnOrigin(field.value, head.host, port.tls)) {
        return PageVerdict::kForeignOrigin;
      }
      listed = listed || on_list;
    } else if (EqualsIgnoreCase(field.name, "sec-fetch-site")) {
      // An unknown value counts as cross-site. "none" is an address that a person typed.
      cross_site = cross_site || !(EqualsIgnoreCase(field.value, "same-origin") ||
                                   EqualsIgnoreCase(field.value, "none"));
    }
  }
  return cross_site && !listed ? PageVerdict::kCrossSite : PageVerdict::kPass;
}

std::string ExplainVerdict(PageVerdict verdict, const RequestHead& head) {
  switch (verdict) {
    case PageVerdict::kPass:
      break;
    case PageVerdict::kForeignHost:
      return "The Host " + std::string(head.host.substr(0, kMostShownOfField)) +
             " is not this gateway's address. Use localhost or 127.0.0.1, or let whoever runs the "
             "gateway add the name to server.hosts.";
    case PageVerdict::kForeignOrigin:
      return "Pages of the origin " +
             std::string(head.Find("origin").substr(0, kMostShownOfField)) +
             " may not use this gateway. Whoever runs it can add the origin to "
             "server.cors.origins.";
    case PageVerdict::kCrossSite:
      return "The request comes from a web page of another site, which may not use this gateway. "
             "Whoever runs it can add the page's origin to server.cors.origins.";
  }
  return {};
}

}  // namespace headgate::gateway
