#include "gateway/connection/chunked_body.h"

#include <algorithm>
#include <charconv>

namespace headgate::gateway {
namespace {

constexpr std::size_t kLongestLine = 4u << 10;  // chunk extensions included
constexpr std::size_t kLongestTrailer = 16u << 10;

}  // namespace

std::size_t ChunkedBody::Feed(std::string_view bytes) {
  const std::size_t given = bytes.size();
  while (state_ == State::kReading && !bytes.empty()) {
    if (part_ == Part::kData) {
      const std::size_t n = std::min(remaining_, bytes.size());
      out_.append(bytes.substr(0, n));
      bytes.remove_prefix(n);
      remaining_ -= n;
      if (remaining_ == 0) part_ = Part::kDataEnd;
      continue;
    }
    std::string_view line;
    if (!TakeLine(bytes, line)) break;
    if (part_ == Part::kSize) {
      OnSizeLine(line);
    } else if (part_ == Part::kDataEnd) {
      if (!line.empty()) state_ = State::kMalformed;
      part_ = Part::kSize;
    } else if (line.empty()) {
      state_ = State::kDone;
    } else {
      // The gateway uses no trailers, and a proxy that merges them into the head permits request
      // smuggling. So they are dropped here.
      trailer_bytes_ += line.size();
      if (trailer_bytes_ > kLongestTrailer) state_ = State::kMalformed;
    }
  }
  return given - bytes.size();
}

// Moves one line without its CRLF out of `bytes`. Returns false if the line is malformed, or not
// complete yet; an incomplete line is kept.
bool ChunkedBody::TakeLine(std::string_view& bytes, std::string_view& line) {
  const std::size_t end = bytes.find('\n');
  partial_line_.append(bytes.substr(0, end == std::string_view::npos ? end : end + 1));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  if (partial_line_.size() > kLongestLine) {
    state_ = State::kMalformed;
    return false;
  }
  if (end == std::string_view::npos) return false;
  if (!partial_line_.ends_with("\r\n")) {
    state_ = State::kMalformed;  // a bare LF: two parsers might disagree on where a chunk ends
    return false;
  }
  line_.swap(partial_line_);
  partial_line_.clear();
  line = std::string_view(line_).substr(0, line_.size() - 2);
  return true;
}

void ChunkedBody::OnSizeLine(std::string_view line) {
  const std::string_view digits = line.substr(0, std::min(line.find(';'), line.size()));
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  const bool sane = line.find_first_of(std::string_view("\r\0", 2)) == std::string_view::npos;
  if (digits.empty() || digits.size() > 15 || !whole || digits.front() == '-' || !sane) {
    state_ = State::kMalformed;
  } else if (size > limit_ - out_.size()) {
    state_ = State::kTooLarge;
  } else if (size == 0) {
    part_ = Part::kTrailer;
  } else {
    remaining_ = size;
    part_ = Part::kData;
  }
}

}  // namespace headgate::gateway
