#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "config/config.h"
#include "routing/policy/policy.h"
#include "routing/reach/box_compiler.h"
#include "routing/reach/request_box.h"

namespace headgate::routing {

// Which routes can get a request at all. A route cannot when its own condition allows no request,
// or when the routes before it take all that it allows: the boxes of these are cut from its own
// until nothing is left, or something is. That search is exponential at worst, so it ends after so
// many steps with "maybe": what is called unreachable is so, the reverse does not hold. Pure; not
// for the hot path. Thread-compatible.
class Reach {
 public:
  using Boxes = BoxCompiler::Boxes;

  Reach(const config::Config& config, const CompiledPolicy& policy);

  struct Verdict {
    enum class Kind : std::uint8_t { kMaybe, kImpossible, kTaken };
    Kind kind = Kind::kMaybe;
    std::vector<std::size_t> takers;  // of kTaken: the routes that take everything; in order
  };
  Verdict Of(std::size_t route);

  // Requests that surely match no route, as many as one box holds: none where every request matches
  // one, or where that is too much to think through. `requesters`: of these alone, if given.
  std::optional<RequestBox> Unrouted(const NumberSet* requesters = nullptr);

  // Every request, a box for each built-in class, with what the class says of urgency and topic;
  // then the operator's own classes. Nullopt: too much to think through.
  std::optional<Boxes> ByClass() const;

  // What the route's condition allows, also by what the operator's own classes say. Nullopt: too
  // much to think through.
  const std::optional<Boxes>& BoxesOf(std::size_t route) const { return routes_[route]; }

  // Whether a request of the box may come to the route; true also where that is not known.
  bool MayTake(std::size_t route, const RequestBox& box);

  // Whether the searches have taken all the steps they may: MayTake knows nothing any more.
  bool Exhausted() const { return comparisons_ < 0; }

  RequestBox Anything() const { return compiler_.Anything(); }
  // What becomes of requests of the box that leave out their headers and metadata. They are then of
  // any class, where it is the operator's own classes that the box is about.
  RequestBox WithoutTexts(const RequestBox& box) const;

  const RequestSpace& space() const { return compiler_.space(); }
  const std::vector<absl::TimeZone>& zones() const { return compiler_.zones(); }

 private:
  // A box of an earlier route, with what is nearly always enough to see that it has nothing in
  // common with another: matching a thousand routes is a matter of cache lines here too.
  struct Piece {
    Interval input_tokens;
    std::uint64_t keys = 0;     // bit n: one of the numbers n, n + 64, ...
    std::uint64_t asked = 0;    // likewise
    std::uint64_t matched = 0;  // likewise
    std::size_t route = 0;
    const RequestBox* box = nullptr;
  };
  using Pieces = std::vector<const Piece*>;
  static Piece PieceOf(std::size_t route, const RequestBox& box);

  void AddRoute(const Condition& when);
  std::optional<Boxes> Narrowed(const Boxes& boxes) const;
  bool IsTaken(const RequestBox& box, std::size_t pieces, std::vector<std::size_t>& takers);
  bool IsTaken(RequestBox box, Pieces pieces, std::vector<std::size_t>& takers);
  bool Propagate(RequestBox& box, Pieces& pieces, std::vector<std::size_t>& takers, bool& taken);
  void DropUnneeded(const Boxes& boxes, std::vector<std::size_t>& takers);
  Boxes NotAllowed(const CompiledPolicy& policy) const;
  std::optional<RequestBox> LeftOf(const RequestBox& start, const Pieces& pieces);
  RequestBox Widened(RequestBox box) const;
  void WidenTraits(RequestBox& box) const;
  void WidenSets(RequestBox& box) const;
  void WidenTexts(RequestBox& box) const;
  bool WidenTo(RequestBox wider, RequestBox& box) const;

  BoxCompiler compiler_;
  std::vector<std::optional<Boxes>> own_classes_;
  Boxes not_allowed_;         // models that a key may not use: refused before routing
  std::vector<Boxes> taken_;  // by route: exactly what it takes, or nothing
  std::vector<std::optional<Boxes>> routes_;  // by route: at least what it can get
  std::size_t boxes_ = 0;                     // in taken_
  std::vector<Piece> pieces_;                 // of taken_, in the order of routes
  std::vector<std::size_t> pieces_before_;    // by route
  std::size_t first_miss_ = 0;                // the first piece that a missing text is part of
  std::int64_t steps_ = 0;                    // that a search may still take
  std::optional<RequestBox> left_;            // what the last search found not to be taken
  std::int64_t comparisons_ = 0;              // that all of them may still take
};

}  // namespace headgate::routing
