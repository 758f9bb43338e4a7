#include "gateway/connection/client_connection.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "gateway/connection/local_answers.h"
#include "gateway/connection/stored_answers.h"
#include "gateway/http/cors.h"
#include "gateway/http/request_target.h"
#include "gateway/proxy/proxied_request.h"
#include "gateway/relay/whole_relay.h"

namespace headgate::gateway {
namespace {

using BodyState = IncomingMessage::BodyState;

// How long a refused client may continue to send before its connection is dropped. Closing at once
// would make the kernel reset the connection, and the answer would be lost.
constexpr std::chrono::seconds kLinger(2);
// Reads at most in a discard that does not wait: as much as a receive buffer usually holds.
constexpr int kMostDiscards = 64;

// A body that is slower than this is not an upload but a way to hold a connection. 16 KiB a second
// is a modem's speed, and a prompt of 32 MiB may still take half an hour.
constexpr std::size_t kLeastBytesPerSecond = 16u << 10;

ClientError TooLarge(std::size_t limit) {
  return {.status = 413,
          .type = "invalid_request_error",
          .code = "request_too_large",
          .param = {},
          .message = "The request body is larger than this gateway takes (" +
                     std::to_string(limit) + " bytes); send less, or raise server.limits.body.",
          .retry_after_s = {}};
}

// Returns why a body was not read, or nullopt if it was read.
std::optional<ClientError> BodyRefusal(BodyState state, std::size_t limit,
                                       RequestAccount& account) {
  switch (state) {
    case BodyState::kWhole:
      return std::nullopt;
    case BodyState::kPartial:
      account.rejection = Rejection::kTimeout;
      return ClientError{.status = 408, .message = "The request body did not arrive in time."};
    case BodyState::kTooLarge:
      account.rejection = Rejection::kTooLarge;
      return TooLarge(limit);
    case BodyState::kMalformed:
      account.rejection = Rejection::kBadBody;
      return ClientError{.status = 400, .message = "The chunked body is malformed."};
  }
  return std::nullopt;
}

}  // namespace

ClientConnection::ClientConnection(ConnectionContext& context, TcpSocket socket)
    : context_(context),
      place_(context.open.size()),
      stream_(std::move(socket)),
      message_(context.read_ahead) {
  context_.open.push_back(this);
  context_.worker.metrics.connections.Add(1);
}

ClientConnection::~ClientConnection() {
  ClientConnection* const last = context_.open.back();
  last->place_ = place_;
  context_.open[place_] = last;
  context_.open.pop_back();
  context_.worker.metrics.connections.Add(-1);
}

Awaitable<void> ClientConnection::Run() {
  if (stream_.Configure()) co_return;
  // Each co_await is a statement of its own: see CONTRIBUTING, "Coroutines".
  bool open = co_await Handshake();
  while (open) {
    open = co_await ReadHead();
    if (!open) break;
    open = co_await HandleRequest();
    if (!open && context_.draining()) {
      // A client that is informed of a drain sends nothing more. Waiting would only delay the
      // drain.
      DiscardReceived();
    } else if (!open) {
      co_await LingeringClose();
    }
  }
  stream_.Close();
}

Awaitable<bool> ClientConnection::Handshake() {
  // Holds the context while it is used: a reload may replace the certificate meanwhile.
  const std::shared_ptr<boost::asio::ssl::context> tls = context_.snapshot->server_tls;
  if (!tls) co_return true;
  SetDeadline(context_.snapshot->config->server.limits.head_timeout);
  const error_code error = co_await stream_.HandshakeAsServer(*tls);
  co_return !error;
}

// Reads until a whole head has come. Returns false if the connection ends here.
Awaitable<bool> ClientConnection::ReadHead() {
  // A copy: the snapshot may be replaced while nothing comes, and a waiting connection must not
  // keep it alive.
  config::Limits limits = context_.snapshot->config->server.limits;
  idle_ = message_.empty();
  if (idle_ && context_.draining()) co_return false;
  SetDeadline(idle_ ? limits.idle_timeout : limits.head_timeout);
  HeadProblem problem;
  for (;;) {
    const HeadVerdict verdict = message_.ParseHead(limits.head, problem);
    if (verdict == HeadVerdict::kComplete) {
      idle_ = false;
      co_return true;
    }
    if (verdict == HeadVerdict::kRefused) break;
    const bool more = co_await ReadSome();
    if (!more) {
      if (!timed_out_ || idle_) co_return false;
      problem.status = 408;
      problem.message = "The request head did not arrive in time.";
      context_.worker.metrics.rejected[Rejection::kTimeout].Add(1);
      break;
    }
    if (idle_) {
      idle_ = false;
      limits = context_.snapshot->config->server.limits;
      SetDeadline(limits.head_timeout);
    }
  }
  co_await RefuseHead(problem);
  co_return false;
}

Awaitable<bool> ClientConnection::ReadSome() {
  const std::span<char> room = message_.Room();
  auto [error, size] = co_await stream_.ReadSome(asio::buffer(room.data(), room.size()));
  if (error) co_return false;
  message_.Received(size);
  co_return true;
}

RequestAccount ClientConnection::OpenAccount() {
  RequestAccount account;
  account.snapshot = context_.snapshot;
  account.id = RequestId::Make(context_.worker.random);
  account.started = SteadyClock::now();
  return account;
}

Awaitable<void> ClientConnection::RefuseHead(const HeadProblem& problem) {
  RequestAccount account = OpenAccount();
  account.body_read = account.started;
  account.rejection = Rejection::kBadHead;
  // The fields that came before the error count.
  message_.ParsePartOfHead(account.snapshot->config->server.limits.head);
  ClientResponse response(*this, context_.worker.texts, context_.worker.clock);
  const RequestHead& head = message_.head();
  response.Begin(head, FindEndpoint(head.method, head.path).protocol, account.id.View(),
                 CorsFields(*account.snapshot));
  response.CloseAfter();
  // Reads the method from the bytes of the head: the head may have been refused, or cut off, before
  // its method was parsed.
  std::string_view sent = message_.data();
  sent.remove_prefix(std::min(sent.find_first_not_of("\r\n"), sent.size()));
  if (sent.starts_with("HEAD ")) response.LeaveOutBody();
  timed_out_ = false;
  const ClientError error{.status = problem.status, .message = problem.message};
  co_await AnswerError(error, response, account);
  account.ended = SteadyClock::now();
  context_.books.Book(account);
  co_await LingeringClose();
}

// Handles one request, from its head to its booking. Returns false if the connection ends here.
Awaitable<bool> ClientConnection::HandleRequest() {
  RequestAccount account = OpenAccount();
  ClientIsBack();
  const RequestHead& head = message_.head();
  ClientResponse response(*this, context_.worker.texts, context_.worker.clock);
  EndpointMatch match = FindEndpoint(head.method, head.path);
  match.protocol = SpokenBy(match, !head.Find("anthropic-version").empty());
  response.Begin(head, match.protocol, account.id.View(), CorsFields(*account.snapshot));
  // A copy: the head moves if the body does not fit behind it.
  const std::string argument = PercentDecode(match.argument);
  match.argument = argument;
  const bool preflight = account.snapshot->config->server.cors && IsPreflight(head);
  Admission admission = AdmitRequest(match, preflight, account);
  if (admission.expose) response.Expose();
  if (admission.refusal) {
    // The body is not worth reading, and without reading it the next request cannot be found.
    if (head.chunked || head.content_length.value_or(0) > 0) response.CloseAfter();
  } else {
    admission.refusal = co_await ReadBody(account);
    if (admission.refusal) response.CloseAfter();
  }
  account.body_read = SteadyClock::now();
  if (admission.refusal) {
    co_await AnswerError(*admission.refusal, response, account);
  } else if (preflight) {
    co_await AnswerPreflight(head, match.allow, response, account);
  } else if (IsAboutStored(match.row->action)) {
    const StoredQuestion question{*match.row, match.argument, head.query};
    co_await AnswerFromStore(question, context_.worker, response, account);
  } else if (match.row->action != Action::kProxy) {
    co_await AnswerLocally(*match.row, match.argument, context_.draining(), response, account);
  } else {
    ProxiedRequest request(context_.worker, {head, message_.body(), *match.row, match.argument},
                           response, account);
    request_ = &request;
    co_await request.Run();
    request_ = nullptr;
  }
  account.ended = SteadyClock::now();
  context_.books.Book(account);
  const bool keep = response.keeps_connection();
  message_.End();
  co_return keep;
}

Admission ClientConnection::AdmitRequest(const EndpointMatch& match, bool preflight,
                                         RequestAccount& account) {
  const auto local_address = [this] { return LocalAddress(); };
  return Admit({.head = message_.head(),
                .match = match,
                .preflight = preflight,
                .tls = stream_.is_tls(),
                .unix_seconds = std::time(nullptr),
                .local_address = local_address},
               account);
}

Awaitable<std::optional<ClientError>> ClientConnection::ReadBody(RequestAccount& account) {
  const std::size_t limit = account.snapshot->config->server.limits.body;
  BodyState state = message_.BeginBody(limit);
  if (state == BodyState::kPartial) {
    const TimePoint begun = SteadyClock::now();
    ExpectBody(begun);
    if (message_.head().expect_continue && message_.body_received() == 0) {
      const bool sent = co_await Send("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return ClientError{};
    }
    while (state == BodyState::kPartial) {
      ExpectBody(begun);
      const bool more = co_await ReadSome();
      if (!more) break;
      state = message_.ContinueBody();
    }
  }
  deadline_ = TimePoint::max();
  co_return BodyRefusal(state, limit, account);
}

// The next bytes of a body are due within body_timeout. All bytes so far must have come at the
// least rate, with body_timeout allowed on top, so a byte now and then does not renew the limit.
void ClientConnection::ExpectBody(TimePoint begun) {
  const std::chrono::milliseconds allowed = context_.snapshot->config->server.limits.body_timeout;
  const std::chrono::milliseconds earned(message_.body_received() * 1000 / kLeastBytesPerSecond);
  SetDeadline(allowed);
  deadline_ = std::min(deadline_, begun + allowed + earned);
}

// Returns the CORS fields of every answer to this request, as whole lines.
std::string ClientConnection::CorsFields(const Snapshot& snapshot) const {
  std::string fields;
  const std::optional<config::Cors>& cors = snapshot.config->server.cors;
  if (cors) AppendCorsFields(*cors, message_.head().Find("origin"), fields);
  return fields;
}

std::string ClientConnection::LocalAddress() {
  error_code error;
  return stream_.socket().local_endpoint(error).address().to_string();
}

Awaitable<bool> ClientConnection::Send(std::string_view bytes) {
  error_code error;
  bytes.remove_prefix(stream_.TryWrite(bytes, error));
  if (!error && !bytes.empty()) {
    // A client that accepts no bytes for this long is gone, whatever its socket says.
    SetDeadline(context_.snapshot->config->server.limits.idle_timeout);
    error = co_await stream_.Write(bytes);
    deadline_ = TimePoint::max();
  }
  if (error) ClientGone();
  co_return !error;
}

void ClientConnection::Break() {
  ClientGone();
  stream_.Reset();
}

void ClientConnection::DiscardReceived() {
  error_code error;
  char discarded[4096];
  for (int i = 0; i < kMostDiscards && !error; ++i) {
    stream_.socket().read_some(asio::buffer(discarded, sizeof discarded), error);
  }
}

Awaitable<void> ClientConnection::LingeringClose() {
  error_code error;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
  message_.Discard();
  SetDeadline(kLinger);
  while (!error && !timed_out_) {
    char discarded[1024];
    auto [read_error, size] = co_await stream_.socket().async_read_some(
        asio::buffer(discarded, sizeof discarded), kAwait);
    error = read_error;
  }
}

std::size_t ClientConnection::HeldBytes() const {
  return message_.HeldBytes() + (request_ != nullptr ? request_->HeldBytes() : 0);
}

void ClientConnection::Tick(TimePoint now) {
  if (request_ != nullptr) request_->Tick(now);
  if (now < deadline_) return;
  timed_out_ = true;
  error_code ignored;
  stream_.socket().cancel(ignored);
}

void ClientConnection::ClientLeft() {
  ClientGone();
  request_->ClientGone();
}

void ClientConnection::DrainIfIdle() {
  if (!idle_) return;
  deadline_ = TimePoint::min();
  Tick(SteadyClock::now());
}

void ClientConnection::Drain(bool over) {
  if (request_ != nullptr) {
    request_->Drain(over);
  } else if (over) {
    deadline_ = TimePoint::min();
  }
}

}  // namespace headgate::gateway
