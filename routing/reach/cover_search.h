#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "routing/reach/request_box.h"
#include "routing/reach/request_space.h"

namespace headgate::routing {

// Whether boxes of routes cover another box: they are cut from it until nothing is left, or until a
// part remains that none of them touches. The search is exponential in the worst case, so it takes
// a limited number of steps. Thread-compatible.
class CoverSearch {
 public:
  // A box of a route, with what is nearly always enough to see that it does not meet another box:
  // comparing a thousand routes is a matter of cache lines.
  struct Piece {
    Interval input_tokens;
    std::uint64_t keys = 0;     // bit n: one of the numbers n, n + 64, ...
    std::uint64_t asked = 0;    // likewise
    std::uint64_t matched = 0;  // likewise
    std::size_t route = 0;
    const RequestBox* box = nullptr;
  };
  using Pieces = std::vector<const Piece*>;

  // `box` must outlive the piece.
  static Piece PieceOf(std::size_t route, const RequestBox& box);

  // `space` must outlive this.
  explicit CoverSearch(const RequestSpace& space) : space_(space) {}

  // Whether the pieces cover the box. Adds the routes of the pieces that were used to `takers`, in
  // order. Also returns false if the search ends after `steps` steps (100 to 500 ns each).
  bool IsCovered(const RequestBox& box, Pieces pieces, std::int64_t steps,
                 std::vector<std::size_t>& takers);

  // The steps that the last search did not need; negative if it ended early.
  std::int64_t steps_left() const { return steps_; }
  // A part of the box that the last search found uncovered; nullopt if it found none.
  std::optional<RequestBox> TakeUncovered() { return std::exchange(uncovered_, std::nullopt); }

 private:
  bool Cut(RequestBox box, Pieces pieces, std::vector<std::size_t>& takers);
  bool Propagate(RequestBox& box, Pieces& pieces, std::vector<std::size_t>& takers, bool& taken);

  const RequestSpace& space_;
  std::int64_t steps_ = 0;  // that the search may still take
  std::optional<RequestBox> uncovered_;
};

}  // namespace headgate::routing
