#pragma once

#include "routing/text/line_shape.h"

namespace headgate::routing {

// LaTeX commands, pairs of dollars, powers, operators of Unicode. Pure.
int MathMarks(const Line& line);

}  // namespace headgate::routing
