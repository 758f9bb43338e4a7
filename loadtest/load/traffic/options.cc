#include "loadtest/load/traffic/options.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <iostream>

#include "loadtest/load/traffic/yaml_reader.h"

namespace headgate::loadtest::load {
namespace {

namespace json = boost::json;

constexpr const char* kDescription =
    "Sends requests to a language model gateway when they are due, whether or not earlier requests "
    "have been answered, and measures what its clients see. A scenario file says what to send. "
    "Without a scenario file, the options below say it.";

constexpr const char* kExitCodes =
    "Exit code: 0 if all requests were answered, 1 if some were not, 2 after a mistake in the "
    "options or the scenario, 130 if interrupted.";

// Everything that the command line says about a scenario of one kind of request.
struct Simple {
  std::string arrivals = "poisson";
  std::string duration = "10s";
  double rate = 10;
  MixEntry entry;
  std::vector<std::string> headers;
};

class Mistake : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void SplitUrl(const std::string& url, Options& options) {
  constexpr std::string_view kScheme = "http://";
  const Mistake wrong("--url: `" + url + "` is not http://HOST:PORT; HTTPS is not supported");
  if (!url.starts_with(kScheme)) throw wrong;
  const std::size_t slash = url.find('/', kScheme.size());
  const std::string authority = url.substr(kScheme.size(), slash - kScheme.size());
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string::npos || colon == 0) throw wrong;
  const std::string port = authority.substr(colon + 1);
  const auto end = port.data() + port.size();
  const auto parsed = std::from_chars(port.data(), end, options.port);
  if (parsed.ec != std::errc() || parsed.ptr != end || options.port == 0) throw wrong;
  options.host = authority.substr(0, colon);
  if (options.host.front() == '[' && options.host.back() == ']') {
    options.host = options.host.substr(1, options.host.size() - 2);
  }
  options.base = slash == std::string::npos ? "" : url.substr(slash);
  while (options.base.ends_with('/')) options.base.pop_back();
  if (options.base.empty()) options.base = "/v1";
}

// The `messages` of a line, or its `prompt` as the only message.
std::string MessagesOf(const json::value& line, const std::string& where) {
  const json::object* const object = line.if_object();
  if (object != nullptr) {
    const json::value* const messages = object->if_contains("messages");
    if (messages != nullptr && messages->is_array()) return json::serialize(*messages);
    const json::value* const prompt = object->if_contains("prompt");
    if (prompt != nullptr && prompt->is_string()) {
      return json::serialize(json::array{{{"role", "user"}, {"content", *prompt}}});
    }
  }
  throw Mistake(where + ": has neither prompt nor messages; write {\"prompt\": \"…\"}");
}

std::vector<std::string> ReadPrompts(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Mistake("--prompts: " + path + " cannot be read");
  std::vector<std::string> prompts;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty()) continue;
    const std::string where = path + ":" + std::to_string(number);
    json::error_code error;
    const json::value value = json::parse(line, error);
    if (error) throw Mistake(where + ": is not JSON; write an object on each line");
    prompts.push_back(MessagesOf(value, where));
  }
  if (prompts.empty()) throw Mistake("--prompts: " + path + " is empty");
  return prompts;
}

void AddHeaders(const std::vector<std::string>& headers, MixEntry& entry) {
  for (const std::string& header : headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos || colon == 0 ||
        header.find_first_of("\r\n") != std::string::npos) {
      throw Mistake("--header: `" + header + "` is not `name: value`");
    }
    const std::size_t value = header.find_first_not_of(' ', colon + 1);
    entry.headers.emplace_back(header.substr(0, colon),
                               value == std::string::npos ? "" : header.substr(value));
  }
}

std::chrono::nanoseconds DurationOf(const std::string& option, const std::string& text) {
  const auto duration = ParseDuration(text);
  if (!duration) throw Mistake(option + ": `" + text + "` is not a duration; write 250ms or 10s");
  return *duration;
}

Scenario ScenarioOf(const std::string& path) {
  ScenarioResult read = ReadScenario(path);
  if (read.scenario) return *std::move(read.scenario);
  std::string all;
  for (const std::string& problem : read.problems) all += (all.empty() ? "" : "\n") + problem;
  throw Mistake(all);
}

Scenario ScenarioOf(const Simple& simple) {
  Scenario scenario;
  scenario.rate = simple.rate;
  scenario.arrivals = simple.arrivals == "constant" ? Arrivals::kConstant : Arrivals::kPoisson;
  scenario.duration = DurationOf("--duration", simple.duration);
  scenario.mix = {simple.entry};
  return scenario;
}

// The parsed values of the options, before they are checked.
struct Arguments {
  Simple simple;
  std::string url;
  std::string scenario;
  std::string prompts;
  std::string timeout = "60s";
  int concurrency = 0;
  std::optional<std::uint64_t> seed;
};

void AddOptions(Arguments& arguments, Options& options, CLI::App& app) {
  Simple& simple = arguments.simple;
  app.add_option("--url", arguments.url, "http://HOST:PORT of the gateway")->required();
  app.add_option("--key", options.key, "API key, sent as a bearer token");
  CLI::Option* const file =
      app.add_option("--scenario", arguments.scenario, "what to send: a YAML file");
  const auto alone = [&](CLI::Option* option) { option->excludes(file); };
  alone(app.add_option("--rate", simple.rate, "requests a second")->check(CLI::PositiveNumber));
  alone(app.add_option("--arrivals", simple.arrivals, "poisson (default) or constant")
            ->check(CLI::IsMember({"poisson", "constant"})));
  alone(app.add_option("--duration", simple.duration, "how long to send; 10s by default"));
  alone(app.add_flag("--stream", simple.entry.stream, "ask for streamed answers"));
  alone(app.add_option("--model", simple.entry.model, "model name; auto by default"));
  alone(app.add_option("--max-tokens", simple.entry.max_tokens)->check(CLI::PositiveNumber));
  alone(app.add_option("--prompt-bytes", simple.entry.prompt_bytes)->check(CLI::PositiveNumber));
  alone(app.add_option("--header", simple.headers, "`name: value`, repeatable"));
  app.add_option(
      "--prompts", arguments.prompts,
      "JSONL file with the texts to send, in order: `prompt` or `messages` on each line");
  app.add_flag("--once", options.once, "send each line of --prompts once, then end")
      ->needs("--prompts");
  app.add_option("--requests", options.requests,
                 "end after this number of requests; a conversation counts as one");
  app.add_option("--concurrency", arguments.concurrency, "most requests in flight at once")
      ->check(CLI::PositiveNumber);
  app.add_option("--timeout", arguments.timeout, "time limit of one answer; 60s by default");
  app.add_option("--seed", arguments.seed, "seed of all random choices");
  app.add_option("--json", options.json,
                 "also write the result as JSON to this file; - is standard output");
  app.add_option("--keep-answers", options.keep_answers, "write each answer to a JSONL file");
}

// Throws Mistake.
void Interpret(const Arguments& arguments, Options& options) {
  Simple simple = arguments.simple;
  SplitUrl(arguments.url, options);
  AddHeaders(simple.headers, simple.entry);
  options.scenario =
      arguments.scenario.empty() ? ScenarioOf(simple) : ScenarioOf(arguments.scenario);
  options.timeout = DurationOf("--timeout", arguments.timeout);
  if (!arguments.prompts.empty()) options.prompts = ReadPrompts(arguments.prompts);
  if (arguments.concurrency > 0) options.scenario.concurrency = arguments.concurrency;
  if (arguments.seed) options.scenario.seed = *arguments.seed;
  if (options.once) {
    options.requests = options.prompts.size();
    options.scenario.duration = std::chrono::hours(24);
  }
}

}  // namespace

OptionsResult ParseOptions(int argc, char** argv) {
  Options options;
  Arguments arguments;
  CLI::App app(kDescription, "headgate-load");
  app.footer(kExitCodes);
  AddOptions(arguments, options, app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {.options = {}, .exit_code = app.exit(error) == 0 ? 0 : 2};
  }
  try {
    Interpret(arguments, options);
  } catch (const Mistake& mistake) {
    std::cerr << "headgate-load: " << mistake.what() << "\n";
    return {.options = {}, .exit_code = 2};
  }
  return {.options = std::move(options), .exit_code = 0};
}

}  // namespace headgate::loadtest::load
