#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gateway/connection/chunked_body.h"
#include "gateway/connection/input_buffer.h"
#include "gateway/connection/read_ahead.h"
#include "gateway/http/head_parser.h"
#include "gateway/http/request_head.h"

namespace headgate::gateway {

// The request that is being read from a connection, and the bytes behind it. It owns the bytes, the
// parsed head and the body. For each request call ParseHead until the head is complete, then
// BeginBody and ContinueBody until the body is whole, then End. Sans-I/O: the owner reads into Room
// and says how many bytes came. The head is parsed once; when the bytes move, its views follow.
// Worker-bound.
class IncomingMessage {
 public:
  // Allocated bytes behind body(), which simdjson needs.
  static constexpr std::size_t kPadding = InputBuffer::kPadding;

  explicit IncomingMessage(ReadAheadBudget& budget) : read_ahead_(budget) {}
  IncomingMessage(const IncomingMessage&) = delete;  // the head's views point into it
  IncomingMessage& operator=(const IncomingMessage&) = delete;

  // Returns where the next bytes go: as much room as suits what is being read, at least one byte.
  std::span<char> Room();
  // Says that the first `bytes` of Room have come.
  void Received(std::size_t bytes) { input_.Commit(bytes); }
  // Returns whether nothing of the message has come.
  bool empty() const { return input_.empty(); }
  // Returns the bytes that have come and are not consumed. Before BeginBody they begin with the
  // head.
  std::string_view data() const { return input_.data(); }

  // Returns whether a whole head has come, of at most `limit` bytes; `problem` is set on kRefused.
  // head() is valid from kComplete to End.
  HeadVerdict ParseHead(std::size_t limit, HeadProblem& problem);
  // Parses what has come of a head that was refused or is not complete, so that head() has the
  // fields that came.
  void ParsePartOfHead(std::size_t limit);
  const RequestHead& head() const { return head_; }

  enum class BodyState : std::uint8_t { kPartial, kWhole, kTooLarge, kMalformed };
  // Begins to read the body. `limit`: bytes of the body, decoded. REQUIRES: the head is complete.
  BodyState BeginBody(std::size_t limit);
  // Continues after more bytes have come. REQUIRES: the state was kPartial.
  BodyState ContinueBody();
  // Returns the number of bytes of the body that have come, in the coding they have on the wire.
  std::size_t body_received() const;
  // Returns the whole body, decoded. kPadding allocated bytes follow it, and it does not move until
  // End. REQUIRES: kWhole.
  std::string_view body() const;

  // Ends a message that has been dealt with. The bytes behind it begin the next message.
  void End();
  // Forgets all bytes.
  void Discard() { input_.Consume(input_.size()); }

  // Returns the memory held, in bytes.
  std::size_t HeldBytes() const { return input_.capacity() + decoded_.capacity(); }

 private:
  enum class Part : std::uint8_t { kHead, kPlainBody, kChunkedBody };

  void MoveHeadAside();
  void FitDecodedBody();

  InputBuffer input_;
  ReadAhead read_ahead_;
  RequestHead head_;
  Part part_ = Part::kHead;  // what Room is used for
  bool head_is_complete_ = false;
  std::size_t scanned_ = 0;    // bytes of input_ that have been searched for the end of a head
  std::size_t head_size_ = 0;  // bytes of the head at the start of input_
  std::size_t body_size_ = 0;  // bytes behind the head, of a body that lies in input_
  // Set for a chunked body.
  std::optional<ChunkedBody> decoder_;
  std::string decoded_;
  std::string head_bytes_;  // the head, kept apart from the decoded chunks
  std::size_t coded_received_ = 0;
};

}  // namespace headgate::gateway
