#include "backends/upstream/active_check.h"

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <limits>
#include <string>
#include <utility>

#include "backends/upstream/http_exchange.h"

namespace headgate::backends {
namespace {

using std::chrono::milliseconds;

struct EngineRow {
  config::Engine engine;
  HealthQuestion question;
};
// SGLang generates one token and looks for it once a second, so it takes up to a second longer.
// Ollama has no path for health; its version is cheap and needs no model.
constexpr std::array kEngines = {
    EngineRow{config::Engine::kVllm, {"/health", milliseconds(1000)}},
    EngineRow{config::Engine::kSglang, {"/health", milliseconds(2000)}},
    EngineRow{config::Engine::kLlamaCpp, {"/health", milliseconds(1000)}},
    EngineRow{config::Engine::kTgi, {"/health", milliseconds(1000)}},
    EngineRow{config::Engine::kOllama, {"/api/version", milliseconds(1000)}},
};

// Its pool has no shelves, so it keeps no connection under this number.
constexpr std::size_t kNoNumber = std::numeric_limits<std::size_t>::max();

using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

}  // namespace

std::optional<HealthQuestion> HealthQuestionOf(config::Engine engine) {
  for (const EngineRow& row : kEngines) {
    if (row.engine == engine) return row.question;
  }
  return std::nullopt;
}

CheckResult JudgeCheck(int status) {
  if (status >= 200 && status < 300) return CheckResult::kHealthy;
  if (status == 401 || status == 403 || status == 404 || status == 405) {
    return CheckResult::kUnknown;
  }
  return CheckResult::kUnhealthy;
}

Awaitable<ShortAnswer> AskReplica(Executor executor, ConnectionPool& pool, const Upstream& upstream,
                                  std::size_t replica, const ShortQuestion& question) {
  std::string head;
  upstream.AppendCheck(replica, question.path, head);
  const ExchangePlace place{.upstream = upstream,
                            .replica = replica,
                            .replica_number = kNoNumber,
                            .timeouts = {.connect = question.limit, .first_token = question.limit},
                            .deadline = SteadyClock::now() + question.limit};
  // The handler of the timer may run after the exchange has ended.
  const auto exchange = std::make_shared<HttpExchange>(executor, pool, place);
  Timer timer(executor, place.deadline);
  timer.async_wait([exchange](const error_code& error) {
    if (!error) exchange->Abort(AttemptResult::kConnectFailed);
  });
  const std::array<asio::const_buffer, 1> request = {asio::buffer(head)};
  ShortAnswer answer;
  bool more = co_await exchange->Start(request, /*streamed=*/true);
  if (more) answer.status = exchange->head().status;
  while (more && !exchange->complete() && exchange->body().size() < question.most_bytes) {
    more = co_await exchange->ReadMore();
  }
  timer.cancel();
  if (answer.status == 0) co_return answer;
  answer.whole = more && exchange->complete();
  answer.too_large = exchange->body().size() > question.most_bytes || (more && !answer.whole);
  answer.body = std::move(exchange->body());
  co_return answer;
}

Awaitable<CheckResult> CheckReplica(Executor executor, ConnectionPool& pool,
                                    const Upstream& upstream, std::size_t replica,
                                    const HealthQuestion& question) {
  const ShortQuestion get{.path = question.path, .limit = question.limit};
  const ShortAnswer answer = co_await AskReplica(executor, pool, upstream, replica, get);
  co_return JudgeCheck(answer.status);
}

bool CheckSchedule::Begin(const SharedCircuit* replica, Clock::time_point now) {
  const auto [place, added] = entries_.try_emplace(replica);
  Entry& entry = place->second;
  entry.asked = now;
  if (entry.running || (!added && now - entry.begun < kInterval)) return false;
  entry.begun = now;
  entry.running = true;
  return true;
}

void CheckSchedule::End(const SharedCircuit* replica) {
  const auto found = entries_.find(replica);
  if (found != entries_.end()) found->second.running = false;
}

void CheckSchedule::EndRound(Clock::time_point begin) {
  std::erase_if(entries_, [begin](const auto& entry) {
    return !entry.second.running && entry.second.asked < begin;
  });
}

}  // namespace headgate::backends
