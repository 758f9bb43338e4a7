#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::routing {

// Why a target is not in a plan: the hard filter that excludes it.
enum class Drop : std::uint8_t {
  kNone,
  kNotRequestedModel,  // the client pins another model
  kModelNotAllowed,    // the key may not use the model
  kEndpoint,           // the model or its backend does not serve the endpoint
  kNativeOnly,         // the request cannot be translated to what the backend serves
  kContext,            // the request does not fit the window
  kAbilities,          // the request uses an ability that the model does not have
  kUnpriced,           // the route rejects targets without a price
  // By `require` of the route, the key or its team:
  kHosting,
  kLabels,
  kLicense,
  kContextRequired,
  kScores,
  kPrice,
  kSupports,
  // By live windows of `require`. They are checked last, so nothing else drops the target:
  kTtft,
  kErrorRate,
};
inline constexpr int kDropCount = 17;
inline constexpr std::array<std::string_view, kDropCount> kDropNames = {"none",
                                                                        "not_requested_model",
                                                                        "model_not_allowed",
                                                                        "endpoint",
                                                                        "native_only",
                                                                        "context",
                                                                        "unsupported",
                                                                        "unpriced",
                                                                        "hosting",
                                                                        "labels",
                                                                        "license",
                                                                        "context_required",
                                                                        "scores",
                                                                        "price",
                                                                        "supports",
                                                                        "ttft_p95",
                                                                        "error_rate"};
constexpr std::string_view ToString(Drop drop) {
  return kDropNames[static_cast<std::size_t>(drop)];
}

}  // namespace headgate::routing
