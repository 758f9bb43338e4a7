#include "backends/protocols/sse/sse.h"

#include <algorithm>

namespace headgate::backends {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kLineEnds = "\r\n";

// Works on one line, without its end: takes "name" or "name:" and one space off.
bool TakeField(std::string_view name, std::string_view line, std::string_view& value) {
  if (!line.starts_with(name)) return false;
  line.remove_prefix(name.size());
  if (!line.empty() && line.front() != ':') return false;
  if (!line.empty()) line.remove_prefix(1);
  if (line.starts_with(' ')) line.remove_prefix(1);
  value = line;
  return true;
}

// Returns where the first line of `text` ends. Two searches for one byte each are many times faster
// than find_first_of, which looks at each byte in a call of its own.
std::size_t LineEnd(std::string_view text) {
  const std::size_t lf = text.find('\n');
  return std::min(lf, text.substr(0, lf).find('\r'));
}

}  // namespace

void SseSplitter::Add(std::string_view bytes) {
  bytes_ = bytes;
  begin_ = at_ = 0;
  next_lf_ = bytes.find('\n');
  next_cr_ = bytes.find('\r');
}

std::optional<SseSplitter::Block> SseSplitter::Next() {
  if (returned_pending_) {
    returned_pending_ = false;
    pending_.clear();
  }
  if (too_long_ || bytes_.empty()) return std::nullopt;
  if (after_cr_) {
    after_cr_ = false;
    if (bytes_.front() == '\n') {
      at_ = 1;
      if (pending_.empty()) {
        begin_ = 1;
        return Block{.text = bytes_.substr(0, 1), .continues = true};
      }
    }
  }
  const std::size_t end = FindBlockEnd();
  const std::string_view piece = bytes_.substr(begin_, end == kNone ? kNone : end - begin_);
  if (pending_.size() + piece.size() > max_block_) {
    too_long_ = true;
    return std::nullopt;
  }
  if (end == kNone) {
    pending_.append(piece);
    bytes_ = {};
    return std::nullopt;
  }
  Block block{.text = piece, .lines = lines_};
  if (!pending_.empty()) {
    pending_.append(piece);
    block.text = pending_;
    returned_pending_ = true;
  }
  begin_ = at_ = end;
  lines_ = 0;
  if (begin_ == bytes_.size()) bytes_ = {};
  return block;
}

std::size_t SseSplitter::FindBlockEnd() {
  for (;;) {
    const std::size_t stop = NextLineEnd();
    if (stop == kNone) {
      in_line_ |= at_ < bytes_.size();
      return kNone;
    }
    const bool blank = stop == at_ && !in_line_;
    in_line_ = false;
    at_ = stop + 1;
    if (bytes_[stop] == '\r') {
      if (at_ == bytes_.size()) {
        after_cr_ = true;
      } else if (bytes_[at_] == '\n') {
        ++at_;
      }
    }
    if (blank) return at_;
    if (++lines_ == 1 && BeginsWithComment()) return at_;
  }
}

// REQUIRES: a whole line of the current block has come.
bool SseSplitter::BeginsWithComment() const {
  return (pending_.empty() ? bytes_[begin_] : pending_.front()) == ':';
}

// Each kind of line end is searched for only behind the last one found. So the usual stream, with
// one kind, costs one pass for each kind, whatever its lines.
std::size_t SseSplitter::NextLineEnd() {
  if (next_lf_ < at_) next_lf_ = bytes_.find('\n', at_);
  if (next_cr_ < at_) next_cr_ = bytes_.find('\r', at_);
  return std::min(next_lf_, next_cr_);
}

SseEvent ReadSseEvent(const SseSplitter::Block& block, std::string& joined) {
  SseEvent event;
  std::string_view rest = block.text;
  for (std::size_t i = 0; i < block.lines; ++i) {
    // A block of one line, which is the usual case, needs no search for its end.
    const std::size_t size =
        block.lines == 1 ? rest.find_last_not_of(kLineEnds) + 1 : LineEnd(rest);
    const std::string_view line = rest.substr(0, size);
    rest.remove_prefix(size);
    rest.remove_prefix(rest.starts_with("\r\n") ? 2 : 1);
    std::string_view value;
    if (TakeField("data", line, value)) {
      if (++event.data_fields == 1) {
        event.data = value;
        continue;
      }
      if (event.data_fields == 2) joined.assign(event.data);
      joined.append("\n").append(value);
      event.data = joined;
    } else if (!TakeField("event", line, event.name)) {
      event.has_comment |= line.starts_with(':');
    }
  }
  return event;
}

}  // namespace headgate::backends
