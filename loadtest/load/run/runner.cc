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

double InMilliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
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
      prompts_(options.scenario.seed),
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
  start_ = std::chrono::steady_clock::now();
  for (std::size_t number = 0; !options_.requests || number < *options_.requests; ++number) {
    const auto offset = schedule.Next();
    if (!offset) break;
    const TimePoint due = start_ + *offset;
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
    ++open_;
    asio::co_spawn(io_, SendOne(number, kind, due), asio::detached);
  }
  all_sent_ = true;
  EndWhenDone();
}

asio::awaitable<void> Runner::SendOne(std::size_t number, std::size_t kind, TimePoint due) {
  const MixEntry& entry = options_.scenario.mix[kind];
  if (entry.chat && options_.prompts.empty()) {
    co_await Converse(number, kind, due);
  } else {
    const ClientTerms terms = TermsOf(entry);
    Exchange exchange(connections_, entry, NextRequest(number, kind), due, terms);
    co_await Send(number, kind, exchange);
  }
  --open_;
  EndWhenDone();
}

asio::awaitable<void> Runner::Converse(std::size_t number, std::size_t kind, TimePoint due) {
  const MixEntry& entry = options_.scenario.mix[kind];
  const ChatShape& chat = *entry.chat;
  Conversation conversation(prompts_.NextSystem(chat));
  const std::int64_t turns = prompts_.NextTurns(chat);
  asio::steady_timer pause(io_);
  for (std::int64_t turn = 1;; ++turn) {
    conversation.Ask(prompts_.Next(entry));
    const std::string body = BodyOf(entry, conversation.Messages(), 0);
    const ClientTerms terms = TermsOf(entry);
    Exchange exchange(connections_, entry,
                      HttpRequest(entry, host_, options_.base, options_.key, body), due, terms);
    co_await Send(number, kind, exchange);
    if (turn == turns || exchange.outcome() != "ok") co_return;
    conversation.Answer(exchange.facts().text);
    due = std::chrono::steady_clock::now() + chat.pause;
    pause.expires_at(due);
    co_await pause.async_wait(kAwait);
    ++in_flight_;
  }
}

asio::awaitable<void> Runner::Send(std::size_t number, std::size_t kind, Exchange& exchange) {
  result_.lateness.Add(std::chrono::steady_clock::now() - exchange.due());
  co_await exchange.Run();
  exchange.AddTo(result_.mix[kind]);
  if (answers_.is_open()) Keep(number, kind, exchange);
  --in_flight_;
}

ClientTerms Runner::TermsOf(const MixEntry& entry) {
  ClientTerms terms;
  terms.timeout = options_.timeout;
  if (entry.abort_after) terms.leaves_after = DrawUniform(*entry.abort_after, random_);
  terms.keep_text = answers_.is_open() || entry.chat;
  return terms;
}

std::string Runner::NextRequest(std::size_t number, std::size_t kind) {
  const MixEntry& entry = options_.scenario.mix[kind];
  if (options_.prompts.empty()) {
    if (!entry.prompt_tokens) return ready_[kind];
    return HttpRequest(entry, host_, options_.base, options_.key,
                       BodyOfText(entry, prompts_.Next(entry)));
  }
  const std::string& messages = options_.prompts[number % options_.prompts.size()];
  return HttpRequest(entry, host_, options_.base, options_.key, BodyOf(entry, messages, 0));
}

std::size_t Runner::NextKind() { return kinds_(random_); }

void Runner::Keep(std::size_t number, std::size_t kind, const Exchange& exchange) {
  boost::json::object line{{"index", number},
                           {"name", options_.scenario.mix[kind].name},
                           {"outcome", exchange.outcome()},
                           {"status", exchange.status()},
                           {"due_ms", InMilliseconds(exchange.due() - start_)},
                           {"ttft_ms", nullptr},
                           {"total_ms", InMilliseconds(exchange.total())},
                           {"text", exchange.facts().text}};
  if (const auto ttft = exchange.ttft()) line["ttft_ms"] = InMilliseconds(*ttft);
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
  if (all_sent_ && open_ == 0) io_.stop();
}

}  // namespace headgate::loadtest::load
