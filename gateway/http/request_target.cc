#include "gateway/http/request_target.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

constexpr bool IsHexDigit(char c) {
  return IsDigit(c) || (config::Lowered(c) >= 'a' && config::Lowered(c) <= 'f');
}

// The bytes of DNS names, and '_' and '~', which some networks use.
constexpr std::array<bool, 256> kNameByte = [] {
  std::array<bool, 256> name{};
  for (const char c : std::string_view("0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._~")) {
    name[static_cast<unsigned char>(c)] = true;
  }
  return name;
}();

bool IsNameCharacter(char c) { return kNameByte[static_cast<unsigned char>(c)]; }

// Returns whether a text may follow the host: nothing, or a colon and a port, which RFC 3986
// permits to be empty.
bool IsPortPart(std::string_view rest) {
  if (rest.empty()) return true;
  if (rest.front() != ':' || rest.size() > 6) return false;
  unsigned port = 0;
  for (const char c : rest.substr(1)) {
    if (!IsDigit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

}  // namespace

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return config::Lowered(x) == config::Lowered(y);
         });
}

bool IsTargetText(std::string_view target) {
  return !target.empty() && std::all_of(target.begin(), target.end(),
                                        [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
}

bool IsHost(std::string_view host) {
  if (host.empty()) return false;
  if (host.front() == '[') {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    const std::string_view address = host.substr(1, close - 1);
    const bool good = std::all_of(address.begin(), address.end(),
                                  [](char c) { return IsHexDigit(c) || c == ':' || c == '.'; });
    return good && address.find(':') != std::string_view::npos &&
           IsPortPart(host.substr(close + 1));
  }
  const auto end = std::find_if_not(host.begin(), host.end(), IsNameCharacter);
  const auto length = static_cast<std::size_t>(end - host.begin());
  return length > 0 && IsPortPart(host.substr(length));
}

std::optional<RequestTarget> SplitTarget(std::string_view target) {
  RequestTarget parts;
  std::string_view rest = target;
  if (rest.front() != '/') {
    const std::size_t scheme = rest.find("://");
    if (scheme == std::string_view::npos) return std::nullopt;
    const std::string_view name = rest.substr(0, scheme);
    if (!EqualsIgnoreCase(name, "http") && !EqualsIgnoreCase(name, "https")) return std::nullopt;
    rest.remove_prefix(scheme + 3);
    parts.authority = rest.substr(0, rest.find_first_of("/?"));
    if (parts.authority.empty()) return std::nullopt;
    rest.remove_prefix(parts.authority.size());
  }
  const std::size_t question = rest.find('?');
  parts.path = rest.substr(0, question);
  if (question != std::string_view::npos) parts.query = rest.substr(question + 1);
  if (parts.path.empty()) parts.path = "/";
  return parts;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string_view TakeParameter(std::string_view& query) {
  const std::string_view parameter = query.substr(0, query.find('&'));
  query.remove_prefix(std::min(parameter.size() + 1, query.size()));
  return parameter;
}

}  // namespace headgate::gateway
