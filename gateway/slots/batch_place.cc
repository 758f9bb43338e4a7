#include "gateway/slots/batch_place.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace headgate::gateway {

BatchPlace::BatchPlace(const Executor& executor, std::shared_ptr<backends::SlotQueue> queue,
                       const backends::SlotCount& replica, std::int64_t tokens,
                       std::function<void()> move_aside)
    : link_(std::make_shared<Link>(Link{executor, std::move(move_aside)})),
      hold_(std::move(queue), *this, replica, tokens) {}

BatchPlace::~BatchPlace() {
  hold_.Committed();
  link_->move_aside = nullptr;
}

void BatchPlace::MoveAside() {
  asio::post(link_->executor, [link = link_] {
    if (link->move_aside) link->move_aside();
  });
}

}  // namespace headgate::gateway
