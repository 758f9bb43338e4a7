#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "config/config.h"
#include "routing/policy/policy.h"
#include "routing/reach/box_compiler.h"
#include "routing/reach/cover_search.h"
#include "routing/reach/request_box.h"

namespace headgate::routing {

// Which routes can get a request at all. A route gets none if its own condition allows no request,
// or if the routes before it match all requests that it allows (CoverSearch). The search has
// limits, and then the answer is "maybe": a route that is called unreachable is unreachable, but
// the reverse does not hold. Pure; not for the hot path. Thread-compatible.
class Reach {
 public:
  using Boxes = BoxCompiler::Boxes;

  // Both arguments must outlive this.
  Reach(const config::Config& config, const CompiledPolicy& policy);
  Reach(const Reach&) = delete;  // the pieces point to the boxes
  Reach& operator=(const Reach&) = delete;

  struct Verdict {
    enum class Kind : std::uint8_t { kMaybe, kImpossible, kTaken };
    Kind kind = Kind::kMaybe;
    std::vector<std::size_t> takers;  // of kTaken: the routes that match everything; in order
  };
  Verdict Of(std::size_t route);

  // All requests: a box for each built-in class, with the urgencies and topics of that class, then
  // the boxes of the operator's custom classes. Nullopt if that is too much to search.
  std::optional<Boxes> ByClass() const;

  // What the condition of the route allows, with the conditions of the operator's custom classes.
  // Nullopt if that is too much to search.
  const std::optional<Boxes>& BoxesOf(std::size_t route) const { return routes_[route]; }

  // Whether a request of the box may reach the route; true if that is unknown.
  bool MayTake(std::size_t route, const RequestBox& box);

  // Whether all steps of the searches are used up. MayTake then knows nothing more.
  bool Exhausted() const { return comparisons_ < 0; }

  RequestBox Anything() const { return compiler_.Anything(); }
  // The requests of the box without their headers and metadata. If the box is about the operator's
  // custom classes, they may then have any class.
  RequestBox WithoutTexts(const RequestBox& box) const;

  // The boxes of all routes, in the order of routes.
  const std::vector<CoverSearch::Piece>& pieces() const { return pieces_; }
  // The conditions of the operator's custom classes; nullopt: too many boxes.
  const std::vector<std::optional<Boxes>>& custom_classes() const { return custom_classes_; }
  const CompiledPolicy& policy() const { return policy_; }

  const RequestSpace& space() const { return compiler_.space(); }
  const std::vector<absl::TimeZone>& zones() const { return compiler_.zones(); }

 private:
  using Piece = CoverSearch::Piece;

  void AddRoute(const Condition& when);
  std::optional<Boxes> Narrowed(const Boxes& boxes) const;
  bool IsTaken(const RequestBox& box, std::size_t pieces, std::vector<std::size_t>& takers);
  void DropUnneeded(const Boxes& boxes, std::vector<std::size_t>& takers);

  const CompiledPolicy& policy_;
  BoxCompiler compiler_;
  CoverSearch search_{compiler_.space()};
  std::vector<std::optional<Boxes>> custom_classes_;
  std::vector<Boxes> taken_;                  // by route: exactly what it matches, or nothing
  std::vector<std::optional<Boxes>> routes_;  // by route: at least what it can get
  std::size_t boxes_ = 0;                     // in taken_
  std::vector<Piece> pieces_;                 // of taken_, in the order of routes
  std::vector<std::size_t> pieces_before_;    // by route
  std::size_t first_miss_ = 0;                // the first piece that requires a text to be missing
  std::int64_t comparisons_ = 0;              // that all searches may still take
};

}  // namespace headgate::routing
