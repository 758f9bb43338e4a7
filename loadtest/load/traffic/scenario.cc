#include "loadtest/load/traffic/scenario.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

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

// Walks the document and collects its problems.
class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  using Take = std::function<void(const YAML::Node&, const std::string& path)>;
  using Keys = std::map<std::string, Take>;

  void Members(const YAML::Node& node, const std::string& path, const Keys& keys) {
    if (!node.IsMap()) return Fail(node, path, "is not a mapping; write key: value pairs");
    for (const auto& member : node) {
      const auto name = member.first.as<std::string>();
      std::string below = path;
      if (!below.empty()) below += '.';
      below += name;
      const auto found = keys.find(name);
      if (found != keys.end()) {
        found->second(member.second, below);
        continue;
      }
      std::string known;
      for (const auto& [key, take] : keys) known += (known.empty() ? "" : ", ") + key;
      Fail(member.first, below, "is not a key of a scenario; the keys here are " + known);
    }
  }

  Take Duration(nanoseconds& into) {
    return [this, &into](const YAML::Node& node, const std::string& path) {
      const auto value = node.IsScalar() ? ParseDuration(node.Scalar()) : std::nullopt;
      if (!value) return Fail(node, path, "is not a duration; write 250ms, 10s, 2m or 24h");
      into = *value;
    };
  }

  Take Positive(double& into) {
    return [this, &into](const YAML::Node& node, const std::string& path) {
      double value = 0;
      if (!node.IsScalar() || !YAML::convert<double>::decode(node, value) || !(value > 0) ||
          !std::isfinite(value)) {
        return Fail(node, path, "is not a number above 0");
      }
      into = value;
    };
  }

  template <typename Integer>
  Take Count(Integer& into, std::int64_t least) {
    return [this, &into, least](const YAML::Node& node, const std::string& path) {
      constexpr std::int64_t kMost = 2'000'000'000;
      std::int64_t value = 0;
      if (!node.IsScalar() || !YAML::convert<std::int64_t>::decode(node, value) || value < least ||
          value > kMost) {
        return Fail(node, path, "is not a whole number of at least " + std::to_string(least));
      }
      into = static_cast<Integer>(value);
    };
  }

  Take Flag(bool& into) {
    return [this, &into](const YAML::Node& node, const std::string& path) {
      if (!node.IsScalar() || !YAML::convert<bool>::decode(node, into)) {
        Fail(node, path, "is not a boolean; write true or false");
      }
    };
  }

  Take Text(std::string& into) {
    return [this, &into](const YAML::Node& node, const std::string& path) {
      if (!node.IsScalar()) return Fail(node, path, "is not a text");
      into = node.Scalar();
    };
  }

  template <typename Enum>
  Take OneOf(Enum& into, std::map<std::string, Enum> names) {
    return [this, &into, names](const YAML::Node& node, const std::string& path) {
      const auto found = node.IsScalar() ? names.find(node.Scalar()) : names.end();
      if (found != names.end()) {
        into = found->second;
        return;
      }
      std::string known;
      for (const auto& [name, value] : names) known += (known.empty() ? "" : " or ") + name;
      Fail(node, path, "is unknown; write " + known);
    };
  }

  void Fail(const YAML::Node& node, const std::string& path, const std::string& problem) {
    Fail(node.Mark().line, path, problem);
  }
  void Fail(int line, const std::string& path, const std::string& problem) {
    problems_.push_back(file_ + ":" + std::to_string(line + 1) + ": " +
                        (path.empty() ? "" : path + ": ") + problem);
  }

  std::vector<std::string>& problems() { return problems_; }

 private:
  const std::string file_;
  std::vector<std::string> problems_;
};

// "3s", or "5 chunks".
void TakeAbort(Reader& reader, const YAML::Node& node, const std::string& path, MixEntry& entry) {
  constexpr std::string_view kUnit = " chunks";
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  if (text.ends_with(kUnit)) {
    int chunks = 0;
    const char* const end = text.data() + text.size() - kUnit.size();
    const auto parsed = std::from_chars(text.data(), end, chunks);
    if (parsed.ec == std::errc() && parsed.ptr == end && chunks >= 1) {
      entry.abort_after_chunks = chunks;
      return;
    }
  } else if (const auto time = ParseDuration(text)) {
    entry.abort_after = *time;
    return;
  }
  reader.Fail(node, path, "does not say when the client leaves; write 500ms or 3 chunks");
}

void TakeHeaders(Reader& reader, const YAML::Node& node, const std::string& path, MixEntry& entry) {
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

void TakeExtra(Reader& reader, const YAML::Node& node, const std::string& path, MixEntry& entry) {
  if (!node.IsMap()) return reader.Fail(node, path, "is not a mapping of members for the body");
  const std::string object = boost::json::serialize(ToJson(node));
  entry.extra = object.substr(1, object.size() - 2);
}

MixEntry TakeEntry(Reader& reader, const YAML::Node& node, const std::string& path) {
  MixEntry entry;
  int max_tokens = 0;
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
       {"max_tokens", reader.Count(max_tokens, 1)},
       {"headers", [&](const auto& n, const auto& p) { TakeHeaders(reader, n, p, entry); }},
       {"extra", [&](const auto& n, const auto& p) { TakeExtra(reader, n, p, entry); }},
       {"abort_after", [&](const auto& n, const auto& p) { TakeAbort(reader, n, p, entry); }}});
  if (max_tokens > 0) entry.max_tokens = max_tokens;
  if (!entry.text.empty() && entry.prompt_bytes > 0) {
    reader.Fail(node, path, "has both text and prompt_bytes; leave one of them out");
  }
  return entry;
}

void TakeMix(Reader& reader, const YAML::Node& node, const std::string& path, Scenario& scenario) {
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

std::optional<nanoseconds> ParseDuration(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e6) return std::nullopt;
  const std::string unit(end, text.data() + text.size());
  const std::map<std::string, double> seconds = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  const auto found = seconds.find(unit);
  if (found == seconds.end()) return std::nullopt;
  return nanoseconds(std::llround(value * found->second * 1e9));
}

ScenarioResult ParseScenario(const std::string& text, const std::string& name) {
  Reader reader(name);
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
