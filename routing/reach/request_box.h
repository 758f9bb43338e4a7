#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "routing/policy/condition.h"
#include "routing/reach/request_space.h"

namespace headgate::routing {

// A set of requests, as the product of the values that each of their facts may have: what one
// conjunction allows. Each pattern of a header or metadata entry is a fact of its own, which
// matches or does not. Other dependencies between facts are ignored, so a box may be empty although
// Possible returns true. Thread-compatible.
struct RequestBox {
  Traits traits = Traits::Any();
  Interval input_tokens{1, Interval{}.most};
  Interval max_tokens;  // ignored for requests without max_tokens
  // The restricted dimensions of RequestSpace::every, each with its allowed values. Sorted.
  std::vector<std::pair<std::uint32_t, NumberSet>> sets;
  std::vector<std::uint32_t>
      matched;  // patterns that match, and those that follow from them; sorted
  std::vector<std::uint32_t> missed;  // patterns that do not match; sorted
  bool nothing_else = false;          // no pattern matches that is not in `matched`

  void Match(std::uint32_t pattern, const RequestSpace& space);
  void Miss(std::uint32_t pattern);
  void Restrict(std::uint32_t dimension, const NumberSet& values);

  // Returns false if the box is certainly empty.
  bool Possible() const;
};

// The requests that are in both boxes.
RequestBox operator&(const RequestBox& a, const RequestBox& b);

// Whether the boxes may have a request in common; cheaper than operator&.
bool Meet(const RequestBox& a, const RequestBox& b);

// The part of `box` outside `hole`, as boxes without common requests.
std::vector<RequestBox> Without(RequestBox box, const RequestBox& hole, const RequestSpace& space);

}  // namespace headgate::routing
