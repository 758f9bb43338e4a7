#pragma once

#include <cstdint>
#include <string_view>

namespace headgate::routing {

// FNV-1a in 64 bits (Fowler, Noll, Vo): a hash that is the same on every machine and in every
// version. `hash` is that of the bytes before. Not for secrets. Pure.
inline constexpr std::uint64_t kFnvStart = 0xCBF29CE484222325u;
constexpr std::uint64_t Fnv1a(std::string_view bytes, std::uint64_t hash = kFnvStart) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return hash;
}

}  // namespace headgate::routing
