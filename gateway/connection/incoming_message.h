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

// The request that is being read from a connection, and what came behind it: owns the bytes, the
// parsed head and the body. Requests follow each other: ParseHead until it is complete, BeginBody
// and ContinueBody until the body is whole, End. Sans-I/O: the owner reads into Room and says how
// much came. The head is parsed once; when the bytes move, its views follow. Worker-bound.
class IncomingMessage {
 public:
  // Allocated bytes behind body(), as simdjson needs them.
  static constexpr std::size_t kPadding = InputBuffer::kPadding;

  explicit IncomingMessage(ReadAheadBudget& budget) : read_ahead_(budget) {}
  IncomingMessage(const IncomingMessage&) = delete;  // the head's views point into it
  IncomingMessage& operator=(const IncomingMessage&) = delete;

  // Where the next bytes go: as much as suits what is being read, at least one byte.
  std::span<char> Room();
  // The first `bytes` of Room have come.
  void Received(std::size_t bytes) { input_.Commit(bytes); }
  // Nothing of the message has come.
  bool empty() const { return input_.empty(); }
  // What has come and is not used up. Before BeginBody it begins with the head.
  std::string_view data() const { return input_.data(); }

  // Whether a whole head has come, of at most `limit` bytes; `problem` is set on kRefused. head()
  // is valid from kComplete to End.
  HeadVerdict ParseHead(std::size_t limit, HeadProblem& problem);
  // Parses what there is of a head that was refused or is not complete, so that head() has the
  // fields that came.
  void ParsePartOfHead(std::size_t limit);
  const RequestHead& head() const { return head_; }

  enum class BodyState : std::uint8_t { kPartial, kWhole, kTooLarge, kMalformed };
  // REQUIRES: the head is complete. `limit`: bytes of the body, decoded.
  BodyState BeginBody(std::size_t limit);
  // After more bytes have come. REQUIRES: the state was kPartial.
  BodyState ContinueBody();
  // Bytes of the body that have come, in the coding that they have on the wire.
  std::size_t body_received() const;
  // REQUIRES: kWhole. kPadding allocated bytes follow. Stays where it is until End.
  std::string_view body() const;

  // The message has been dealt with: what came behind it begins the next one.
  void End();
  // Forgets all bytes.
  void Discard() { input_.Consume(input_.size()); }

  // Memory, in bytes.
  std::size_t HeldBytes() const { return input_.capacity() + decoded_.capacity(); }

 private:
  enum class Part : std::uint8_t { kHead, kPlainBody, kChunkedBody };

  void MoveHeadAside();
  void FitDecodedBody();

  InputBuffer input_;
  ReadAhead read_ahead_;
  RequestHead head_;
  Part part_ = Part::kHead;  // what Room is for
  bool head_is_complete_ = false;
  std::size_t scanned_ = 0;    // bytes of input_ that have been searched for the end of a head
  std::size_t head_size_ = 0;  // bytes of the head at the start of input_
  std::size_t body_size_ = 0;  // bytes behind the head, of a body that lies in input_
  // Of a chunked body.
  std::optional<ChunkedBody> decoder_;
  std::string decoded_;
  std::string head_bytes_;  // the head, out of the way of the decoded chunks
  std::size_t coded_received_ = 0;
};

}  // namespace headgate::gateway
