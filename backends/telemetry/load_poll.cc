#include "backends/telemetry/load_poll.h"

#include <optional>

namespace headgate::backends {
namespace {

constexpr std::chrono::milliseconds kPollLimit(1000);
constexpr std::size_t kMostBytesOfPoll = 1u << 20;

}  // namespace

PolledLoad JudgePoll(const LoadQuestion& question, const ShortAnswer& answer) {
  PolledLoad polled;
  const bool good = answer.status >= 200 && answer.status < 300;
  if (!good) {
    // Silence and an overloaded server say nothing about the question.
    const bool says_no = (answer.status >= 300 && answer.status < 500) || answer.status == 501;
    polled.answered = !says_no || answer.status == 429;
    return polled;
  }
  if (!answer.whole && !answer.too_large) return polled;
  const std::optional<EngineLoad> load =
      answer.too_large ? std::nullopt : question.read(answer.body);
  polled.result = load ? PollResult::kOk : PollResult::kUnreadable;
  polled.answered = load.has_value();
  if (load) polled.load = *load;
  return polled;
}

Awaitable<PolledLoad> PollReplica(Executor executor, ConnectionPool& pool, const Upstream& upstream,
                                  std::size_t replica, const LoadQuestion& question) {
  const ShortQuestion get{
      .path = question.path, .limit = kPollLimit, .most_bytes = kMostBytesOfPoll};
  const ShortAnswer answer = co_await AskReplica(executor, pool, upstream, replica, get);
  co_return JudgePoll(question, answer);
}

}  // namespace headgate::backends
