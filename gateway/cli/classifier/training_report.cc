#include "gateway/cli/classifier/training_report.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "routing/training/templates.h"

namespace headgate::gateway {
namespace {

using routing::Example;

constexpr std::size_t kThin = 50;       // texts of a topic, below which it is learned by heart
constexpr std::size_t kFewest = 30;     // held-out texts that are enough for a figure
constexpr std::size_t kOneOf = 10;      // texts is held out
constexpr std::size_t kFewOthers = 5;   // of other topics: below this, one topic is measured
constexpr std::size_t kNearlyAll = 90;  // per cent of a topic's texts, that are of one source
constexpr std::string_view kInstead =
    "Measure the model on texts of another origin, best on real requests that you labelled: "
    "--test FILE.\n";

struct HeldOut {
  std::vector<Example> texts;  // without those cut from templates
  std::size_t templated = 0;
};

HeldOut HoldOut(const std::vector<Example>& examples) {
  HeldOut held_out;
  if (examples.size() < routing::kFewestToHoldOut) return held_out;
  const std::vector<bool> templated = routing::TemplatedTexts(examples);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (!routing::IsHeldOut(examples[i].text) || examples[i].topic == routing::kBareTexts) continue;
    if (templated[i]) {
      ++held_out.templated;
    } else {
      held_out.texts.push_back(examples[i]);
    }
  }
  return held_out;
}

using TextsOfTopic = std::map<std::string, std::size_t>;

TextsOfTopic CountByTopic(const std::vector<Example>& examples) {
  TextsOfTopic texts;
  for (const Example& example : examples) ++texts[example.topic];
  return texts;
}

TextsOfTopic::const_iterator Largest(const TextsOfTopic& texts) {
  return std::max_element(texts.begin(), texts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; });
}

// A topic with nearly all texts from one source.
struct OneSided {
  std::string topic;
  std::string source;
  std::size_t of_source = 0;
  std::size_t texts = 0;
};

// The sources of the texts, except texts that were composed here (`own-`). "Mail" and "mail" are
// one source.
struct Origins {
  std::set<std::string> sources;
  std::vector<OneSided> one_sided;
  std::size_t topics = 0;  // that were checked: thin topics are not, unless all are thin
  bool apart = true;       // no source has texts of two topics
};

Origins OriginsOf(const std::vector<Example>& examples) {
  std::map<std::string, TextsOfTopic> by_topic;  // then by source
  Origins origins;
  for (const Example& example : examples) {
    if (routing::IsOwnSource(example.source)) continue;
    const std::string source =
        absl::AsciiStrToLower(std::string(absl::StripAsciiWhitespace(example.source)));
    origins.sources.insert(source);
    ++by_topic[example.topic][source];
  }
  std::size_t pairs = 0;
  for (const auto& [topic, sources] : by_topic) pairs += sources.size();
  origins.apart = pairs == origins.sources.size();
  const TextsOfTopic all = CountByTopic(examples);
  const bool all_thin = Largest(all)->second < kThin;
  for (const auto& [topic, sources] : by_topic) {
    if (!all_thin && all.at(topic) < kThin) continue;
    ++origins.topics;
    const auto largest = Largest(sources);
    std::size_t texts = 0;
    for (const auto& [source, count] : sources) texts += count;
    if (largest->second * 100 >= kNearlyAll * texts) {
      origins.one_sided.push_back({topic, largest->first, largest->second, texts});
    }
  }
  return origins;
}

std::string Quoted(std::string_view source) {
  return source.empty() ? "no named source" : absl::StrCat("`", std::string(source), "`");
}

std::string OneSourceWarning(std::string_view how_many, const std::string& source) {
  return absl::StrCat(
      "WARNING: ", std::string(how_many), " texts are of one source",
      source.empty() ? std::string() : absl::StrCat(", `", source, "`"),
      ". The held-out tenth resembles the other texts, and nearly any model is right about it, so "
      "no\naccuracy is printed. Give each origin of texts its own `source` in the data. ",
      std::string(kInstead));
}

// Returns why the sources of the texts make every figure worthless; empty if they do not.
std::string SourcesWarning(const Origins& origins) {
  if (origins.sources.size() < 2) {
    return OneSourceWarning("all", origins.sources.empty() ? "" : *origins.sources.begin());
  }
  if (origins.one_sided.empty()) return {};
  std::set<std::string> sources;
  for (const OneSided& one : origins.one_sided) sources.insert(one.source);
  const bool all = origins.one_sided.size() == origins.topics;
  if (all && sources.size() == 1) return OneSourceWarning("nearly all", *sources.begin());
  std::string out = all && sources.size() == origins.topics
                        ? "WARNING: each topic has its own source in these texts:\n"
                        : "WARNING: nearly all texts of a topic are of one source:\n";
  for (const OneSided& one : origins.one_sided) {
    absl::StrAppend(&out, "- topic ", one.topic, ": ", one.of_source, " of ", one.texts,
                    one.texts == 1 ? " text is of " : " texts are of ", Quoted(one.source), "\n");
  }
  absl::StrAppend(&out,
                  "An accuracy on the held-out tenth would measure how well the model tells "
                  "sources apart, so no accuracy\nis printed. Collect the texts of each topic from "
                  "several sources, and let the topics share their sources. ",
                  std::string(kInstead));
  return out;
}

// Returns why the held-out texts are not enough for a figure; empty if they are.
std::string HeldOutWarning(const HeldOut& held_out) {
  const std::size_t all = held_out.texts.size() + held_out.templated;
  if (all == 0) {
    return absl::StrCat("WARNING: with fewer than ", routing::kFewestToHoldOut,
                        " texts all of them are learned from and none is held out, so no accuracy "
                        "is printed.\n",
                        std::string(kInstead));
  }
  if (held_out.texts.size() < kFewest && 2 * held_out.templated < all) {
    std::string without;
    if (held_out.templated > 0) {
      without =
          absl::StrCat(" (", held_out.templated, " more come from templates and do not count)");
    }
    return absl::StrCat("WARNING: ", held_out.texts.size(),
                        held_out.texts.size() == 1 ? " text was" : " texts were", " held out",
                        without, ", and a figure needs ", kFewest,
                        ", so no accuracy is printed. Collect about ",
                        (kFewest - held_out.texts.size()) * kOneOf,
                        " more texts, of which a tenth is held out.\n", std::string(kInstead));
  }
  if (held_out.texts.size() < kFewest) {
    return absl::StrCat(
        "WARNING: ", held_out.templated, " of the ", all,
        " held-out texts come from templates: most of their words also occur in other "
        "texts.\nNearly any model is right about them, so no accuracy is printed. ",
        std::string(kInstead));
  }
  const TextsOfTopic topics = CountByTopic(held_out.texts);
  const auto largest = Largest(topics);
  if (held_out.texts.size() - largest->second >= kFewOthers) return {};
  std::string why = "the texts of other topics are too few";
  if (held_out.templated > 0) {
    why = absl::StrCat(held_out.templated, held_out.templated == 1
                                               ? " text from a template does not count"
                                               : " texts from templates do not count");
  }
  return absl::StrCat("WARNING: only topic ", largest->first, " can be measured: ", largest->second,
                      " of the ", held_out.texts.size(), " held-out texts have that topic, and ",
                      why,
                      ".\nThey do not show whether the model tells topics apart, so no accuracy is "
                      "printed. ",
                      std::string(kInstead));
}

// Names the topics that were taught and have no text: their recall is not known.
std::string UnmeasuredTopics(const routing::Evaluation& evaluation,
                             const std::vector<Example>& taught) {
  const TextsOfTopic topics = CountByTopic(taught);
  std::vector<std::string> missing;
  for (const std::string& topic : evaluation.topics) {
    if (topics.contains(topic) && !evaluation.confusion.contains(topic)) missing.push_back(topic);
  }
  if (missing.empty()) return {};
  return absl::StrCat("\nWARNING: no text has the topic ", absl::StrJoin(missing, " or "),
                      ", so these figures do not measure ", missing.size() == 1 ? "it" : "them",
                      "\n");
}

}  // namespace

std::string ThinTopics(const std::vector<Example>& examples) {
  std::string out;
  for (const auto& [topic, count] : CountByTopic(examples)) {
    if (count >= kThin) continue;
    absl::StrAppend(&out, "headgate: topic ", topic, " has ", count,
                    count == 1 ? " text" : " texts", "; collect a few hundred\n");
  }
  return out;
}

bool HasFewTexts(const std::vector<Example>& examples) {
  return examples.size() < kThin * CountByTopic(examples).size();
}

std::string HeldOutReport(const routing::TrainedTopics& trained,
                          const std::vector<Example>& examples) {
  const Origins origins = OriginsOf(examples);
  std::string warning = SourcesWarning(origins);
  if (!warning.empty()) return warning;
  const HeldOut held_out = HoldOut(examples);
  warning = HeldOutWarning(held_out);
  if (!warning.empty()) return warning;
  const routing::Evaluation evaluation = routing::Evaluate(trained.model, held_out.texts);
  std::string out =
      absl::StrCat("On the tenth of the texts that was held out:\n\n", routing::Table(evaluation),
                   UnmeasuredTopics(evaluation, examples));
  if (origins.apart) {
    absl::StrAppend(
        &out,
        "\nWARNING: no source has texts of two topics, so these figures also measure how "
        "well the model tells\nsources apart\n");
  }
  if (held_out.templated > 0) {
    const std::size_t all = held_out.texts.size() + held_out.templated;
    absl::StrAppendFormat(
        &out,
        "\n%s%d of the %d held-out texts come from templates and are left out of these figures\n",
        2 * held_out.templated > all ? "WARNING: " : "", held_out.templated, all);
  }
  if (trained.accuracy_on_unseen_sources) {
    absl::StrAppendFormat(&out, "\nAccuracy on texts of sources left out of the fit: %.1f %%\n",
                          100 * *trained.accuracy_on_unseen_sources);
  } else {
    absl::StrAppend(&out,
                    "\nWARNING: real traffic is a source that the model has not seen. With fewer "
                    "than four sources there is no\nfigure for such a source. ",
                    std::string(kInstead));
  }
  return out;
}

std::map<std::string, int> UnknownTopics(const routing::Evaluation& evaluation) {
  std::map<std::string, int> unknown;
  for (const auto& [label, row] : evaluation.confusion) {
    const bool known = std::find(evaluation.topics.begin(), evaluation.topics.end(), label) !=
                       evaluation.topics.end();
    if (known) continue;
    for (const auto& [said, count] : row) unknown[label] += count;
  }
  return unknown;
}

std::string UnknownTopicsWarning(const routing::Evaluation& evaluation, const std::string& file) {
  const std::map<std::string, int> unknown = UnknownTopics(evaluation);
  std::vector<std::string> names;
  names.reserve(unknown.size());
  int texts = 0;
  for (const auto& [topic, count] : unknown) {
    names.push_back(absl::StrCat(topic, " ", count));
    texts += count;
  }
  if (names.empty()) return {};
  return absl::StrCat("WARNING: ", texts, " of the ", evaluation.texts, " texts of ", file,
                      texts == 1 ? " has" : " have", " a topic that the model was not taught (",
                      absl::StrJoin(names, ", "),
                      ").\nThe model cannot answer them correctly. They count as wrong in these "
                      "figures.\n\n");
}

std::string ModelMissing(const routing::Evaluation& evaluation) {
  if (UnknownTopics(evaluation).empty()) return {};
  return "The model in the program was measured. Did you mean --model FILE?\n\n";
}

std::string TestReport(const routing::TopicModel& model, const std::string& file,
                       const std::vector<Example>& taught, std::vector<Example> texts) {
  std::set<std::string_view> known;
  for (const Example& example : taught) known.insert(example.text);
  const std::size_t all = texts.size();
  std::erase_if(texts, [&](const Example& example) { return known.contains(example.text); });
  std::string out;
  if (texts.size() < all) {
    absl::StrAppend(&out, "\nWARNING: ", all - texts.size(), " of the ", all, " texts of ", file,
                    " are in the training data too and are left out\n");
  }
  if (texts.empty()) return out;
  const routing::Evaluation evaluation = routing::Evaluate(model, texts);
  absl::StrAppend(&out, "\nOn the texts of ", file, ":\n\n", UnknownTopicsWarning(evaluation, file),
                  routing::Table(evaluation), UnmeasuredTopics(evaluation, taught));
  return out;
}

}  // namespace headgate::gateway
