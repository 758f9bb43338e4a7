#pragma once

#include "backends/protocols/values/body_facts.h"
#include "backends/protocols/values/splice_points.h"

namespace headgate::backends {

// The result of one pass over a request body: the facts, and where to splice. All other bytes of
// the body stay untouched.
struct RequestView {
  BodyFacts facts;
  SplicePoints splice;
};

}  // namespace headgate::backends
