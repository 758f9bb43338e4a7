#pragma once

#include <cstdint>

namespace headgate::backends {

// How a backend can be asked to report usage in a stream. Some backends refuse a request that has a
// field they do not know.
enum class StreamUsage : std::uint8_t {
  kNone,        // not at all: the backend then reports no usage
  kAtEnd,       // with the last event
  kContinuous,  // with each event too, if the client asks for it: vLLM and SGLang
};

}  // namespace headgate::backends
