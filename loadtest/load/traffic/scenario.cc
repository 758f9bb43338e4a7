#include "loadtest/load/traffic/scenario.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fstream>
#include <sstream>

#include "loadtest/load/traffic/yaml_reader.h"

namespace headgate::loadtest::load {
namespace {

using std::chrono::nanoseconds;

// A YAML value as JSON. An unquoted scalar that reads as a number, true, false or null becomes that
// value; any other scalar becomes a string.
boost::json::value ToJson(const YAML::Node& node) {
  if (node.IsMap()) {
    boost::json::object object;
    for (const auto& member : node) {
      object[member.first.as<std::string>()] = ToJson(member.second);
    }
    return object;
  }
  if (node.IsSequence()) {
    boost::json::array array;
    for (const auto& element : node) array.push_back(ToJson(element));
    return array;
  }
  if (node.IsNull()) return nullptr;
  const auto text = node.as<std::string>();
  if (node.Tag() == "!") return boost::json::string(text);  // yaml-cpp's mark of a quoted scalar
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  if (error || value.is_object() || value.is_array()) return boost::json::string(text);
  return value;
}

// "3s", "0ms..3s" or "5 chunks".
void TakeAbort(YamlReader& reader, const YAML::Node& node, const std::string& path,
               MixEntry& entry) {
  constexpr std::string_view kUnit = " chunks";
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  const std::size_t dots = text.find("..");
  const auto low = ParseDuration(text.substr(0, dots));
  const auto high = dots == std::string::npos ? low : ParseDuration(text.substr(dots + 2));
  if (text.ends_with(kUnit)) {
    int chunks = 0;
    const char* const end = text.data() + text.size() - kUnit.size();
    const auto parsed = std::from_chars(text.data(), end, chunks);
    if (parsed.ec == std::errc() && parsed.ptr == end && chunks >= 1) {
      entry.abort_after_chunks = chunks;
      return;
    }
  } else if (low && high && *low <= *high) {
    entry.abort_after = Range<nanoseconds>{*low, *high};
    return;
  }
  reader.Fail(node, path, "does not say when the client leaves; write 500ms, 0ms..2s or 3 chunks");
}

void TakeHeaders(YamlReader& reader, const YAML::Node& node, const std::string& path,
                 MixEntry& entry) {
  if (!node.IsMap()) return reader.Fail(node, path, "is not a mapping; write name: value pairs");
  for (const auto& header : node) {
    const auto name = header.first.as<std::string>();
    const std::string value = header.second.IsScalar() ? header.second.Scalar() : "\n";
    constexpr const char* kLineBreaks = "\r\n";
    if (name.find_first_of(kLineBreaks) != std::string::npos ||
        value.find_first_of(kLineBreaks) != std::string::npos) {
      std::string where = path;
      where.append(".").append(name);
      reader.Fail(header.first, where, "is not a header of one line; write name: text");
    } else {
      entry.headers.emplace_back(name, value);
    }
  }
}

void TakeExtra(YamlReader& reader, const YAML::Node& node, const std::string& path,
               MixEntry& entry) {
  if (!node.IsMap()) return reader.Fail(node, path, "is not a mapping of members for the body");
  const std::string object = boost::json::serialize(ToJson(node));
  entry.extra = object.substr(1, object.size() - 2);
}

void TakeChat(YamlReader& reader, const YAML::Node& node, const std::string& path,
              MixEntry& entry) {
  ChatShape chat;
  std::optional<Range<std::int64_t>> turns;
  reader.Members(node, path,
                 {{"turns", reader.CountRange(turns)},
                  {"system_tokens", reader.Count(chat.system_tokens, 1)},
                  {"systems", reader.Count(chat.systems, 1)},
                  {"pause", reader.Duration(chat.pause)}});
  if (turns) chat.turns = *turns;
  entry.chat = chat;
}

// The shorthands for headers.
struct Shorthands {
  std::string service_class;
  std::string key;
  nanoseconds slo_ttft{0};
};

void ApplyShorthands(YamlReader& reader, const YAML::Node& node, const std::string& path,
                     const Shorthands& given, MixEntry& entry) {
  constexpr const char* kLineBreaks = "\r\n";
  if (given.service_class.find_first_of(kLineBreaks) != std::string::npos ||
      given.key.find_first_of(kLineBreaks) != std::string::npos) {
    return reader.Fail(node, path, "has a class or a key of more than one line");
  }
  if (!given.service_class.empty()) {
    entry.headers.emplace_back("x-headgate-class", given.service_class);
  }
  if (!given.key.empty()) entry.headers.emplace_back("Authorization", "Bearer " + given.key);
  if (given.slo_ttft.count() == 0) return;
  entry.slo_ttft = given.slo_ttft;
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(given.slo_ttft).count();
  entry.headers.emplace_back("x-slo-ttft-ms", std::to_string(milliseconds));
}

void CheckPrompt(YamlReader& reader, const YAML::Node& node, const std::string& path,
                 const MixEntry& entry) {
  const int ways = (entry.text.empty() ? 0 : 1) + (entry.prompt_bytes > 0 ? 1 : 0) +
                   (entry.prompt_tokens ? 1 : 0);
  if (ways > 1) {
    reader.Fail(node, path, "has more than one of text, prompt_bytes and prompt_tokens; keep one");
  }
  if (entry.chat && entry.endpoint != Endpoint::kChat) {
    reader.Fail(node, path, "has chat at another endpoint; write endpoint: chat");
  }
}

MixEntry TakeEntry(YamlReader& reader, const YAML::Node& node, const std::string& path) {
  MixEntry entry;
  int max_tokens = 0;
  Shorthands shorthands;
  reader.Members(
      node, path,
      {{"name", reader.Text(entry.name)},
       {"weight", reader.Positive(entry.weight)},
       {"endpoint",
        reader.OneOf<Endpoint>(entry.endpoint, {{"chat", Endpoint::kChat},
                                                {"completions", Endpoint::kCompletions},
                                                {"embeddings", Endpoint::kEmbeddings}})},
       {"model", reader.Text(entry.model)},
       {"stream", reader.Flag(entry.stream)},
       {"text", reader.Text(entry.text)},
       {"prompt_bytes", reader.Count(entry.prompt_bytes, 1)},
       {"prompt_tokens", reader.CountRange(entry.prompt_tokens)},
       {"max_tokens", reader.Count(max_tokens, 1)},
       {"class", reader.Text(shorthands.service_class)},
       {"key", reader.Text(shorthands.key)},
       {"slo_ttft", reader.Duration(shorthands.slo_ttft)},
       {"chat", [&](const auto& n, const auto& p) { TakeChat(reader, n, p, entry); }},
       {"headers", [&](const auto& n, const auto& p) { TakeHeaders(reader, n, p, entry); }},
       {"extra", [&](const auto& n, const auto& p) { TakeExtra(reader, n, p, entry); }},
       {"abort_after", [&](const auto& n, const auto& p) { TakeAbort(reader, n, p, entry); }}});
  if (max_tokens > 0) entry.max_tokens = max_tokens;
  ApplyShorthands(reader, node, path, shorthands, entry);
  CheckPrompt(reader, node, path, entry);
  return entry;
}

void TakeMix(YamlReader& reader, const YAML::Node& node, const std::string& path,
             Scenario& scenario) {
  if (!node.IsSequence() || node.size() == 0) {
    return reader.Fail(node, path, "is not a list of requests; write - {name: talk, stream: true}");
  }
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    MixEntry entry = TakeEntry(reader, node[i], at);
    const bool taken = std::any_of(scenario.mix.begin(), scenario.mix.end(),
                                   [&](const MixEntry& e) { return e.name == entry.name; });
    if (taken) reader.Fail(node[i], at + ".name", "is used twice; give each entry its own name");
    scenario.mix.push_back(std::move(entry));
  }
}

}  // namespace

ScenarioResult ParseScenario(const std::string& text, const std::string& name) {
  YamlReader reader(name);
  Scenario scenario;
  try {
    const YAML::Node document = YAML::Load(text);
    int concurrency = 0;
    reader.Members(document, "",
                   {{"duration", reader.Duration(scenario.duration)},
                    {"rate", reader.Positive(scenario.rate)},
                    {"arrivals", reader.OneOf<Arrivals>(scenario.arrivals,
                                                        {{"poisson", Arrivals::kPoisson},
                                                         {"constant", Arrivals::kConstant}})},
                    {"seed", reader.Count(scenario.seed, 0)},
                    {"concurrency", reader.Count(concurrency, 1)},
                    {"ramp", reader.Duration(scenario.ramp)},
                    {"mix", [&](const auto& node, const auto& path) {
                       TakeMix(reader, node, path, scenario);
                     }}});
    if (concurrency > 0) scenario.concurrency = concurrency;
    if (document.IsMap() && !document["mix"]) {
      reader.Fail(0, "mix", "is missing; write mix: [{name: talk, stream: true}]");
    }
  } catch (const YAML::Exception& error) {
    reader.Fail(error.mark.line, "", "is not YAML: " + error.msg);
  }
  ScenarioResult result;
  result.problems = std::move(reader.problems());
  if (result.problems.empty()) result.scenario = std::move(scenario);
  return result;
}

ScenarioResult ReadScenario(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return {.scenario = {}, .problems = {path + ": cannot be read; name a scenario file"}};
  return ParseScenario(text.str(), path);
}

}  // namespace headgate::loadtest::load
