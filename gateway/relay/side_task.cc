#include "gateway/relay/side_task.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "config/base/check.h"

namespace headgate::gateway {

void SideTask::Start(Awaitable<void> work) {
  HEADGATE_CHECK(!running_);
  running_ = true;
  asio::co_spawn(executor_, std::move(work), [this](const std::exception_ptr&) {
    running_ = false;
    if (end_) end_->cancel();
  });
}

Awaitable<void> SideTask::Ended() {
  while (running_) {
    if (!end_) end_.emplace(executor_, TimePoint::max());
    co_await end_->async_wait(kAwait);
  }
}

}  // namespace headgate::gateway
