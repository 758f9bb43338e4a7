#include "gateway/session.h"

#include <utility>

#include "absl/strings/match.h"
#include "gateway/http/chunked_body.h"
#include "gateway/models.h"
#include "gateway/proxied_request.h"
#include "gateway/worker.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kReadSize = 4u << 10;
// How long a refused client may go on sending before its connection is dropped: closing at once
// would make the kernel reset the connection and take the answer with it.
constexpr std::chrono::seconds kLinger(2);

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

// The key text of the request: three headers, one door. nullopt: two that differ.
std::optional<std::string_view> KeyText(const RequestHead& head) {
  std::string_view bearer = head.authorization;
  constexpr std::string_view kScheme = "bearer ";
  if (bearer.size() > kScheme.size() && EqualsIgnoringCase(bearer.substr(0, 7), kScheme)) {
    bearer.remove_prefix(kScheme.size());
  }
  std::string_view key;
  for (const std::string_view text : {bearer, head.x_api_key, head.api_key}) {
    if (text.empty() || text == key) continue;
    if (!key.empty()) return std::nullopt;
    key = text;
  }
  return key;
}

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

Awaitable<void> Session::Serve(Worker& worker, TcpSocket socket) {
  Session session(worker, std::move(socket));
  const config::Limits& limits = worker.snapshot()->config.server.limits;
  WorkerShared& shared = worker.shared();
  if (shared.connections.fetch_add(1, std::memory_order_relaxed) < limits.connections) {
    co_await session.Run();
  } else {
    worker.metrics().rejected[static_cast<std::size_t>(Rejection::kConnections)].Add(1);
  }
  shared.connections.fetch_sub(1, std::memory_order_relaxed);
}

Session::Session(Worker& worker, TcpSocket socket) : worker_(worker), stream_(std::move(socket)) {
  worker_.Add(*this);
}

Session::~Session() { worker_.Remove(*this); }

Awaitable<void> Session::Run() {
  if (stream_.Configure()) co_return;
  // A plain statement for each co_await: see CONTRIBUTING, "Coroutines".
  bool open = co_await Handshake();
  while (open) {
    open = co_await ReadHead();
    if (!open) break;
    open = co_await HandleRequest();
    if (!open) co_await LingeringClose();
  }
  stream_.Close();
}

Awaitable<bool> Session::Handshake() {
  if (!worker_.shared().server_tls) co_return true;
  SetDeadline(worker_.snapshot()->config.server.limits.head_timeout);
  co_return !co_await stream_.HandshakeAsServer(*worker_.shared().server_tls);
}

// Reads until a whole head stands at the start of the buffer. false: the connection ends here.
Awaitable<bool> Session::ReadHead() {
  const config::Limits& limits = worker_.snapshot()->config.server.limits;
  std::size_t scanned = 0;
  idle_ = input_.empty();
  if (idle_ && worker_.draining()) co_return false;
  SetDeadline(idle_ ? limits.idle_timeout : limits.head_timeout);
  for (;;) {
    if (!input_.empty()) {
      HeadProblem problem;
      const HeadParse parse = ParseRequestHead(input_.data(), limits.head, scanned, head_, problem);
      if (parse.verdict == HeadVerdict::kComplete) {
        head_size_ = parse.size;
        idle_ = false;
        co_return true;
      }
      if (parse.verdict == HeadVerdict::kRefused) {
        co_await RefuseHead(problem);
        co_return false;
      }
      scanned = input_.size();
    }
    if (!co_await ReadSome(kReadSize)) {
      if (timed_out_ && !idle_) {
        HeadProblem problem;
        problem.status = 408;
        problem.message = "The request head did not arrive in time.";
        worker_.metrics().rejected[static_cast<std::size_t>(Rejection::kTimeout)].Add(1);
        co_await RefuseHead(problem);
      }
      co_return false;
    }
    if (idle_) {
      idle_ = false;
      SetDeadline(limits.head_timeout);
    }
  }
}

Awaitable<void> Session::RefuseHead(const HeadProblem& problem) {
  RequestRecord record;
  record.snapshot = worker_.snapshot();
  record.id = worker_.NewRequestId();
  record.started = record.body_read = SteadyClock::now();
  record.rejection = Rejection::kBadHead;
  head_ = {};
  head_.keep_alive = false;
  timed_out_ = false;
  const ClientError error{.status = problem.status, .message = problem.message};
  co_await SendError(error, record);
  record.ended = SteadyClock::now();
  worker_.Book(record);
  co_await LingeringClose();
}

// One request, from its head to its booking. false: the connection ends here.
Awaitable<bool> Session::HandleRequest() {
  RequestRecord record;
  record.snapshot = worker_.snapshot();
  record.id = worker_.NewRequestId();
  record.started = SteadyClock::now();
  client_gone_ = false;
  body_is_chunked_ = false;
  body_size_ = 0;
  const EndpointMatch match = FindEndpoint(head_.method, head_.path);
  std::optional<ClientError> refusal = Admit(match, record);
  if (refusal) {
    // The body is not worth reading; without it the next request cannot be found.
    if (head_.chunked || head_.content_length.value_or(0) > 0) CloseAfterThis();
  } else {
    refusal = co_await ReadBody(record);
  }
  record.body_read = SteadyClock::now();
  if (refusal) {
    co_await SendError(*refusal, record);
  } else if (match.row->action == Action::kProxy) {
    ProxiedRequest request(worker_, *this, *match.row, record);
    request_ = &request;
    co_await request.Run();
    request_ = nullptr;
  } else {
    co_await AnswerLocally(*match.row, record);
  }
  record.ended = SteadyClock::now();
  worker_.Book(record);
  const bool keep = head_.keep_alive && !client_gone_ && !worker_.draining();
  input_.Consume(head_size_ + body_size_);
  if (chunked_body_.capacity() > kReadSize) chunked_body_ = {};
  TrimOut();
  co_return keep;
}

std::optional<ClientError> Session::Admit(const EndpointMatch& match, RequestRecord& record) {
  if (match.row == nullptr) {
    record.rejection = Rejection::kNotFound;
    ClientError error{.status = 404, .code = "unknown_url"};
    if (match.path_exists) {
      error.status = 405;
      error.code = "method_not_allowed";
    }
    error.message = "There is no " + std::string(head_.method) + " " + std::string(head_.path) +
                    " here; there is " + std::string(EndpointList()) + ".";
    if (head_.path.starts_with("/v1/v1/")) {
      error.message += " The base URL has /v1 twice: set it to end in a single /v1.";
    }
    return error;
  }
  if (match.row->action == Action::kRoot) return std::nullopt;
  if (std::optional<ClientError> refusal = Authenticate(record)) return refusal;
  if (!head_.content_encoding.empty() && !EqualsIgnoringCase(head_.content_encoding, "identity")) {
    record.rejection = Rejection::kBadBody;
    return ClientError{.status = 415,
                       .code = "unsupported_content_encoding",
                       .message = "Content-Encoding is not supported; send the body as it is."};
  }
  return std::nullopt;
}

std::optional<ClientError> Session::Authenticate(RequestRecord& record) {
  const Snapshot& snapshot = *record.snapshot;
  expose_ = true;
  if (snapshot.config.server.auth == config::AuthMode::kNone) return std::nullopt;
  expose_ = false;
  record.rejection = Rejection::kAuth;
  const std::optional<std::string_view> text = KeyText(head_);
  if (!text) {
    return ClientError{.status = 400,
                       .code = "conflicting_credentials",
                       .message =
                           "Authorization, x-api-key and api-key carry different keys; "
                           "send one."};
  }
  if (!text->empty()) record.key = snapshot.keys.Find(*text);
  if (!record.key) {
    return ClientError{
        .status = 401,
        .code = "invalid_api_key",
        .message = text->empty()
                       ? "No API key came with the request; send Authorization: Bearer KEY."
                       : "This API key is not known here; ask whoever runs this gateway for one."};
  }
  record.rejection.reset();
  expose_ = snapshot.config.keys[*record.key].expose;
  return std::nullopt;
}

Awaitable<std::optional<ClientError>> Session::ReadBody(RequestRecord& record) {
  const config::Limits& limits = worker_.snapshot()->config.server.limits;
  const std::uint64_t announced = head_.content_length.value_or(0);
  if (announced > limits.body) {
    record.rejection = Rejection::kTooLarge;
    CloseAfterThis();
    co_return TooLarge(limits.body);
  }
  if (announced == 0 && !head_.chunked) co_return std::nullopt;
  const bool here = !head_.chunked && input_.size() - head_size_ >= announced;
  if (!here) {
    SetDeadline(limits.body_timeout);
    if (head_.expect_continue && input_.size() == head_size_) {
      const bool sent = co_await Send("HTTP/1.1 100 Continue\r\n\r\n");
      if (!sent) co_return ClientError{};
    }
  }
  std::optional<ClientError> problem;
  if (head_.chunked) {
    problem = co_await ReadChunkedBody();
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
  co_return problem;
}

// Reads until head and `size` bytes of body lie in input_.
Awaitable<bool> Session::FillBody(std::size_t size) {
  const char* const before = input_.begin();
  const std::size_t want = head_size_ + size;
  while (input_.size() < want) {
    // Grow with what really comes, so that an announcement alone takes no memory.
    const std::size_t step = std::min(want - input_.size(), std::max(kReadSize, input_.size()));
    if (!co_await ReadSome(step)) co_return false;
  }
  if (input_.begin() != before) {
    // The buffer has moved; the head's views have to follow.
    HeadProblem unused;
    const bool keep_alive = head_.keep_alive;
    ParseRequestHead(input_.data(), worker_.snapshot()->config.server.limits.head, 0, head_,
                     unused);
    head_.keep_alive = head_.keep_alive && keep_alive;
  }
  co_return true;
}

Awaitable<std::optional<ClientError>> Session::ReadChunkedBody() {
  const std::size_t limit = worker_.snapshot()->config.server.limits.body;
  ChunkedBody body(limit, chunked_body_);
  body_is_chunked_ = true;
  // Decoded chunks leave the buffer, but the head's views stay valid only while it lies still: it
  // is copied out of the way once.
  const std::string head(input_.data().substr(0, head_size_));
  input_.Consume(head_size_);
  head_size_ = 0;
  for (;;) {
    const std::size_t used = body.Feed(input_.data());
    input_.Consume(used);
    if (body.state() == ChunkedBody::State::kDone) break;
    if (body.state() == ChunkedBody::State::kTooLarge) co_return TooLarge(limit);
    if (body.state() == ChunkedBody::State::kMalformed) {
      co_return ClientError{.status = 400, .message = "The chunked body is malformed."};
    }
    if (!co_await ReadSome(kReadSize)) {
      co_return ClientError{.status = 408, .message = "The request body did not arrive in time."};
    }
  }
  chunked_head_ = head;
  HeadProblem unused;
  ParseRequestHead(chunked_head_, head.size() + 1, 0, head_, unused);
  chunked_body_.reserve(chunked_body_.size() + RequestReader::kPadding);
  co_return std::nullopt;
}

std::string_view Session::body() const {
  if (body_is_chunked_) return chunked_body_;
  return input_.data().substr(head_size_, body_size_);
}

Awaitable<void> Session::AnswerLocally(const EndpointRow& row, RequestRecord& record) {
  record.endpoint = row.path;
  if (row.action == Action::kRoot) {
    co_await SendWhole(200, "text/plain; charset=utf-8",
                       head_.method == "HEAD" ? "" : "Headgate is running.\n", {}, record);
    co_return;
  }
  const std::vector<std::string>* allowed =
      record.key ? &record.snapshot->config.keys[*record.key].models : nullptr;
  if (row.action == Action::kListModels) {
    co_await SendWhole(200, "application/json", ModelListJson(*record.snapshot, allowed), {},
                       record);
    co_return;
  }
  const std::string id = PercentDecode(head_.path.substr(row.path.size()));
  if (const std::optional<std::string> json = ModelJson(*record.snapshot, allowed, id)) {
    co_await SendWhole(200, "application/json", *json, {}, record);
  } else {
    record.rejection = Rejection::kModel;
    co_await SendError(UnknownModel(id), record);
  }
}

Awaitable<void> Session::SendWhole(int status, std::string_view content_type, std::string_view body,
                                   std::string_view extra, RequestRecord& record) {
  record.status = status;
  out_.clear();
  AppendAnswerHead({.status = status,
                    .content_type = content_type,
                    .content_length = body.size(),
                    .chunked = false,
                    .close = MustClose(),
                    .date = worker_.clock().HttpDate(std::chrono::system_clock::now()),
                    .request_id = record.id.View(),
                    .extra = extra},
                   out_);
  out_.append(body);
  co_await Send(out_);
}

Awaitable<void> Session::SendError(const ClientError& error, RequestRecord& record) {
  if (record.outcome == RequestOutcome::kOk) {
    record.outcome = error.status >= 500 ? RequestOutcome::kUpstreamError
                     : record.rejection  ? RequestOutcome::kRefused
                                         : RequestOutcome::kClientError;
  }
  if (record.error.empty()) record.error = error.message;
  std::string extra;
  if (error.retry_after_s) extra = "Retry-After: " + std::to_string(*error.retry_after_s) + "\r\n";
  if (error.status == 401) extra += "WWW-Authenticate: Bearer\r\n";
  co_await SendWhole(error.status, "application/json", ErrorJson(error), extra, record);
}

Awaitable<bool> Session::Send(std::string_view bytes) {
  error_code error;
  bytes.remove_prefix(stream_.TryWrite(bytes, error));
  if (!error && !bytes.empty()) {
    // A client that takes nothing for this long is gone, whatever its socket says.
    SetDeadline(worker_.snapshot()->config.server.limits.idle_timeout);
    error = co_await stream_.Write(bytes);
    deadline_ = TimePoint::max();
  }
  if (error) client_gone_ = true;
  co_return !error;
}

Awaitable<bool> Session::ReadSome(std::size_t want) {
  char* const tail = input_.Tail(want);
  auto [error, size] = co_await stream_.ReadSome(asio::buffer(tail, input_.TailRoom()));
  if (error) co_return false;
  input_.Commit(size);
  co_return true;
}

Awaitable<void> Session::LingeringClose() {
  error_code error;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
  input_.Consume(input_.size());
  SetDeadline(kLinger);
  while (!error && !timed_out_) {
    char discarded[1024];
    auto [read_error, size] = co_await stream_.socket().async_read_some(
        asio::buffer(discarded, sizeof discarded), kAwait);
    error = read_error;
  }
}

bool Session::MustClose() const { return !head_.keep_alive || worker_.draining(); }

void Session::SetDeadline(std::chrono::milliseconds after) {
  timed_out_ = false;
  deadline_ = SteadyClock::now() + after;
}

void Session::Tick(TimePoint now) {
  if (request_ != nullptr) request_->Tick(now);
  if (now < deadline_) return;
  timed_out_ = true;
  error_code ignored;
  stream_.socket().cancel(ignored);
}

void Session::ClientGone() {
  client_gone_ = true;
  request_->ClientGone();
}

void Session::DrainIfIdle() {
  if (!idle_) return;
  deadline_ = TimePoint::min();
  Tick(SteadyClock::now());
}

void Session::CutForDrain() {
  if (request_ != nullptr) {
    request_->Cut();
  } else {
    deadline_ = TimePoint::min();
  }
}

}  // namespace headgate::gateway
