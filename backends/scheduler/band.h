#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::backends {

// The place of a request in the queues, most urgent first. Each class has one.
enum class Band : std::uint8_t { kLatencyCritical, kNormal, kBatch };

inline constexpr std::size_t kBands = 3;
inline constexpr std::array<Band, kBands> kAllBands = {Band::kLatencyCritical, Band::kNormal,
                                                       Band::kBatch};
// As YAML, metrics and explanations write them.
inline constexpr std::array<std::string_view, kBands> kBandNames = {"latency_critical", "normal",
                                                                    "batch"};

constexpr std::size_t IndexOf(Band band) { return static_cast<std::size_t>(band); }
constexpr std::string_view NameOf(Band band) { return kBandNames[IndexOf(band)]; }

}  // namespace headgate::backends
