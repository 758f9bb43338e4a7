#pragma once

#include "gateway/metrics/labels.h"

namespace headgate::gateway {

// The place of a conversation in the ConversationTable if it has none: all answers about its topic
// came from targets to which it spilled. No target has this label. Immutable.
inline constexpr LabelId kNoPlace = LabelTable::kNone;

}  // namespace headgate::gateway
