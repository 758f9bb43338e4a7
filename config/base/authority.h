#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::config {

// Parts of addresses, which URLs, listen addresses and origins share. Pure and thread-safe.

enum class Family : std::uint8_t { kNone, kV4, kV6 };

// The family of a numeric address (without brackets); kNone of a name.
Family FamilyOf(const std::string& host);

struct Authority {
  std::string host;                      // in lower case, without brackets
  std::optional<std::string_view> port;  // as written; points into the text
  bool bracketed = false;
};

// "host", "host:port" or "[v6]:port"; no value when the brackets or colons do not match.
std::optional<Authority> SplitAuthority(std::string_view text);

// Whether `host` could be a name or an IPv4 address.
bool IsHostName(const std::string& host);

}  // namespace headgate::config
