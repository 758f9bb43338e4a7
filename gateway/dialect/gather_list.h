#pragma once

#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace headgate::gateway {

// The pieces that one write sends, each left where it lies in memory.
using GatherList = absl::InlinedVector<boost::asio::const_buffer, 4>;

// Pieces shorter than this, in bytes, are copied together. Up to this size a copy costs less than
// one more piece in a system call, and a small request is sent from one buffer.
inline constexpr std::size_t kShortPiece = 4u << 10;

// Lists `text` and behind it `pieces`, in order. Short pieces are appended to `text`; long pieces
// are listed where they lie. Both must outlive the list, and `text` must not change any more.
GatherList Gather(std::string& text, std::span<const std::string_view> pieces);

}  // namespace headgate::gateway
