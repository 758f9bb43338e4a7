#include "gateway/http/json_text.h"

#include <charconv>

namespace headgate::gateway {

void AppendUsd(NanoUsd cost, std::string& out) {
  AppendInteger(cost / kNanoPerUsd, out);
  char fraction[16];
  const auto end = std::to_chars(fraction, fraction + sizeof fraction, cost % kNanoPerUsd);
  const auto length = static_cast<std::size_t>(end.ptr - fraction);
  out += '.';
  out.append(9 - length, '0').append(fraction, length);
}

std::string UsdText(NanoUsd cost) {
  std::string text;
  AppendUsd(cost, text);
  return text;
}

}  // namespace headgate::gateway
