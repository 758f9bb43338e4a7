// Which request gets which answer. *worker-bound*
#pragma once

#include <memory>

#include "loadtest/sim/answers/channel.h"
#include "loadtest/sim/answers/completion.h"
#include "loadtest/sim/http/http_request.h"
#include "loadtest/sim/replica/replica.h"

namespace headgate::loadtest::sim {

// Answers `request` on `channel`, or returns a completion that will answer it. The completion is
// not yet started.
std::unique_ptr<Completion> Dispatch(Context& context, Replica& replica, Channel& channel,
                                     HttpRequest request);

}  // namespace headgate::loadtest::sim
