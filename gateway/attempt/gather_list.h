#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace headgate::gateway {

// What one write sends, in pieces that stay where they lie.
using GatherList = absl::InlinedVector<boost::asio::const_buffer, 4>;

// Pieces shorter than this are copied together: up to here a copy costs less than one more piece
// in a system call, and a small request goes out of one buffer.
inline constexpr std::size_t kShortPiece = 4u << 10;

// Lists `text` and behind it `pieces`, in order. Short pieces are appended to `text`, long ones are
// listed where they lie. Both must outlive the list, and `text` must not change any more.
GatherList Gather(std::string& text, std::span<const std::string_view> pieces);

}  // namespace headgate::gateway
