#include "backends/protocols/resume/held_events.h"

#include <algorithm>

#include "backends/protocols/sse/sse_writer.h"

namespace headgate::backends {

void HeldEvents::Add(std::string_view events, TimePoint now, std::string& out) {
  if (events.empty()) return;
  if (released_) {
    out.append(events);
    return;
  }
  if (!first_) first_ = now;
  held_.append(events);
  if (IsOver(now)) Release(out);
}

void HeldEvents::Tick(TimePoint now, std::string& out) {
  if (released_) return;
  if (first_ && IsOver(now)) return Release(out);
  if (policy_.comment_every.count() == 0 || now < last_sign_ + policy_.comment_every) return;
  last_sign_ = now;
  AppendSseComment("held", out);
}

void HeldEvents::Release(std::string& out) {
  released_ = true;
  out.append(held_);
  std::string().swap(held_);
}

void HeldEvents::Discard() {
  std::string().swap(held_);
  first_.reset();
}

std::optional<HeldEvents::TimePoint> HeldEvents::Due() const {
  std::optional<TimePoint> due;
  if (released_) return due;
  if (policy_.comment_every.count() > 0) due = last_sign_ + policy_.comment_every;
  if (first_ && policy_.until == HoldPolicy::Until::kTime) {
    const TimePoint over = *first_ + policy_.time;
    due = due ? std::min(*due, over) : over;
  }
  return due;
}

// REQUIRES: an event is held.
bool HeldEvents::IsOver(TimePoint now) const {
  if (held_.size() > policy_.limit) return true;
  switch (policy_.until) {
    case HoldPolicy::Until::kFirstToken:
      return true;
    case HoldPolicy::Until::kTime:
      return now >= *first_ + policy_.time;
    case HoldPolicy::Until::kComplete:
      break;
  }
  return false;
}

}  // namespace headgate::backends
