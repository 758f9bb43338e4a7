#pragma once

#include "backends/protocols/values/body_facts.h"
#include "backends/protocols/values/splice_points.h"

namespace headgate::backends {

// What one pass over a request body yields: the facts, and where to splice. Everything else of the
// body is never touched.
struct RequestView {
  BodyFacts facts;
  SplicePoints splice;
};

}  // namespace headgate::backends
