#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::backends {

// The longest names of end users that providers take, in bytes: safety_identifier (openai-openapi
// 2.3.0, August 2026), and metadata.user_id (docs.claude.com, Messages, 2026-11).
inline constexpr std::size_t kLongestUserOfOpenAi = 64;
inline constexpr std::size_t kLongestUserOfAnthropic = 256;

// Returns the name of an end user for a provider that takes at most `most` bytes: the name itself
// or, if it is longer, such as Claude Code's, the SHA-256 of it as 64 hexadecimal digits. So the
// provider sees the same name for the same user, in every protocol. REQUIRES: most >= 64.
// Thread-safe.
std::string UserWithin(std::string_view user, std::size_t most);

}  // namespace headgate::backends
