#include "loadtest/sim/replica/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

constexpr const char* kDescription =
    "A simulated language model server with its own books: an independent witness of the requests "
    "of a gateway, of their timing and of their cost.\n"
    "Witness: GET /bill, /sim/stats, /sim/engine, /sim/arrivals, /sim/last/head, /sim/last/body; "
    "POST /sim/reset, /sim/outage?FROM-TO:KIND, /sim/others?N,TOKENS.\n"
    "Faults: key=value;key=value in the header x-sim, in the body field x_sim, or behind '#' in "
    "the model name. loadtest/sim/faults/README.md lists them.";

ListenAddress ParseListen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    throw CLI::ValidationError("--listen", "`" + text + "` is not HOST:PORT; write 127.0.0.1:9001");
  }
  const auto port = ParseCount(std::string_view(text).substr(colon + 1));
  if (!port || *port > 65535) {
    throw CLI::ValidationError("--listen", "`" + text + "` has no port from 0 to 65535");
  }
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {host, static_cast<std::uint16_t>(*port)};
}

// Adds an option whose value is a distribution.
void AddDistribution(CLI::App& app, const std::string& name, Distribution& into,
                     Distribution::Quantity quantity, const std::string& help) {
  app.add_option_function<std::string>(
      name,
      [&into, quantity, name](const std::string& text) {
        const std::optional<Distribution> parsed = Distribution::Parse(text, quantity);
        if (!parsed) {
          throw CLI::ValidationError(name,
                                     "`" + text +
                                         "` is not a distribution; write VALUE, uniform:LOW..HIGH, "
                                         "lognormal:MEDIAN,SIGMA or exp:MEAN");
        }
        into = *parsed;
      },
      help);
}

// Adds an option whose value is read by `parse`, which returns nullopt for a text of another form.
template <typename Parse, typename Into>
void AddParsed(CLI::App& app, const std::string& name, const std::string& form, Into& into,
               Parse parse, const std::string& help) {
  app.add_option_function<std::string>(
      name,
      [&into, parse, name, form](const std::string& text) {
        const auto parsed = parse(text);
        if (!parsed) {
          std::string told = "`";
          throw CLI::ValidationError(name, told.append(text).append("` is not ").append(form));
        }
        into = *parsed;
      },
      help);
}

// The engine of a self-hosted server.
void AddEngine(CLI::App& app, Options& options) {
  EngineOptions& engine = options.engine;
  app.add_option("--slots", options.slots,
                 "requests served at once, 64 by default; later requests queue. openai, azure and "
                 "anthropic have no limit")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--kv-tokens", engine.kv_tokens,
                 "KV room: most tokens, prompt and answer so far, of all requests that run; a "
                 "request that does not fit queues. Without it there is no limit")
      ->check(CLI::PositiveNumber);
  app.add_option("--prefix-cache", engine.prefix_cache,
                 "tokens that the prefix cache keeps; its hits need no prefill and are reported as "
                 "cached. Replaces --cached-share")
      ->check(CLI::PositiveNumber);
  AddParsed(app, "--prefill-per-token", "a duration; write 50us", engine.prefill_per_token,
            ParseDuration, "time for each prompt token that no cache has, before the first token");
  app.add_option("--scheduling", engine.scheduling,
                 "order of the queue: fcfs (default) or priority (vllm, sglang): the body's "
                 "`priority`")
      ->transform(CLI::CheckedTransformer(std::map<std::string, Scheduling>{
          {"fcfs", Scheduling::kFcfs}, {"priority", Scheduling::kPriority}}));
  app.add_option_function<std::string>(
         "--priority-order",
         [&engine](const std::string& order) {
           engine.order =
               order == "low_first" ? PriorityOrder::kLowFirst : PriorityOrder::kHighFirst;
         },
         "which priority is served first: low_first (default of vllm) or high_first (of sglang)")
      ->check(CLI::IsMember({"low_first", "high_first"}));
  AddParsed(app, "--others", "N or N,TOKENS", engine.others, ParseOthers,
            "N[,TOKENS]: requests of other clients at the same engine, each with a slot and "
            "TOKENS of the KV room");
  app.add_flag("--old-names", engine.old_names,
               "metrics and pages with the names of older releases of the server");
}

void AddBehaviour(CLI::App& app, Options& options) {
  using Quantity = Distribution::Quantity;
  AddDistribution(app, "--ttft", options.ttft, Quantity::kDuration, "time to first token");
  AddDistribution(app, "--interval", options.interval, Quantity::kDuration, "time between tokens");
  AddParsed(
      app, "--service",
      "a distribution; write VALUE, uniform:LOW..HIGH, lognormal:MEDIAN,SIGMA or exp:MEAN",
      options.service,
      [](const std::string& text) { return Distribution::Parse(text, Quantity::kDuration); },
      "time in the slot, prefill included: the tokens are spread evenly over it. Replaces "
      "--interval");
  AddDistribution(app, "--tokens", options.tokens, Quantity::kCount,
                  "output tokens of an answer, unless the request asks for fewer");
  app.add_option("--load-growth", options.load_growth,
                 "growth G of the delays with load: they are multiplied by 1 + G x running / slots")
      ->check(CLI::NonNegativeNumber);
  app.add_option_function<std::string>(
         "--answer", [&options](const std::string& kind) { options.echo = kind == "echo"; },
         "text of answers: canned, or echo (the last user message)")
      ->check(CLI::IsMember({"canned", "echo"}));
  app.add_option("--script", options.script,
                 "file of JSON lines: each line is an answer with text, thinking and tool calls. "
                 "loadtest/sim/README.md describes it")
      ->check(CLI::ExistingFile);
  app.add_flag("--check-signatures", options.check_signatures,
               "refuse thinking unless its signature comes from this simulator or its script");
  app.add_option("--seed", options.seed, "seed of all random choices");
}

// Adds an option that may be given several times. `add` takes one value, or returns false.
template <typename Add>
void AddList(CLI::App& app, const std::string& name, const std::string& form,
             const std::string& help, Add add) {
  app.add_option_function<std::vector<std::string>>(
         name,
         [name, form, add](const std::vector<std::string>& values) {
           for (const std::string& value : values) {
             if (add(value)) continue;
             std::string told = "`";
             told.append(value).append("` is not ").append(form);
             throw CLI::ValidationError(name, told);
           }
         },
         help)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void AddTrouble(CLI::App& app, Options& options) {
  AddList(
      app, "--fault", "a fault",
      "fault of every request without one of its own, repeatable: the first that strikes counts",
      [&options](const std::string& text) {
        options.faults.push_back(text);
        return !text.empty();
      });
  AddList(app, "--outage", "FROM-TO[:KIND], such as 10s-70s:503",
          "FROM-TO[:KIND] from the start: refuse (default), reset, 503, silence or half_open",
          [&options](const std::string& text) {
            const std::optional<Outage> outage = ParseOutage(text);
            if (outage) options.outages.push_back(*outage);
            return outage.has_value();
          });
  AddList(app, "--slow-start", "D,F, such as 10s,4",
          "D,F: after the start and after each outage, delays are F times as long, and fall to "
          "their usual length within D",
          [&options](const std::string& text) {
            options.slow_start = ParseSlowStart(text);
            return options.slow_start.has_value();
          });
  AddList(app, "--rate-limit", "requests=N,tokens=N[,window=D]",
          "requests=N,tokens=N[,window=D]: limits within a window of one minute or D; answers say "
          "what remains, and what goes beyond gets 429",
          [&options](const std::string& text) {
            const std::optional<RateLimitOptions> limit = ParseRateLimit(text);
            options.rate_limit = limit.value_or(RateLimitOptions{});
            return limit.has_value();
          });
  app.add_option("--prefill", options.prefill,
                 "how an answer is continued: none, continue_final_message, prefix, last_message "
                 "or refused; by default as the personality does")
      ->transform(CLI::CheckedTransformer(std::map<std::string, PrefillChoice>{
          {"none", PrefillChoice::kNone},
          {"continue_final_message", PrefillChoice::kContinueFinalMessage},
          {"prefix", PrefillChoice::kPrefixFlag},
          {"last_message", PrefillChoice::kLastMessage},
          {"refused", PrefillChoice::kRefused}}));
  app.add_flag("--prefill-repeats", options.prefill_repeats,
               "continued answers begin with the prefix, as Mistral's do");
}

// Adds an option whose value is a share from 0 to 1.
void AddShare(CLI::App& app, const std::string& name, std::int64_t& into, const std::string& help) {
  app.add_option_function<std::string>(
      name,
      [&into, name](const std::string& text) {
        const auto share = ParseBillionths(text);
        if (!share || *share > 1'000'000'000) {
          throw CLI::ValidationError(name, "`" + text + "` is not between 0 and 1");
        }
        into = *share;
      },
      help);
}

void AddMoney(CLI::App& app, Options& options) {
  app.add_option_function<std::vector<std::string>>(
         "--price",
         [&options](const std::vector<std::string>& prices) {
           for (const std::string& price : prices) {
             if (options.prices.Add(price)) continue;
             throw CLI::ValidationError(
                 "--price", "`" + price + "` is not MODEL=INPUT,CACHED,OUTPUT[,CACHE_WRITE]");
           }
         },
         "MODEL=INPUT,CACHED,OUTPUT[,CACHE_WRITE] in USD per 1M tokens; MODEL * stands for all "
         "other models")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  AddShare(app, "--cached-share", options.cached_share,
           "share of prompt tokens reported as read from a cache, 0..1");
  AddShare(app, "--cache-write-share", options.cache_write_share,
           "share of the other prompt tokens reported as written to a cache, 0..1");
}

void AddAccess(CLI::App& app, Options& options) {
  app.add_option("--api-key", options.api_key, "key that requests under /v1 must carry");
  auto* certificate = app.add_option("--tls-certificate", options.tls_certificate,
                                     "PEM file with the certificate chain");
  auto* key = app.add_option("--tls-key", options.tls_key, "PEM file with the private key");
  certificate->needs(key);
  key->needs(certificate);
}

}  // namespace

bool Options::Serves(std::string_view model) const {
  return models.empty() || std::find(models.begin(), models.end(), model) != models.end();
}

Options ParseOptions(int argc, char** argv) {
  Options options;
  CLI::App app{kDescription, "headgate-sim"};
  app.add_option_function<std::vector<std::string>>(
         "--listen",
         [&options](const std::vector<std::string>& addresses) {
           for (const std::string& text : addresses) options.listen.push_back(ParseListen(text));
         },
         "HOST:PORT, repeatable: each address is a replica of its own; port 0 takes any free port")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option(
         "--personality", options.personality,
         "server to simulate, with its paths, errors and streams: vllm, sglang, llamacpp, tgi, "
         "ollama, openai (default), azure or anthropic")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, Personality>{{"vllm", Personality::kVllm},
                                             {"sglang", Personality::kSglang},
                                             {"llamacpp", Personality::kLlamaCpp},
                                             {"tgi", Personality::kTgi},
                                             {"ollama", Personality::kOllama},
                                             {"openai", Personality::kOpenAi},
                                             {"azure", Personality::kAzure},
                                             {"anthropic", Personality::kAnthropic}}));
  app.add_option("--models", options.models,
                 "model names that are served, as a,b,c; by default any name is served")
      ->delimiter(',');
  AddEngine(app, options);
  AddBehaviour(app, options);
  AddTrouble(app, options);
  AddAccess(app, options);
  AddMoney(app, options);
  app.add_flag("--list-faults", options.list_faults, "print the table of faults and exit");
  app.add_flag("--print-ready", options.print_ready, "print `ready HOST:PORT ...` when listening");
  try {
    app.parse(argc, argv);
    if (options.listen.empty() && !options.list_faults) throw CLI::RequiredError("--listen");
    if (options.engine.scheduling == Scheduling::kPriority && !options.HasPriorities()) {
      throw CLI::ValidationError("--scheduling", "only vllm and sglang schedule by priority");
    }
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace headgate::loadtest::sim
