#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace headgate::gateway {

// A request target that a proxy may use: its path and query, and in absolute-form also the
// authority it names. The views point into the target. Immutable.
struct RequestTarget {
  std::string_view path;       // never empty, begins with '/'
  std::string_view query;      // without '?'
  std::string_view authority;  // of an absolute-form; empty otherwise
};

// Splits a target in origin-form or absolute-form with http or https (RFC 9112 section 3.2).
// Returns nullopt for anything else. REQUIRES: IsTargetText(target).
std::optional<RequestTarget> SplitTarget(std::string_view target);

// Returns true for a non-empty run of VCHAR without '#' (RFC 9110 section 7.1: a fragment is never
// sent).
bool IsTargetText(std::string_view target);

// Returns true for `host[:port]` with a DNS name, an IPv4 address or an IPv6 address in brackets.
// This is stricter than RFC 3986, whose registered names may hold sub-delimiters and
// percent-encoding. Real hosts of the gateway have neither, and attacks by host confusion use them.
bool IsHost(std::string_view host);

// ASCII case is ignored; bytes beyond ASCII are compared as they are.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

// Decodes %XX. Anything that is not a valid escape stays as it is.
std::string PercentDecode(std::string_view text);

// Takes the first parameter, "a=b", off a query that is not empty, and returns it, still encoded.
std::string_view TakeParameter(std::string_view& query);

}  // namespace headgate::gateway
