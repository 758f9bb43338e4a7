#include "backends/protocols/openai/finish_reason.h"

#include <algorithm>
#include <array>

#include "config/base/text.h"

namespace headgate::backends::openai {
namespace {

constexpr std::array<std::string_view, 4> kBrokenOff = {
    "error", "abort", "insufficient_system_resource", "network_error"};

}  // namespace

bool IsFinishReason(std::string_view reason) {
  reason = config::Trim(reason);
  return !reason.empty() && reason != "null";
}

bool SaysBrokenOff(std::string_view reason) {
  return std::find(kBrokenOff.begin(), kBrokenOff.end(), config::Trim(reason)) != kBrokenOff.end();
}

}  // namespace headgate::backends::openai
