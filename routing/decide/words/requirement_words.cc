#include "routing/decide/words/requirement_words.h"

#include <algorithm>
#include <cmath>

#include "config/base/text.h"
#include "routing/policy/require_compiler.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::Join;

constexpr std::int64_t kMillion = 1'000'000;

std::string_view Sign(config::Comparator comparator) {
  switch (comparator) {
    case config::Comparator::kLess:
      return "< ";
    case config::Comparator::kLessEqual:
      return "<= ";
    case config::Comparator::kGreater:
      return "> ";
    case config::Comparator::kGreaterEqual:
      return ">= ";
    case config::Comparator::kEqual:
      return "= ";
  }
  return "? ";
}

// `value` / `per_whole`, a power of ten, without zeros at its end: 2,500,000 millionths are "2.5".
std::string Decimal(std::int64_t value, std::int64_t per_whole) {
  std::string text = std::to_string(value / per_whole);
  std::string fraction = std::to_string(per_whole + value % per_whole).substr(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  return fraction.empty() ? text : Concat(text, ".", fraction);
}

std::string ScoreDecimal(double score) {
  constexpr double kThousandths = 1000;
  return Decimal(std::llround(score * kThousandths), 1000);
}

std::string UsdText(std::int64_t price) { return "$" + Decimal(price, kNanoPerUsd); }

template <typename Comparison, typename Format>
void AppendComparisons(std::string_view what, const std::vector<Comparison>& comparisons,
                       Format&& format, std::vector<std::string>& out) {
  for (const Comparison& comparison : comparisons) {
    out.push_back(Concat(what, Sign(comparison.op), format(comparison.value)));
  }
}

std::string_view HostingName(config::Hosting hosting) {
  return config::WordFor(config::kHostings, hosting);
}

const config::Model* RowOf(const config::Config& config, const Target& target) {
  const auto row = std::find_if(config.models.begin(), config.models.end(),
                                [&](const config::Model& one) { return one.name == target.model; });
  return row == config.models.end() ? nullptr : &*row;
}

std::string LabelsOf(const config::Backend& backend, const config::Require& require) {
  std::vector<std::string> parts;
  for (const auto& [name, globs] : require.labels) {
    const auto label = backend.labels.find(name);
    parts.push_back(label == backend.labels.end() ? "no " + name
                                                  : Concat(name, " ", label->second));
  }
  return Concat(backend.name, " has ", Join(parts, " and "));
}

std::string ScoresOf(const config::Model* row, const Target& target,
                     const config::Require& require) {
  std::vector<std::string> parts;
  for (const auto& [name, comparisons] : require.scores) {
    const bool known = row != nullptr && row->scores.contains(name);
    parts.push_back(known ? Concat(name, " ", ScoreDecimal(row->scores.at(name))) : "no " + name);
  }
  return Concat(target.model, " has ", Join(parts, " and "));
}

// Names the first price that does not comply.
std::string PricesOf(const Target& target, const config::Require& require) {
  if (!target.prices) return target.name + " has no price";
  const std::vector<TokenPrices> prices = EveryStandardPrice(*target.prices);
  const auto price = std::find_if_not(prices.begin(), prices.end(), [&](const TokenPrices& one) {
    return PriceHolds(require, one);
  });
  const TokenPrices& named = price == prices.end() ? prices.front() : *price;
  return Concat(target.name, " costs ", UsdText(named.input), " for input and ",
                UsdText(named.output), " for output");
}

bool Drops(const CompiledRequire& require, const Candidate& candidate,
           const DroppedTarget& dropped) {
  if (dropped.reason == Drop::kTtft) {
    return !require.ttft_p95.Holds(std::llround(candidate.ttft_p95_ms));
  }
  if (dropped.reason == Drop::kErrorRate) {
    return !require.error_rate.Holds(std::llround(static_cast<double>(candidate.error_rate) * 1e6));
  }
  return require.fixed[dropped.target] == dropped.reason;
}

const config::Require& TeamRequire(const config::Config& config, const std::string& name) {
  const auto team = std::find_if(config.teams.begin(), config.teams.end(),
                                 [&](const config::Team& one) { return one.name == name; });
  static const config::Require kNothing;
  return team == config.teams.end() ? kNothing : team->require;
}

}  // namespace

std::string_view EndpointWords(Endpoint endpoint) {
  switch (endpoint) {
    case Endpoint::kChat:
      return "chat completions";
    case Endpoint::kCompletions:
      return "legacy completions";
    case Endpoint::kEmbeddings:
      return "embeddings";
    case Endpoint::kResponses:
      return "Responses";
    case Endpoint::kMessages:
    case Endpoint::kCountTokens:
      break;
  }
  return "Messages";
}

std::string AboutInputTokens(std::int64_t tokens) {
  return Concat("about ", tokens, tokens == 1 ? " input token" : " input tokens");
}

std::string ComparisonWords(const config::Comparisons& comparisons) {
  std::vector<std::string> parts;
  AppendComparisons(
      "", comparisons, [](std::int64_t value) { return std::to_string(value); }, parts);
  return Join(parts, " and ");
}

std::string RequiredWords(const config::Require& require, Drop drop) {
  std::vector<std::string> parts;
  switch (drop) {
    case Drop::kHosting:
      return Concat("hosting ", HostingName(require.hosting.value_or(config::Hosting::kPaidApi)));
    case Drop::kLabels:
      for (const auto& [name, globs] : require.labels) {
        parts.push_back(Concat(name, " ", Join(globs, " or ")));
      }
      break;
    case Drop::kLicense:
      return "license " + Join(require.licenses, " or ");
    case Drop::kContextRequired:
      return Concat("a context window of ", require.min_context.value_or(0), " tokens");
    case Drop::kScores:
      for (const auto& [name, comparisons] : require.scores) {
        AppendComparisons(name + " ", comparisons, ScoreDecimal, parts);
      }
      break;
    case Drop::kPrice:
      AppendComparisons("an input price ", require.input_price, UsdText, parts);
      AppendComparisons("an output price ", require.output_price, UsdText, parts);
      break;
    case Drop::kSupports:
      return "support of " + Join(require.supports, " and ");
    case Drop::kTtft:
      AppendComparisons(
          "ttft_p95 ", require.ttft_p95, [](std::int64_t ms) { return Concat(ms, "ms"); }, parts);
      break;
    case Drop::kErrorRate:
      AppendComparisons(
          "error_rate ", require.error_rate,
          [](std::int64_t rate) { return Decimal(rate * 100, kMillion) + "%"; }, parts);
      break;
    default:
      break;
  }
  return Join(parts, " and ");
}

std::string PossessedWords(const config::Config& config, const Target& target,
                           const config::Require& require, Drop drop) {
  const config::Backend& backend = config.backends[target.backend];
  const config::Model* const row = RowOf(config, target);
  switch (drop) {
    case Drop::kHosting:
      return Concat(backend.name, " has ", HostingName(target.hosting));
    case Drop::kLabels:
      return LabelsOf(backend, require);
    case Drop::kLicense:
      return row == nullptr || row->license.empty() ? target.model + " has no license"
                                                    : Concat(target.model, " has ", row->license);
    case Drop::kContextRequired:
      return target.context == 0 ? Concat("the window of ", target.model, " is unknown")
                                 : Concat(target.model, " has ", target.context);
    case Drop::kScores:
      return ScoresOf(row, target, require);
    case Drop::kPrice:
      return PricesOf(target, require);
    case Drop::kSupports:
      return row == nullptr || row->supports.empty()
                 ? Concat("what ", target.model, " supports is unknown")
                 : Concat(target.model, " supports ", Join(row->supports, ", "));
    default:
      return {};
  }
}

Asker AskerOf(const config::Config& config, const CompiledPolicy& policy,
              const DecisionInput& input, const Decision& decision, const DroppedTarget& dropped) {
  if (input.key) {
    const config::Key& key = config.keys[*input.key];
    const std::vector<std::size_t>& requires_of_key = policy.keys()[*input.key].require;
    for (std::size_t i = 0; i < requires_of_key.size(); ++i) {
      if (!Drops(policy.key_requires()[requires_of_key[i]], input.candidates[dropped.target],
                 dropped)) {
        continue;
      }
      if (i == 0) return {"key " + key.name, &key.require};
      return {"team " + key.team, &TeamRequire(config, key.team)};
    }
  }
  return {"route " + policy.routes()[decision.route].name, &config.routes[decision.route].require};
}

}  // namespace headgate::routing
