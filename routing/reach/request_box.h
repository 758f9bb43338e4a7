#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "routing/policy/condition.h"
#include "routing/reach/request_space.h"

namespace headgate::routing {

// Requests, as the product of what each of their facts may be: all that one conjunction says. What
// a request can have several of (headers, metadata) is a fact per pattern, which matches or not.
// Facts that hang together otherwise count as if they did not, so a box that is shown
// to be empty is. Thread-compatible.
struct RequestBox {
  Traits traits = Traits::Any();
  Interval input_tokens{1, Interval{}.most};
  Interval max_tokens;  // means nothing for a request without
  // What is restricted of RequestSpace::every: the dimension and what it may be. Sorted.
  std::vector<std::pair<std::uint32_t, NumberSet>> sets;
  std::vector<std::uint32_t> matched;  // patterns that match, and what follows; sorted
  std::vector<std::uint32_t> missed;   // patterns that do not match; sorted
  bool nothing_else = false;           // no pattern matches that is not in `matched`

  void Match(std::uint32_t pattern, const RequestSpace& space);
  void Miss(std::uint32_t pattern);
  void Restrict(std::uint32_t dimension, const NumberSet& values);

  // False: surely no request is in it.
  bool Possible() const;
};

// Requests that are in both.
RequestBox operator&(const RequestBox& a, const RequestBox& b);

// Whether the two may have a request in common; cheaper than building it.
bool Meet(const RequestBox& a, const RequestBox& b);

// Whether all requests of `inner` are surely in `outer`.
bool Contains(const RequestBox& outer, const RequestBox& inner, const RequestSpace& space);

// What of `box` is not in `hole`, as boxes that have nothing in common.
std::vector<RequestBox> Without(RequestBox box, const RequestBox& hole, const RequestSpace& space);

}  // namespace headgate::routing
