#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/reader/units.h"

namespace headgate::config {

// Parsers of addresses. Pure and thread-safe. No complaint repeats the text, since a URL may hold a
// password.

// "https://api.openai.com/v1", "http://[::1]:8000": scheme http or https, host, optional port and
// path. No userinfo, query or fragment, and no path of a single endpoint. Without a path the path
// is /v1; "/." is the root (docs/decisions/0041). The host is returned in lower case.
Parsed<Url> ParseUrl(std::string_view text);

// "dns://gpu.svc:8000": a name, whose addresses are the servers, and a port; a path as above. The
// URL returned has `dns` set, and is http.
Parsed<Url> ParseDnsUrl(std::string_view text);

// "http://proxy:3128", "http://user:password@proxy:3128": an HTTP proxy, which is asked to CONNECT.
// The port is required. User and password are percent-decoded.
Parsed<EgressProxy> ParseProxy(std::string_view text);

// "127.0.0.1:8080", "[::]:8080", "localhost:0" (0: the system chooses). Refuses names other than
// localhost: only resolving a name would show whether its address is public.
Parsed<ListenAddress> ParseListenAddress(std::string_view text);

// "https://chat.example", "https://*.chat.example" or "*": an origin as browsers write it in
// `Origin`. Returned in lower case and without a default port.
Parsed<std::string> ParseOrigin(std::string_view text);

// Whether only this machine can reach the host: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(const std::string& host);

// Whether the host stands for every address of the machine: 0.0.0.0 or ::.
bool IsWildcard(const std::string& host);

// Whether `name` is a header name: a token of RFC 9110 §5.6.2, in any case.
bool IsHeaderName(std::string_view name);

}  // namespace headgate::config
