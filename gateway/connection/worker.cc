#include "gateway/connection/worker.h"

#include <malloc.h>
#include <poll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/connection/session.h"

namespace headgate::gateway {
namespace {

// Timeouts, departed clients and dead pooled connections are looked for this often: no timer per
// read or write. Limits are therefore met to 100 ms.
constexpr std::chrono::milliseconds kSweepInterval(100);
// Waking a writer costs two switches of context: seldom is cheap. What waits is written with every
// sweep at the latest.
constexpr std::size_t kLogBlock = 256u << 10;
constexpr std::size_t kRecordedBlock = 32u << 10;  // less than the smallest file that is rotated

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

}  // namespace

Worker::Worker(WorkerShared& shared, std::shared_ptr<const Snapshot> snapshot, std::uint64_t seed)
    : shared_(shared),
      snapshot_(std::move(snapshot)),
      acceptor_(io_),
      sweep_timer_(io_),
      metrics_(shared.series_cap),
      random_state_(seed) {
  pool_.Keep(snapshot_->fleet->ReplicaNumbers());
}

Worker::~Worker() = default;

absl::Status Worker::Listen(const config::Endpoint& at) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(at.host, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("server.listen: ", at.host, " is not an address; write e.g. 127.0.0.1:8080"));
  }
  const asio::ip::tcp::endpoint endpoint(address, at.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor_.set_option(ReusePort(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("server.listen: cannot listen on ", at.host, ":",
                                               at.port, ": ", error.message(),
                                               "; choose a free port or stop what uses it"));
  }
  local_port_ = acceptor_.local_endpoint().port();
  return absl::OkStatus();
}

void Worker::Run() {
  asio::co_spawn(io_, AcceptLoop(), asio::detached);
  asio::co_spawn(io_, SweepLoop(), asio::detached);
  io_.run();
  FlushLog();
}

void Worker::Drain(TimePoint deadline) {
  asio::post(io_, [this, deadline] { BeginDrain(deadline); });
}

void Worker::Use(std::shared_ptr<const Snapshot> snapshot) {
  asio::post(io_, [this, snapshot = std::move(snapshot)]() mutable {
    snapshot_ = std::move(snapshot);
    // After a drain nothing is kept, and nothing is to be kept again.
    if (!draining()) pool_.Keep(snapshot_->fleet->ReplicaNumbers());
  });
}

void Worker::Forget(std::shared_ptr<const std::vector<bool>> labels) {
  asio::post(io_, [this, labels = std::move(labels)] { metrics_.Forget(*labels); });
}

void Worker::BeginDrain(TimePoint deadline) {
  drain_deadline_ = deadline;
  // What the kernel has already accepted for us would be reset by closing: serve it first.
  for (;;) {
    error_code error;
    acceptor_.non_blocking(true, error);
    TcpSocket socket(io_);
    acceptor_.accept(socket, error);
    if (error) break;
    asio::co_spawn(io_, Session::Serve(*this, std::move(socket)), asio::detached);
  }
  error_code ignored;
  acceptor_.close(ignored);
  for (Session* session : sessions_) session->DrainIfIdle();
}

Awaitable<void> Worker::AcceptLoop() {
  while (!draining()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (error == asio::error::operation_aborted) co_return;
    if (error) {
      // Out of descriptors, usually: give running requests time to return some.
      asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> pause(
          io_, kSweepInterval);
      co_await pause.async_wait(kAwait);
      continue;
    }
    asio::co_spawn(io_, Session::Serve(*this, TcpSocket(std::move(socket))), asio::detached);
  }
}

Awaitable<void> Worker::SweepLoop() {
  while (!draining() || !sessions_.empty()) {
    sweep_timer_.expires_after(kSweepInterval);
    co_await sweep_timer_.async_wait(kAwait);
    Sweep(SteadyClock::now());
  }
  pool_.Clear();
}

void Worker::Sweep(TimePoint now) {
  const bool cut = now >= drain_deadline_;
  FindGoneClients();
  std::size_t held = 0;
  for (Session* session : sessions_) {
    if (cut) session->CutForDrain();
    session->Tick(now);
    held += session->HeldBytes();
  }
  if (heap_return_.Due(held, now)) malloc_trim(0);
  pool_.Sweep(now);
  FlushLog();
}

// A client that closes shows as half closed until something is written to it, and until then there
// may be nothing to write: see docs/decisions/0011.
void Worker::FindGoneClients() {
  std::vector<pollfd> polled;
  std::vector<Session*> watched;
  for (Session* session : sessions_) {
    if (!session->WatchesClient()) continue;
    polled.push_back({session->fd(), POLLRDHUP, 0});
    watched.push_back(session);
  }
  if (polled.empty() || poll(polled.data(), polled.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if ((polled[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) watched[i]->ClientGone();
  }
}

void Worker::Book(const RequestRecord& record) {
  BookMetrics(record, metrics_);
  if (record.conversation && record.committed && record.outcome == RequestOutcome::kOk) {
    const std::size_t target = record.attempts[*record.committed].target;
    shared_.sessions.Put(*record.conversation,
                         {record.snapshot->target_labels[target], record.classification->topic},
                         record.ended);
  }
  if (!record.decided.empty()) Record(record);
  if (shared_.access_log == nullptr) return;
  AppendLogLine(record, clock_.LogTime(std::chrono::system_clock::now()), logged_.lines);
  if (logged_.lines.size() >= kLogBlock) FlushLog();
}

void Worker::Record(const RequestRecord& record) {
  if (recorded_under_ != record.snapshot) {
    FlushRecorded();
    recorded_under_ = record.snapshot;
    recorded_.preamble = record.snapshot->policy_line;
  }
  AppendRecordLine(record, recorded_.lines);
  if (recorded_.lines.size() >= kRecordedBlock) FlushRecorded();
}

// Holds on to no snapshot that nobody records under any more.
void Worker::FlushRecorded() {
  if (recorded_under_ == nullptr) return;
  recorded_under_->recording->Submit(recorded_);
  recorded_under_.reset();
}

void Worker::FlushLog() {
  if (!logged_.lines.empty()) shared_.access_log->Submit(logged_);
  FlushRecorded();
}

void Worker::Add(Session& session) {
  session.set_slot(sessions_.size());
  sessions_.push_back(&session);
  metrics_.connections.Add(1);
}

void Worker::Remove(Session& session) {
  sessions_.back()->set_slot(session.slot());
  std::swap(sessions_[session.slot()], sessions_.back());
  sessions_.pop_back();
  metrics_.connections.Add(-1);
}

std::uint64_t Worker::Random() {
  // SplitMix64 (Steele, Lea, Flood 2014): one multiplication chain, no state to speak of.
  std::uint64_t z = (random_state_ += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

RequestId Worker::NewRequestId() {
  static constexpr char kHex[] = "0123456789abcdef";
  RequestId id{{'r', 'e', 'q', '_'}};
  std::uint64_t bits = 0;
  for (std::size_t i = 4; i < id.text.size(); ++i, bits >>= 4) {
    if (i % 12 == 4) bits = Random();
    id.text[i] = kHex[bits & 15];
  }
  return id;
}

}  // namespace headgate::gateway
