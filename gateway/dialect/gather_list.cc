#include "gateway/dialect/gather_list.h"

namespace headgate::gateway {

GatherList Gather(std::string& text, std::span<const std::string_view> pieces) {
  std::size_t copied = 0;
  for (const std::string_view piece : pieces) {
    if (piece.size() < kShortPiece) copied += piece.size();
  }
  text.reserve(text.size() + copied);  // `text` does not move after this
  GatherList list;
  std::size_t listed = 0;  // bytes of text
  const auto list_text = [&] {
    if (listed < text.size()) list.emplace_back(text.data() + listed, text.size() - listed);
    listed = text.size();
  };
  for (const std::string_view piece : pieces) {
    if (piece.size() < kShortPiece) {
      text.append(piece);
    } else {
      list_text();
      list.emplace_back(piece.data(), piece.size());
    }
  }
  list_text();
  return list;
}

}  // namespace headgate::gateway
