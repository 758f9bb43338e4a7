#include "gateway/session.h"

#include <utility>

#include "absl/strings/match.h"
#include "gateway/proxied_request.h"
#include "gateway/worker.h"

namespace headgate::gateway {
namespace {

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

}  // namespace

Awaitable<void> Session::Serve(Worker& worker, TcpSocket socket) {
  Session session(worker, std::move(socket));
  const config::Limits& limits = worker.snapshot()->config->server.limits;
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
    // Who is told of a drain has nothing more to say; waiting would only hold it up.
    if (!open && !worker_.draining()) {
      co_await LingeringClose();
    }
  }
  stream_.Close();
}

Awaitable<bool> Session::Handshake() {
  // Held while it is used: a reload may replace the certificate meanwhile.
  const std::shared_ptr<boost::asio::ssl::context> tls = worker_.snapshot()->server_tls;
  if (!tls) co_return true;
  SetDeadline(worker_.snapshot()->config->server.limits.head_timeout);
  const error_code error = co_await stream_.HandshakeAsServer(*tls);
  co_return !error;
}

// Reads until a whole head stands at the start of the buffer. false: the connection ends here.
Awaitable<bool> Session::ReadHead() {
  // A copy: the snapshot may be replaced while nothing comes, and who waits keeps none alive.
  config::Limits limits = worker_.snapshot()->config->server.limits;
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
      limits = worker_.snapshot()->config->server.limits;
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
  expose_ = false;
  const std::optional<std::string_view> text = KeyText(head_);
  if (!text) {
    record.rejection = Rejection::kAuth;
    return ClientError{.status = 400,
                       .code = "conflicting_credentials",
                       .message =
                           "Authorization, x-api-key and api-key carry different keys; "
                           "send one."};
  }
  if (snapshot.config->server.auth == config::AuthMode::kNone) {
    expose_ = true;
    return std::nullopt;
  }
  record.rejection = Rejection::kAuth;
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
  expose_ = snapshot.config->keys[*record.key].expose;
  return std::nullopt;
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
