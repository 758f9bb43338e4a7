#include "backends/scheduler/batch_hold.h"

#include <utility>

namespace headgate::backends {

BatchHold::BatchHold(std::shared_ptr<SlotQueue> queue, Preemptible& attempt,
                     const SlotCount& replica, std::int64_t tokens)
    : queue_(std::move(queue)), number_(queue_->AddHold(attempt, replica, tokens)) {}

BatchHold::BatchHold(BatchHold&& other) noexcept
    : queue_(std::move(other.queue_)), number_(other.number_) {
  other.queue_ = nullptr;
}

BatchHold& BatchHold::operator=(BatchHold&& other) noexcept {
  if (this == &other) return *this;
  Committed();
  queue_ = std::exchange(other.queue_, nullptr);
  number_ = other.number_;
  return *this;
}

void BatchHold::Committed() {
  if (queue_ == nullptr) return;
  queue_->RemoveHold(number_);
  queue_ = nullptr;
}

}  // namespace headgate::backends
