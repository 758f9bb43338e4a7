#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace headgate::gateway {

// Decodes a chunked request body (RFC 9112 section 7.1). It is strict and bounded, and keeps no
// trailers. Sans-I/O. Worker-bound.
class ChunkedBody {
 public:
  enum class State : std::uint8_t { kReading, kDone, kTooLarge, kMalformed };

  // Decoded bytes go to `out`, which is cleared first. More than `limit` decoded bytes are
  // kTooLarge.
  ChunkedBody(std::size_t limit, std::string& out) : limit_(limit), out_(out) { out_.clear(); }

  // Consumes what it can of `bytes` and returns the number of bytes consumed. If the body is done,
  // the remaining bytes belong to the next request.
  std::size_t Feed(std::string_view bytes);
  State state() const { return state_; }

 private:
  enum class Part : std::uint8_t { kSize, kData, kDataEnd, kTrailer };
  bool TakeLine(std::string_view& bytes, std::string_view& line);
  void OnSizeLine(std::string_view line);

  const std::size_t limit_;
  std::string& out_;
  std::string partial_line_;
  std::string line_;
  std::size_t remaining_ = 0;
  std::size_t trailer_bytes_ = 0;
  Part part_ = Part::kSize;
  State state_ = State::kReading;
};

}  // namespace headgate::gateway
