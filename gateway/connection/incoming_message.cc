#include "gateway/connection/incoming_message.h"

#include <algorithm>
#include <utility>

namespace headgate::gateway {
namespace {

// Bytes. Room for this much of an announced body is made at once, and for more only as bytes really
// come. The room itself costs nothing (InputBuffer does not touch it), and each growth would be a
// copy.
constexpr std::size_t kRoomAtOnce = 256u << 10;
// A larger body gets room for at most this many times the bytes that have come.
constexpr std::size_t kRoomPerByte = 4;

constexpr std::size_t kChunkedRead = 16u << 10;

}  // namespace

std::span<char> IncomingMessage::Room() {
  const auto follow = [this](const char* from, const char* to) {
    if (head_is_complete_ && part_ != Part::kChunkedBody) head_.Follow(from, to);
  };
  std::size_t want = read_ahead_.size();
  if (part_ == Part::kChunkedBody) {
    want = kChunkedRead;
  } else if (part_ == Part::kPlainBody) {
    // At last the room is exactly the announced size: doubling would leave up to half of it unused.
    const std::size_t whole = head_size_ + body_size_;
    input_.Reserve(std::min(whole, std::max(kRoomAtOnce, kRoomPerByte * input_.size())), follow);
    want = 1;
  }
  char* const tail = input_.Tail(want, follow);
  return {tail, input_.TailRoom()};
}

HeadVerdict IncomingMessage::ParseHead(std::size_t limit, HeadProblem& problem) {
  if (input_.empty()) return HeadVerdict::kIncomplete;
  const HeadParse parse = ParseRequestHead(input_.data(), limit, scanned_, head_, problem);
  scanned_ = input_.size();
  head_is_complete_ = parse.verdict == HeadVerdict::kComplete;
  if (head_is_complete_) head_size_ = parse.size;
  return parse.verdict;
}

void IncomingMessage::ParsePartOfHead(std::size_t limit) {
  HeadProblem ignored;
  ParseRequestHead(input_.data(), limit, 0, head_, ignored);
}

IncomingMessage::BodyState IncomingMessage::BeginBody(std::size_t limit) {
  if (head_.chunked) {
    decoder_.emplace(limit, decoded_);
    MoveHeadAside();
    part_ = Part::kChunkedBody;
    return ContinueBody();
  }
  const std::uint64_t announced = head_.content_length.value_or(0);
  if (announced > limit) return BodyState::kTooLarge;
  body_size_ = announced;
  part_ = Part::kPlainBody;
  return ContinueBody();
}

// Decoded chunks are removed from the buffer, and the head must not be removed with them.
void IncomingMessage::MoveHeadAside() {
  head_bytes_.assign(input_.data().substr(0, head_size_));
  head_.Follow(input_.begin(), head_bytes_.data());
  input_.Consume(head_size_);
  head_size_ = 0;
  coded_received_ = 0;
}

IncomingMessage::BodyState IncomingMessage::ContinueBody() {
  if (part_ == Part::kPlainBody) {
    return input_.size() - head_size_ >= body_size_ ? BodyState::kWhole : BodyState::kPartial;
  }
  const std::size_t used = decoder_->Feed(input_.data());
  input_.Consume(used);
  coded_received_ += used;
  switch (decoder_->state()) {
    case ChunkedBody::State::kReading:
      return BodyState::kPartial;
    case ChunkedBody::State::kTooLarge:
      return BodyState::kTooLarge;
    case ChunkedBody::State::kMalformed:
      return BodyState::kMalformed;
    case ChunkedBody::State::kDone:
      break;
  }
  FitDecodedBody();
  return BodyState::kWhole;
}

std::size_t IncomingMessage::body_received() const {
  return part_ == Part::kChunkedBody ? coded_received_ : input_.size() - head_size_;
}

// Gives the body its padding, and returns unused room of doubling: up to half of it.
void IncomingMessage::FitDecodedBody() {
  const std::size_t needed = decoded_.size() + kPadding;
  const std::size_t capacity = decoded_.capacity();
  if (capacity >= needed && capacity - needed <= needed / 8) return;
  std::string fitting;
  fitting.reserve(needed);
  fitting.append(decoded_);
  decoded_ = std::move(fitting);
}

std::string_view IncomingMessage::body() const {
  if (part_ == Part::kChunkedBody) return decoded_;
  return input_.data().substr(head_size_, body_size_);
}

void IncomingMessage::End() {
  read_ahead_.Expect(head_size_ + body_size_);
  input_.Consume(head_size_ + body_size_, read_ahead_.size());
  if (decoded_.capacity() > InputBuffer::kSmall) decoded_ = {};
  decoder_.reset();
  part_ = Part::kHead;
  head_is_complete_ = false;
  scanned_ = head_size_ = body_size_ = 0;
}

}  // namespace headgate::gateway
