#pragma once

#include <cstdint>

namespace headgate::backends {

// How far a backend can be asked to report usage in a stream. Some refuse a request for a field
// that they do not know.
enum class StreamUsage : std::uint8_t {
  kNone,        // not at all: it does not report usage then
  kAtEnd,       // with the last event
  kContinuous,  // with each event too, where the client asks for it: vLLM and SGLang
};

}  // namespace headgate::backends
