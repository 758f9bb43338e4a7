#include "loadtest/sim/server/connection.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/http/error.hpp>

#include "loadtest/sim/dialects/errors.h"
#include "loadtest/sim/http/http_response.h"
#include "loadtest/sim/server/endpoints.h"

namespace headgate::loadtest::sim {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

// The most bytes of pipelined requests that wait while a request is answered.
constexpr std::size_t kPipelineLimit = 1U << 20U;
// An empty buffer with more capacity than this, in bytes, is freed.
constexpr std::size_t kKeptCapacity = 2048;

void Clear(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kKeptCapacity) buffer.shrink_to_fit();
}

}  // namespace

Connection::Connection(Context& context, Replica& replica, Tcp::socket socket,
                       asio::ssl::context* tls)
    : context_(context), replica_(replica), socket_(std::move(socket)) {
  if (tls != nullptr) tls_ = std::make_unique<TlsSession>(*tls);
}

void Connection::Start() {
  ++replica_.stats.accepted_connections;
  ++replica_.stats.open_connections;
  error_code ignored;
  socket_.set_option(Tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  Watch();
}

void Connection::Watch() {
  if (watching_ || state_ == State::kClosed) return;
  if (answering_ && input_.size() > kPipelineLimit) return;
  watching_ = true;
  socket_.async_wait(Tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
    self->watching_ = false;
    if (error) return self->Close();
    self->OnReadable();
  });
}

void Connection::OnReadable() {
  std::string& room = context_.read;
  for (std::size_t got = room.size(); got == room.size() && state_ != State::kClosed;) {
    error_code error;
    got = socket_.read_some(asio::buffer(room), error);
    if (error == asio::error::would_block) break;
    if (error || !Receive(std::string_view(room).substr(0, got))) return Close();
  }
  Serve();
  Watch();
}

bool Connection::Receive(std::string_view bytes) {
  if (state_ == State::kLastAnswer || state_ == State::kLingering) return true;
  if (tls_ == nullptr) {
    input_.append(bytes);
    return true;
  }
  const bool good = tls_->Receive(bytes, input_);
  Push(tls_->TakeOutput());
  return good;
}

void Connection::Serve() {
  if (serving_) return;
  serving_ = true;
  while (state_ == State::kOpen && !answering_ && output_.empty() && !input_.empty()) {
    if (!parser_) parser_.emplace();
    error_code error;
    input_.erase(0, parser_->Read(input_, error));
    if (error) {
      RefuseUnreadable(error);
      break;
    }
    if (!parser_->is_done()) {
      if (parser_->is_header_done() && parser_->expects_continue() && !continued_) {
        continued_ = true;
        Write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      break;
    }
    HttpRequest request = parser_->Take();
    parser_.reset();
    continued_ = false;
    answering_ = true;
    std::unique_ptr<Completion> started = Dispatch(context_, replica_, *this, std::move(request));
    if (started) {
      completion_ = std::move(started);
      completion_->Start();
    }
  }
  if (input_.empty()) Clear(input_);
  serving_ = false;
}

void Connection::RefuseUnreadable(const error_code& error) {
  const bool large = error == boost::beast::http::error::body_limit;
  const std::string body =
      ErrorJson(context_.options.personality, Endpoint::kChat,
                Refusal{large ? 413 : 400, error.message(), "", ""}, "req_unread");
  ResponseHead head;
  head.status = large ? 413 : 400;
  head.length = body.size();
  head.keep_alive = false;
  std::string out;
  AppendHead(out, head);
  Write(out.append(body));
  Done(false);
}

void Connection::Write(std::string_view bytes) {
  if (tls_ == nullptr) return Push(bytes);
  tls_->Send(bytes);
  Push(tls_->TakeOutput());
}

void Connection::Push(std::string_view bytes) {
  if (bytes.empty() || state_ == State::kClosed) return;
  if (!output_.empty()) {
    output_.append(bytes);
    return;
  }
  error_code error;
  const std::size_t sent = socket_.write_some(asio::buffer(bytes), error);
  if (error && error != asio::error::would_block) {
    // Closing is posted: it destroys the completion, which may be the caller.
    asio::post(context_.io, [self = shared_from_this()] { self->Close(); });
    return;
  }
  if (sent == bytes.size()) return;
  output_ = bytes.substr(sent);
  output_sent_ = 0;
  socket_.async_wait(Tcp::socket::wait_write, [self = shared_from_this()](error_code failed) {
    if (failed) return self->Close();
    self->OnWritable();
  });
}

void Connection::OnWritable() {
  if (state_ == State::kClosed) return;
  error_code error;
  const auto rest = asio::buffer(output_) + output_sent_;
  output_sent_ += socket_.write_some(rest, error);
  if (error && error != asio::error::would_block) return Close();
  if (output_sent_ == output_.size()) {
    Clear(output_);
    return Drained();
  }
  socket_.async_wait(Tcp::socket::wait_write, [self = shared_from_this()](error_code failed) {
    if (failed) return self->Close();
    self->OnWritable();
  });
}

void Connection::Drained() {
  if (state_ == State::kLastAnswer) return Linger();
  if (completion_) return completion_->OnDrained();
  Serve();
  Watch();
}

void Connection::Done(bool keep_alive) {
  completion_.reset();
  answering_ = false;
  if (keep_alive) {
    Serve();
    Watch();
    return;
  }
  if (tls_ != nullptr) {
    tls_->Close();
    Push(tls_->TakeOutput());
  }
  if (state_ == State::kClosed) return;
  state_ = State::kLastAnswer;
  if (output_.empty()) Linger();
}

void Connection::Linger() {
  state_ = State::kLingering;
  error_code ignored;
  socket_.shutdown(Tcp::socket::shutdown_send, ignored);
  Watch();
}

void Connection::Cut() {
  completion_.reset();
  answering_ = false;
  // The bytes that wait for the peer are sent first. Then the connection ends in the middle of the
  // answer, in the way in which it ends after an answer.
  state_ = State::kLastAnswer;
  if (output_.empty()) Linger();
}

void Connection::Reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  Close();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  --replica_.stats.open_connections;
  completion_.reset();
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace headgate::loadtest::sim
