#include "gateway/connection/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "gateway/connection/worker.h"
#include "gateway/http/cors.h"
#include "gateway/http/page_guard.h"
#include "gateway/proxy/proxied_request.h"
#include "gateway/snapshot/models.h"

namespace headgate::gateway {
namespace {

// How long a refused client may go on sending before its connection is dropped: closing at once
// would make the kernel reset the connection and take the answer with it.
constexpr std::chrono::seconds kLinger(2);
// The same without waiting: as much as a receive buffer usually holds.
constexpr int kMostDiscards = 64;

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

Session::Session(Worker& worker, TcpSocket socket)
    : worker_(worker), stream_(std::move(socket)), read_ahead_(worker.read_ahead()) {
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
    if (!open && worker_.draining()) {
      // A client that is told of a drain has nothing more to say; waiting would only hold it up.
      DiscardReceived();
    } else if (!open) {
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
    if (!co_await ReadSome(read_ahead_.size())) {
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
  // Once more: the buffer may have moved since.
  HeadProblem unused;
  ParseRequestHead(input_.data(), record.snapshot->config->server.limits.head, 0, head_, unused);
  NoteHowToAnswer(*record.snapshot);
  // The head's own words: it may have been refused, or cut off, before its method was read.
  std::string_view sent = input_.data();
  sent.remove_prefix(std::min(sent.find_first_not_of("\r\n"), sent.size()));
  without_body_ = sent.starts_with("HEAD ");
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
  NoteHowToAnswer(*record.snapshot);
  const EndpointMatch match = FindEndpoint(head_.method, head_.path);
  // A copy: the head moves when the body does not fit behind it.
  const std::string argument = PercentDecode(match.argument);
  const bool preflight = record.snapshot->config->server.cors && IsPreflight(head_);
  std::optional<ClientError> refusal = Admit(match, preflight, record);
  if (refusal) {
    // The body is not worth reading; without it the next request cannot be found.
    if (head_.chunked || head_.content_length.value_or(0) > 0) CloseAfterThis();
  } else {
    refusal = co_await ReadBody(record);
  }
  record.body_read = SteadyClock::now();
  if (refusal) {
    co_await SendError(*refusal, record);
  } else if (preflight) {
    co_await AnswerPreflight(match.allow, record);
  } else if (match.row->action == Action::kProxy) {
    ProxiedRequest request(worker_, *this, *match.row, argument, record);
    request_ = &request;
    co_await request.Run();
    request_ = nullptr;
  } else {
    co_await AnswerLocally(*match.row, argument, record);
  }
  record.ended = SteadyClock::now();
  worker_.Book(record);
  const bool keep = head_.keep_alive && !client_gone_ && !worker_.draining();
  read_ahead_.Expect(head_size_ + body_size_);
  input_.Consume(head_size_ + body_size_, read_ahead_.size());
  if (chunked_body_.capacity() > InputBuffer::kSmall) chunked_body_ = {};
  TrimOut();
  co_return keep;
}

// Of a head that was refused those fields count that were read before.
void Session::NoteHowToAnswer(const Snapshot& snapshot) {
  without_body_ = head_.method == "HEAD";
  anthropic_errors_ = IsAnthropicPath(head_.path);
  cors_fields_.clear();
  const std::optional<config::Cors>& cors = snapshot.config->server.cors;
  if (cors) AppendCorsFields(*cors, head_.Find("origin"), cors_fields_);
}

// Whether a browser may have sent this for a page that has no business here. Keys answer that by
// themselves: a page does not have one. There Host counts only where the operator lists names, and
// Origin only for what it is asked about.
std::optional<ClientError> Session::GuardAgainstPages(bool preflight, RequestRecord& record) {
  const config::Server& server = record.snapshot->config->server;
  const bool keyless = server.auth == config::AuthMode::kNone;
  const config::Cors* const cors = server.cors ? &*server.cors : nullptr;
  if (!keyless && server.hosts.empty() && !preflight) return std::nullopt;
  std::string address;  // without keys it is loopback (CheckServer in config)
  if (!keyless) {
    error_code error;
    address = stream_.socket().local_endpoint(error).address().to_string();
  }
  const PortIdentity port{
      .tls = stream_.is_tls(), .hosts = server.hosts, .address = address, .cors = cors};
  PageVerdict verdict = PageVerdict::kPass;
  if (keyless || !server.hosts.empty()) verdict = CheckHost(head_, port);
  // Without CORS every OPTIONS is a 405, which a browser takes for a no.
  const bool page_counts = preflight || (keyless && head_.method != "OPTIONS");
  if (verdict == PageVerdict::kPass && page_counts) verdict = CheckOrigin(head_, port);
  if (verdict == PageVerdict::kPass) return std::nullopt;
  record.rejection = Rejection::kOrigin;
  return ClientError{
      .status = 403,
      .code = verdict == PageVerdict::kForeignHost ? "foreign_host" : "foreign_origin",
      .message = ExplainVerdict(verdict, head_)};
}

std::optional<ClientError> Session::Admit(const EndpointMatch& match, bool preflight,
                                          RequestRecord& record) {
  if (std::optional<ClientError> refusal = GuardAgainstPages(preflight, record)) return refusal;
  if (preflight) return std::nullopt;
  if (match.row == nullptr) {
    record.rejection = Rejection::kNotFound;
    const bool known = !match.allow.empty();
    return ClientError{.status = known ? 405 : 404,
                       .code = known ? "method_not_allowed" : "unknown_url",
                       .message = ExplainUnknownPath(head_.method, head_.path),
                       .allow = match.allow};
  }
  if (match.row->action == Action::kAlive) return std::nullopt;
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

void Session::DiscardReceived() {
  error_code error;
  char discarded[4096];
  for (int i = 0; i < kMostDiscards && !error; ++i) {
    stream_.socket().read_some(asio::buffer(discarded, sizeof discarded), error);
  }
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
