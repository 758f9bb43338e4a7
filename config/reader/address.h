#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "config/reader/units.h"

namespace headgate::config {

// Addresses as the YAML writes them. All functions are pure and thread-safe. No complaint repeats
// the text, since a URL may carry a password.

// "https://api.openai.com/v1", "http://[::1]:8000": scheme http or https, host, optional port and
// path; no userinfo, query or fragment, and a path that others can be put behind. Without a path it
// is the server's /v1, with "/." its root (docs/decisions/0041). The host comes out in lower case.
Parsed<Url> ParseUrl(std::string_view text);

// "127.0.0.1:8080", "[::]:8080", "localhost:0" (0: the system chooses). Names other than localhost
// are refused: what a name resolves to decides whether an address is public.
Parsed<ListenAddress> ParseListenAddress(std::string_view text);

// "https://chat.example", "https://*.chat.example" or "*": pages that a browser may let read
// answers, as `Origin` names them. Comes out in lower case and without a default port.
Parsed<std::string> ParseOrigin(std::string_view text);

// Whether only this machine can reach it: localhost, 127.0.0.0/8, ::1.
bool IsLoopback(const std::string& host);

// Whether it stands for every address of the machine: 0.0.0.0 or ::.
bool IsWildcard(const std::string& host);

// A header name as RFC 9110 §5.6.2 has it (a token), in whatever case.
bool IsHeaderName(std::string_view name);

}  // namespace headgate::config
