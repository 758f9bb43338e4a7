#include "loadtest/load/run/runner.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json.hpp>
#include <iostream>
#include <stdexcept>

#include "loadtest/load/traffic/request.h"
#include "loadtest/load/traffic/schedule.h"

namespace headgate::loadtest::load {
namespace {

std::vector<double> Weights(const Scenario& scenario) {
  std::vector<double> weights;
  for (const MixEntry& entry : scenario.mix) weights.push_back(entry.weight);
  return weights;
}

asio::ip::tcp::endpoint Resolve(asio::io_context& io, const Options& options) {
  asio::ip::tcp::resolver resolver(io);
  boost::system::error_code error;
  const auto found = resolver.resolve(options.host, std::to_string(options.port), error);
  if (error || found.empty()) {
    throw std::runtime_error("--url: " + options.host + " cannot be resolved");
  }
  return found.begin()->endpoint();
}

}  // namespace

Tally LoadResult::Total() const {
  Tally total;
  for (const Tally& tally : mix) total.Add(tally);
  return total;
}

Runner::Runner(const Options& options)
    : options_(options),
      connections_(io_, Resolve(io_, options)),
      host_(options.host + ":" + std::to_string(options.port)),
      random_(options.scenario.seed) {
  const std::vector<double> weights = Weights(options.scenario);
  kinds_ = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
  result_.mix.resize(options.scenario.mix.size());
  for (const MixEntry& entry : options.scenario.mix) {
    ready_.push_back(HttpRequest(entry, host_, options.base, options.key,
                                 BodyOf(entry, {}, options.scenario.seed)));
  }
  if (options.keep_answers.empty()) return;
  answers_.open(options.keep_answers);
  if (!answers_) throw std::runtime_error(options.keep_answers + " cannot be written");
}

LoadResult Runner::Run() {
  const TimePoint started = std::chrono::steady_clock::now();
  asio::signal_set interrupt(io_, SIGINT, SIGTERM);
  interrupt.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    result_.interrupted = true;
    io_.stop();
  });
  asio::co_spawn(io_, SendAll(), asio::detached);
  asio::co_spawn(io_, WatchItself(), asio::detached);
  if (isatty(STDERR_FILENO) != 0) asio::co_spawn(io_, ShowProgress(), asio::detached);
  io_.run();
  result_.elapsed = std::chrono::steady_clock::now() - started;
  return std::move(result_);
}

asio::awaitable<void> Runner::SendAll() {
  Schedule schedule(options_.scenario);
  asio::steady_timer timer(io_);
  const TimePoint start = std::chrono::steady_clock::now();
  for (std::size_t number = 0; !options_.requests || number < *options_.requests; ++number) {
    const auto offset = schedule.Next();
    if (!offset) break;
    const TimePoint due = start + *offset;
    if (due > std::chrono::steady_clock::now()) {
      timer.expires_at(due);
      co_await timer.async_wait(kAwait);
    }
    const std::size_t kind = NextKind();
    const auto cap = options_.scenario.concurrency;
    if (cap && in_flight_ >= static_cast<std::size_t>(*cap)) {
      ++result_.mix[kind].errors["not_sent"];
      continue;
    }
    ++in_flight_;
    asio::co_spawn(io_, SendOne(number, kind, due), asio::detached);
  }
  all_sent_ = true;
  EndWhenDone();
}

asio::awaitable<void> Runner::SendOne(std::size_t number, std::size_t kind, TimePoint due) {
  Exchange exchange(connections_, options_.scenario.mix[kind], NextRequest(number, kind), due,
                    options_.timeout, answers_.is_open());
  result_.lateness.Add(std::chrono::steady_clock::now() - due);
  co_await exchange.Run();
  exchange.AddTo(result_.mix[kind]);
  if (answers_.is_open()) Keep(number, exchange);
  --in_flight_;
  EndWhenDone();
}

std::string Runner::NextRequest(std::size_t number, std::size_t kind) {
  if (options_.prompts.empty()) return ready_[kind];
  const MixEntry& entry = options_.scenario.mix[kind];
  const std::string& messages = options_.prompts[number % options_.prompts.size()];
  return HttpRequest(entry, host_, options_.base, options_.key, BodyOf(entry, messages, 0));
}

std::size_t Runner::NextKind() { return kinds_(random_); }

void Runner::Keep(std::size_t number, const Exchange& exchange) {
  boost::json::object line{{"index", number},
                           {"outcome", exchange.outcome()},
                           {"status", exchange.status()},
                           {"text", exchange.facts().text}};
  boost::json::object fields;
  if (exchange.answer() != nullptr) {
    for (const auto& [name, value] : exchange.answer()->fields()) fields[name] = value;
  }
  line["headers"] = std::move(fields);
  answers_ << line << "\n";
}

asio::awaitable<void> Runner::WatchItself() {
  constexpr std::chrono::milliseconds kBeat(20);
  asio::steady_timer timer(io_);
  for (;;) {
    timer.expires_after(kBeat);
    co_await timer.async_wait(kAwait);
    const std::chrono::nanoseconds late = std::chrono::steady_clock::now() - timer.expiry();
    result_.longest_own_stall = std::max(result_.longest_own_stall, late);
  }
}

asio::awaitable<void> Runner::ShowProgress() {
  asio::steady_timer timer(io_);
  for (;;) {
    timer.expires_after(std::chrono::seconds(1));
    co_await timer.async_wait(kAwait);
    const Tally total = result_.Total();
    std::cerr << "\r" << total.sent << " ended, " << in_flight_ << " in flight, " << total.Failed()
              << " failed \033[K" << std::flush;
  }
}

void Runner::EndWhenDone() {
  if (all_sent_ && in_flight_ == 0) io_.stop();
}

}  // namespace headgate::loadtest::load
