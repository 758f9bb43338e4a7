#pragma once

namespace headgate::loadtest::load {

// A range of whole numbers or of durations. Both ends are part of it.
template <typename Value>
struct Range {
  Value low{};
  Value high{};
};

}  // namespace headgate::loadtest::load
