// The command line of headgate-sim. *immutable* after parsing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadtest/sim/base/distribution.h"
#include "loadtest/sim/engine/engine_queue.h"
#include "loadtest/sim/engine/other_clients.h"
#include "loadtest/sim/replica/bill.h"
#include "loadtest/sim/replica/outage.h"
#include "loadtest/sim/replica/rate_limit.h"

namespace headgate::loadtest::sim {

enum class Personality { kVllm, kSglang, kLlamaCpp, kTgi, kOllama, kOpenAi, kAzure, kAnthropic };

// How `--prefill` says that a server continues an answer. requests/completion_request.h describes
// the ways; kUsual is the way of the personality.
enum class PrefillChoice {
  kUsual,
  kNone,
  kContinueFinalMessage,
  kPrefixFlag,
  kLastMessage,
  kRefused
};

struct ListenAddress {
  std::string host;  // numeric
  std::uint16_t port = 0;
};

// The engine behind a server, apart from its slots. Providers have neither a KV room nor an order.
struct EngineOptions {
  std::int64_t kv_tokens = 0;        // KV room; 0 means that there is no limit
  std::int64_t prefix_cache = 0;     // tokens; 0 for no cache
  Nanoseconds prefill_per_token{0};  // of a prompt token that no cache has
  Scheduling scheduling = Scheduling::kFcfs;
  std::optional<PriorityOrder> order;  // without: as the personality does
  OthersOptions others;
  bool old_names = false;  // of metrics
};

struct Options {
  std::vector<ListenAddress> listen;
  Personality personality = Personality::kOpenAi;
  std::int64_t slots = 64;  // per replica; self-hosted servers only
  EngineOptions engine;
  std::vector<std::string> models;
  Distribution ttft;
  Distribution interval;
  std::optional<Distribution> service;  // replaces `interval`
  double load_growth = 0;
  Distribution tokens = Distribution::Constant(32);
  bool echo = false;
  std::uint64_t seed = 1;
  std::string api_key;
  std::string tls_certificate;
  std::string tls_key;
  PriceList prices;
  std::int64_t cached_share = 0;       // in billionths of the prompt
  std::int64_t cache_write_share = 0;  // in billionths of the rest of the prompt
  std::string script;                  // path of the file; empty for none
  bool check_signatures = false;
  PrefillChoice prefill = PrefillChoice::kUsual;
  bool prefill_repeats = false;
  std::vector<std::string> faults;  // of every request without a fault of its own
  std::vector<Outage> outages;      // from the start of the process
  std::optional<SlowStart> slow_start;
  RateLimitOptions rate_limit;
  bool list_faults = false;
  bool print_ready = false;

  // Only self-hosted servers have slots, and a queue of requests that wait for a slot.
  bool SelfHosted() const {
    return personality != Personality::kOpenAi && personality != Personality::kAzure &&
           personality != Personality::kAnthropic;
  }
  // Whether the server can be told to schedule by the priority of requests.
  bool HasPriorities() const {
    return personality == Personality::kVllm || personality == Personality::kSglang;
  }
  // SGLang serves high values first by default, and vLLM low ones.
  PriorityOrder PriorityOrderOf() const {
    const bool high = personality == Personality::kSglang;
    return engine.order.value_or(high ? PriorityOrder::kHighFirst : PriorityOrder::kLowFirst);
  }
  // Whether the model is served here. Without --models, every model is served.
  bool Serves(std::string_view model) const;
};

// Reads the command line; on a mistake, or for --help, writes the text and exits.
Options ParseOptions(int argc, char** argv);

}  // namespace headgate::loadtest::sim
