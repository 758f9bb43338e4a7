#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "loadtest/load/exchange/exchange.h"
#include "loadtest/load/measurement/tally.h"
#include "loadtest/load/traffic/options.h"
#include "loadtest/load/traffic/prompts.h"

namespace headgate::loadtest::load {

struct LoadResult {
  std::vector<Tally> mix;  // in the scenario's order
  Histogram lateness;      // how late the generator sent each request
  // The longest time for which the generator did not run although work was due. Gaps up to that
  // length may come from the generator or its machine, not from the gateway.
  std::chrono::nanoseconds longest_own_stall{0};
  std::chrono::nanoseconds elapsed{0};
  bool interrupted = false;

  Tally Total() const;
};

// Sends a scenario's requests when they are due, on one thread. Thread-compatible.
class Runner {
 public:
  // Throws std::runtime_error if the file for answers cannot be written.
  explicit Runner(const Options& options);

  // Returns after the last answer, or after SIGINT.
  LoadResult Run();

 private:
  asio::awaitable<void> SendAll();
  // Sends one request, or a conversation from its first turn to its last.
  asio::awaitable<void> SendOne(std::size_t number, std::size_t kind, TimePoint due);
  asio::awaitable<void> Converse(std::size_t number, std::size_t kind, TimePoint due);
  // Sends one request, and adds its outcome to the result.
  asio::awaitable<void> Send(std::size_t number, std::size_t kind, Exchange& exchange);
  asio::awaitable<void> WatchItself();
  asio::awaitable<void> ShowProgress();
  std::string NextRequest(std::size_t number, std::size_t kind);
  std::size_t NextKind();
  ClientTerms TermsOf(const MixEntry& entry);
  void Keep(std::size_t number, std::size_t kind, const Exchange& exchange);
  void EndWhenDone();

  const Options& options_;
  asio::io_context io_{1};
  Connections connections_;
  std::string host_;
  // One request for each kind whose requests are all the same; sent if there are no --prompts.
  std::vector<std::string> ready_;
  Prompts prompts_;
  std::discrete_distribution<std::size_t> kinds_;
  std::mt19937_64 random_;
  std::ofstream answers_;
  TimePoint start_;
  LoadResult result_;
  std::size_t in_flight_ = 0;  // requests
  std::size_t open_ = 0;       // requests and conversations that have not ended
  bool all_sent_ = false;
};

}  // namespace headgate::loadtest::load
