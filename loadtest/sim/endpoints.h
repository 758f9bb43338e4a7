// Which request gets which answer. *worker-bound*
#pragma once

#include <memory>

#include "loadtest/sim/channel.h"
#include "loadtest/sim/completion.h"
#include "loadtest/sim/http_request.h"
#include "loadtest/sim/replica.h"

namespace headgate::loadtest::sim {

// Answers `request` on `channel`, or returns the completion that will, not yet started.
std::unique_ptr<Completion> Dispatch(Context& context, Replica& replica, Channel& channel,
                                     HttpRequest request);

}  // namespace headgate::loadtest::sim
