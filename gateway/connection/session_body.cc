// How a Session reads the body of a request: announced or chunked, within its limits.
#include <algorithm>
#include <utility>

#include "gateway/connection/session.h"
#include "gateway/connection/worker.h"
#include "gateway/http/chunked_body.h"
#include "gateway/proxy/proxied_request.h"

namespace headgate::gateway {
namespace {

// Slower than this a body is no upload but a way to hold a connection: 16 KiB a second is a modem's
// pace, and a prompt of 32 MiB may still take half an hour.
constexpr std::size_t kLeastBytesPerSecond = 16u << 10;

// Room for this much of an announced body is made at once; for more only as bytes really come. The
// room itself costs nothing (InputBuffer does not touch it), and each growth would be a copy.
constexpr std::size_t kRoomAtOnce = 256u << 10;
// A larger body gets room for at most this many times what has come of it.
constexpr std::size_t kRoomPerByte = 4;

constexpr std::size_t kChunkedRead = 16u << 10;

ClientError TooLarge(std::size_t limit) {
  return {.status = 413,
          .type = "invalid_request_error",
          .code = "request_too_large",
          .param = {},
          .message = "The request body is larger than this gateway takes (" +
                     std::to_string(limit) + " bytes); send less, or raise server.limits.body.",
          .retry_after_s = {}};
}

}  // namespace

Awaitable<std::optional<ClientError>> Session::ReadBody(RequestRecord& record) {
  const config::Limits& limits = record.snapshot->config->server.limits;
  const std::uint64_t announced = head_.content_length.value_or(0);
  if (announced > limits.body) {
    record.rejection = Rejection::kTooLarge;
    CloseAfterThis();
    co_return TooLarge(limits.body);
  }
  if (announced == 0 && !head_.chunked) co_return std::nullopt;
  const bool here = !head_.chunked && input_.size() - head_size_ >= announced;
  if (!here) {
    body_begun_ = SteadyClock::now();
    ExpectBody(0);
    if (head_.expect_continue && input_.size() == head_size_) {
      const bool sent = co_await Send("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return ClientError{};
    }
  }
  std::optional<ClientError> problem;
  if (head_.chunked) {
    problem = co_await ReadChunkedBody(limits.body);
  } else {
    bool whole = here;
    if (!here) whole = co_await FillBody(announced);
    if (whole) {
      body_size_ = announced;
    } else {
      problem = ClientError{.status = 408, .message = "The request body did not arrive in time."};
    }
  }
  if (problem) {
    record.rejection = problem->status == 408   ? Rejection::kTimeout
                       : problem->status == 413 ? Rejection::kTooLarge
                                                : Rejection::kBadBody;
    CloseAfterThis();
  }
  deadline_ = TimePoint::max();
  co_return problem;
}

// The next bytes of a body are due within body_timeout, and all that came so far, `received` bytes,
// must have come at the least rate, with body_timeout allowed on top: a byte now and then renews
// nothing.
void Session::ExpectBody(std::size_t received) {
  const std::chrono::milliseconds allowed = worker_.snapshot()->config->server.limits.body_timeout;
  const std::chrono::milliseconds earned(received * 1000 / kLeastBytesPerSecond);
  SetDeadline(allowed);
  deadline_ = std::min(deadline_, body_begun_ + allowed + earned);
}

// Reads until head and `size` bytes of body lie in input_.
Awaitable<bool> Session::FillBody(std::size_t size) {
  const char* const before = input_.begin();
  const std::size_t want = head_size_ + size;
  while (input_.size() < want) {
    ExpectBody(input_.size() - head_size_);
    // In the end exactly what was announced: doubling would leave up to half of it unused.
    input_.Reserve(std::min(want, std::max(kRoomAtOnce, kRoomPerByte * input_.size())));
    const bool more = co_await ReadSome(1);
    if (!more) co_return false;
  }
  if (input_.begin() != before) {
    // The buffer has moved; the head's views have to follow.
    HeadProblem unused;
    const bool keep_alive = head_.keep_alive;
    ParseRequestHead(input_.data(), head_size_ + 1, 0, head_, unused);
    head_.keep_alive = head_.keep_alive && keep_alive;
  }
  co_return true;
}

Awaitable<std::optional<ClientError>> Session::ReadChunkedBody(std::size_t limit) {
  ChunkedBody body(limit, chunked_body_);
  body_is_chunked_ = true;
  // Decoded chunks leave the buffer, but the head's views stay valid only while it lies still: it
  // is copied out of the way once.
  const std::string head(input_.data().substr(0, head_size_));
  input_.Consume(head_size_);
  head_size_ = 0;
  for (std::size_t received = 0;;) {
    const std::size_t used = body.Feed(input_.data());
    input_.Consume(used);
    received += used;
    if (body.state() == ChunkedBody::State::kDone) break;
    if (body.state() == ChunkedBody::State::kTooLarge) co_return TooLarge(limit);
    if (body.state() == ChunkedBody::State::kMalformed) {
      co_return ClientError{.status = 400, .message = "The chunked body is malformed."};
    }
    ExpectBody(received);
    const bool more = co_await ReadSome(kChunkedRead);
    if (!more) {
      co_return ClientError{.status = 408, .message = "The request body did not arrive in time."};
    }
  }
  chunked_head_ = head;
  HeadProblem unused;
  ParseRequestHead(chunked_head_, head.size() + 1, 0, head_, unused);
  FitChunkedBody();
  co_return std::nullopt;
}

// Gives the body its padding, and what doubling has taken in vain back: up to half of it.
void Session::FitChunkedBody() {
  const std::size_t needed = chunked_body_.size() + RequestReader::kPadding;
  const std::size_t capacity = chunked_body_.capacity();
  if (capacity >= needed && capacity - needed <= needed / 8) return;
  std::string fitting;
  fitting.reserve(needed);
  fitting.append(chunked_body_);
  chunked_body_ = std::move(fitting);
}

std::size_t Session::HeldBytes() const {
  return input_.capacity() + chunked_body_.capacity() + out_.capacity() +
         (request_ != nullptr ? request_->HeldBytes() : 0);
}

std::string_view Session::body() const {
  if (body_is_chunked_) return chunked_body_;
  return input_.data().substr(head_size_, body_size_);
}

}  // namespace headgate::gateway
