#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::backends {

// Cuts a text/event-stream (WHATWG HTML, section 9.2) into blocks. A block is an event or nothing,
// with the blank line that ends it, or a comment line before the fields of an event. (A comment
// needs no blank line behind it, and a comment that is a sign of life has to be seen at once.)
// Lines end in LF, CRLF or CR, also mixed, and the stream may be split anywhere. A block that lies
// whole in the bytes given is returned where it lies; only a split block is copied, and each byte
// is looked at once. Sans-I/O. Worker-bound.
class SseSplitter {
 public:
  // `max_block`: bytes that a block may have.
  explicit SseSplitter(std::size_t max_block) : max_block_(max_block) {}

  struct Block {
    std::string_view text;  // as it came, with its line ends
    std::size_t lines = 0;  // that are not blank
    // The block is only the LF of a CRLF whose CR ended the block before, and goes where that block
    // went. (Waiting for the LF would hold back each event of a stream whose lines end in CR.)
    bool continues = false;
  };

  // Adds the bytes that came next. They must outlive the calls of Next() until it returns nullopt.
  // REQUIRES: Next() has returned nullopt since the last call; !too_long().
  void Add(std::string_view bytes);
  // Returns the next whole block, valid until the next call, or nullopt if more bytes are needed.
  std::optional<Block> Next();
  // Returns whether a block has more than `max_block` bytes. Next() returns no more blocks then.
  bool too_long() const { return too_long_; }

 private:
  std::size_t FindBlockEnd();
  bool BeginsWithComment() const;
  std::size_t NextLineEnd();

  const std::size_t max_block_;
  std::string_view bytes_;
  std::size_t begin_ = 0;  // of the current block in bytes_
  std::size_t at_ = 0;     // bytes before it have been looked at
  std::size_t next_lf_ = 0;
  std::size_t next_cr_ = 0;
  std::string pending_;    // what came of the current block in earlier bytes
  std::size_t lines_ = 0;  // of the current block
  bool in_line_ = false;   // the current line has bytes already
  bool after_cr_ = false;  // the last byte was CR: an LF belongs to it
  bool returned_pending_ = false;
  bool too_long_ = false;
};

// What the fields of a block say.
struct SseEvent {
  std::size_t data_fields = 0;
  std::string_view data;  // of several fields: joined with LF
  std::string_view name;  // of the `event` field
  bool has_comment = false;
};

// Reads the fields of `block`. `joined` holds the data if they come in several lines. The views
// point into the block or into `joined`.
SseEvent ReadSseEvent(const SseSplitter::Block& block, std::string& joined);

}  // namespace headgate::backends
