#pragma once

#include "routing/classify/signals.h"

namespace headgate::routing {

// Whether the request asks to fill in the middle of a text: it has a `suffix`, or its prompt at
// /v1/completions has the control tokens of a code model's fill-in-the-middle format. Chat messages
// are ignored, because they only talk about such tokens. Reads at most 4 KiB at either end of each
// of the first prompts. Pure.
bool IsFillInTheMiddle(const Signals& signals);

}  // namespace headgate::routing
