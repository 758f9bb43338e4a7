#include "config/base/authority.h"

#include <arpa/inet.h>

#include <algorithm>

#include "config/base/text.h"

namespace headgate::config {

Family FamilyOf(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return Family::kV4;
  if (inet_pton(AF_INET6, host.c_str(), &address) == 1) return Family::kV6;
  return Family::kNone;
}

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

bool IsHostName(const std::string& host) {
  return !host.empty() && host.size() <= 253 && host.front() != '-' && host.front() != '.' &&
         ConsistsOf(host, "-._");
}

}  // namespace headgate::config
