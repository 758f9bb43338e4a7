#pragma once

#include "routing/text/line_shape.h"

namespace headgate::routing {

// The number of LaTeX commands, pairs of dollars, powers and operators of Unicode. Pure.
int MathMarks(const Line& line);

}  // namespace headgate::routing
