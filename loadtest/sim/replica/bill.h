// The charges of the simulated provider: prices, the usage of each request, and the sum per model.
// All amounts are exact integers: nano-USD (1e-9 US dollars) and tokens. Bill is
// *thread-compatible*; the other types are *immutable*.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::loadtest::sim {

// nano-USD per one million tokens.
struct Price {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t output = 0;
  std::int64_t cache_write = 0;
};

// Tokens of one request. `input` includes `cached` (read from the cache) and `cache_write` (written
// to it); `output` counts all choices and includes `thinking`.
struct Usage {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t output = 0;
  std::int64_t cache_write = 0;
  std::int64_t thinking = 0;
};

// The sum of (input - cached - cache_write), cached, cache_write and output, each times its price,
// divided by 10^6 and rounded once, half up. REQUIRES: cached and cache_write are not negative, and
// their sum is at most input.
std::int64_t CostNanoUsd(const Usage& usage, const Price& price);

class PriceList {
 public:
  // Adds `MODEL=INPUT,CACHED,OUTPUT[,CACHE_WRITE]` in USD per 1M tokens, with at most nine
  // decimals. MODEL `*` stands for every model that has no price. Without CACHE_WRITE, tokens
  // written to a cache cost as much as input tokens. Returns false for any other text.
  bool Add(std::string_view text);

  // Zero for a model without a price.
  Price Find(std::string_view model) const;

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

// Why the generation of an answer ended.
enum class Ending { kFinished, kClientAbort, kCut, kReset, kError };
constexpr std::array<std::string_view, 5> kEndingNames{"finished", "client_abort", "cut", "reset",
                                                       "error"};

class Bill {
 public:
  // Returns the added amount in nano-USD.
  std::int64_t Add(std::string_view model, const Usage& usage, const Price& price, Ending ending);
  // GET /bill.
  std::string ToJson() const;
  void Clear() { models_.clear(); }

 private:
  struct Line {
    std::int64_t requests = 0;
    Usage usage;
    std::int64_t nano_usd = 0;
    std::array<std::int64_t, kEndingNames.size()> endings{};
  };
  std::map<std::string, Line, std::less<>> models_;
};

}  // namespace headgate::loadtest::sim
