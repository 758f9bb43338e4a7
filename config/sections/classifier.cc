#include "config/sections/classifier.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <system_error>

#include "config/base/regular_file.h"
#include "config/base/text.h"
#include "config/reader/value_types.h"
#include "config/sections/when.h"
#include "config/topic_names.h"

namespace headgate::config {
namespace {

struct ModelFile {
  static constexpr std::string_view kExpects = ReadableFile::kExpects;
  static bool Read(const Value& value, TopicModelFile& out) {
    TopicModelFile file;
    if (!ReadableFile::Read(value, file.path)) return false;
    file.bytes = ReadRegularFile(file.path).value_or("");
    if (file.bytes.empty()) {
      return value.FailWritten({"is empty", "make a topic model with `headgate train`"});
    }
    if (TopicsOfModel(file).empty()) {
      return value.FailWritten({"is not a topic model", "make one with `headgate train`"});
    }
    file.location = value.context().LocationOf(value.node());
    out = std::move(file);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return ReadableFile::JsonSchema(definitions); }
};

struct Probability {
  static constexpr std::string_view kExpects = "a probability, for example 0.6";
  static bool Read(const Value& value, double& out) {
    const std::optional<std::string> text = value.Scalar(kExpects);
    if (!text) return false;
    double read = 0;
    const char* const end = text->data() + text->size();
    const auto [at, error] = std::from_chars(text->data(), end, read, std::chars_format::fixed);
    if (error != std::errc() || at != end || !(read >= 0 && read <= 1)) {
      return value.FailWritten({"is not a probability", "write a number from 0 to 1"});
    }
    out = read;
    return true;
  }
  static Json JsonSchema(Definitions&) {
    return NumberSchema("number", {0, 1}, R"(0*[01]?(?:\.[0-9]*)?)");
  }
};

using Meaning = OneOf<kUrgencyMeanings>;

constexpr std::array kUrgencyFields = {
    Optional<UrgencyRules, &UrgencyRules::flex, Meaning>("flex", "service_tier: flex (batch)."),
    Optional<UrgencyRules, &UrgencyRules::priority, Meaning>(
        "priority", "service_tier: priority, fast or ultrafast (latency_critical)."),
    Optional<UrgencyRules, &UrgencyRules::soon, Meaning>(
        "soon", "x-slo-ttft-ms of at most soon_within (latency_critical)."),
    Optional<UrgencyRules, &UrgencyRules::patient, Meaning>(
        "patient", "x-slo-ttft-ms of at least patient_from (batch)."),
    Optional<UrgencyRules, &UrgencyRules::fill_in_the_middle, Meaning>(
        "fill_in_the_middle", "A suffix, or fill-in-the-middle tokens (latency_critical)."),
    Optional<UrgencyRules, &UrgencyRules::agent, Meaning>(
        "agent", "Steps of an agent: x-initiator: agent, a subagent, a tool's result (normal)."),
    Optional<UrgencyRules, &UrgencyRules::thinking, Meaning>(
        "thinking", "reasoning_effort: high, xhigh or max (normal)."),
    Optional<UrgencyRules, &UrgencyRules::typing, Meaning>(
        "typing", "Streamed answers of at most typing_tokens (latency_critical)."),
    Optional<UrgencyRules, &UrgencyRules::soon_within, Duration<0>>(
        "soon_within", "The longest wait for a first token that is urgent (1s)."),
    Optional<UrgencyRules, &UrgencyRules::patient_from, Duration<0>>(
        "patient_from", "The shortest wait for a first token that is patient (30s)."),
    Optional<UrgencyRules, &UrgencyRules::typing_tokens, Whole<0, 1024>>(
        "typing_tokens", "The longest answer that counts as typing (16 tokens)."),
};

struct UrgencySection {
  static constexpr std::string_view kExpects = "a mapping of rules";
  static bool Read(const Value& value, UrgencyRules& rules) {
    if (!Mapping<kUrgencyFields>::Read(value, rules)) return false;
    if (rules.soon_within < rules.patient_from) return true;
    return value.Fail("has a soon_within that is not below patient_from",
                      "write a shorter soon_within: waits between the two are normal");
  }
  static Json JsonSchema(Definitions& definitions) {
    return Mapping<kUrgencyFields>::JsonSchema(definitions);
  }
};

constexpr std::array kClassifierFields = {
    Optional<Classifier, &Classifier::model, ModelFile>(
        "model", "A file that `headgate train` wrote; by default the built-in model."),
    Optional<Classifier, &Classifier::threshold, Probability>(
        "threshold",
        "The model abstains when the probability of its likeliest topic is below this."),
    Optional<Classifier, &Classifier::urgency, UrgencySection>(
        "urgency", "The urgency that each rule gives a request."),
};

// The time in which a request should have its first token: 1 ms to 1 hour.
struct TargetTtft {
  static constexpr std::string_view kExpects = "a duration from 1ms to 1h, for example 400ms";
  static bool Read(const Value& value, Milliseconds& out) {
    constexpr Milliseconds kLongest = std::chrono::hours(1);
    Milliseconds time{0};
    if (!Duration<1>::Read(value, time)) return false;
    if (time > kLongest) return value.FailWritten({"is too long", "write at most 1h"});
    out = time;
    return true;
  }
  static Json JsonSchema(Definitions& definitions) { return Duration<1>::JsonSchema(definitions); }
};

constexpr std::string_view kTargetTtftDocumentation =
    "The time to first token that its requests should have: in a queue, the earliest deadline is "
    "first.";

constexpr std::array kClassFields = {
    Required<CustomClass, &CustomClass::name, Name>("class",
                                                    "What routes, logs and metrics call it."),
    Required<CustomClass, &CustomClass::when, WhenSection>("when",
                                                           "Which requests are of the class."),
    Optional<CustomClass, &CustomClass::band, OneOf<kBands>>(
        "band", "Its place in the queues of self-hosted backends; normal by default."),
    Optional<CustomClass, &CustomClass::target_ttft, TargetTtft>("target_ttft",
                                                                 kTargetTtftDocumentation),
};

// The name of a built-in class as it is written: a variable gives a custom class its
// name.
struct BuiltInName {
  static constexpr std::string_view kExpects = OneOf<kClasses>::kExpects;
  static bool Read(const Value& value, std::string& out) {
    return OneOf<kClasses>::Read(value, out);
  }
  static Json JsonSchema(Definitions&) {
    return Json::Object({{"enum", Json::Texts(TextsOf<std::string_view, kClasses>())}});
  }
};

// An entry for a built-in class.
struct BuiltInClass {
  std::string name;
  Milliseconds target_ttft{0};
};
constexpr std::array kBuiltInClassFields = {
    Required<BuiltInClass, &BuiltInClass::name, BuiltInName>(
        "class", "A built-in class, for its target_ttft."),
    Required<BuiltInClass, &BuiltInClass::target_ttft, TargetTtft>("target_ttft",
                                                                   kTargetTtftDocumentation),
};

bool IsBuiltIn(std::string_view name) {
  return std::find(kClasses.begin(), kClasses.end(), name) != kClasses.end();
}

// Whether the entry of `classes` has the name of a built-in class.
bool NamesBuiltIn(const Value& value) {
  if (!value.IsMapping()) return false;
  const auto& entries = value.node().children;
  return std::any_of(entries.begin(), entries.end(), [](const YamlNode& entry) {
    return entry.key == "class" && IsBuiltIn(entry.text);
  });
}

// The condition and the band of a built-in class are fixed.
void ReadBuiltIn(const Value& value, Config& config) {
  bool is_custom = false;
  for (const Value& entry : value.Children()) {
    if (entry.key() != "when" && entry.key() != "band") continue;
    entry.Fail("cannot be set for a class that is built in",
               "choose another name for the class, or set target_ttft alone");
    is_custom = true;
  }
  BuiltInClass entry;
  if (is_custom || !Mapping<kBuiltInClassFields>::Read(value, entry)) return;
  if (config.built_in_target_ttft.emplace(entry.name, entry.target_ttft).second) return;
  value.Fail(Concat("`", entry.name, "` has an entry already"), "keep one of them");
}

}  // namespace

bool ClassifierSection::Read(const Value& value, Classifier& classifier) {
  return Mapping<kClassifierFields>::Read(value, classifier);
}

Json ClassifierSection::JsonSchema(Definitions& definitions) {
  return Mapping<kClassifierFields>::JsonSchema(definitions);
}

bool ClassesSection::Read(const Value& value, Config& config) {
  if (!value.IsList()) return value.FailType(kExpects);
  const std::size_t before = value.context().problems();
  for (const Value& item : value.Children()) {
    if (NamesBuiltIn(item)) {
      ReadBuiltIn(item, config);
    } else {
      Mapping<kClassFields>::Read(item, config.classes.emplace_back());
    }
  }
  return value.context().problems() == before;
}

Json ClassesSection::JsonSchema(Definitions& definitions) {
  return ListSchema(AnyOfSchema({Mapping<kClassFields>::JsonSchema(definitions),
                                 Mapping<kBuiltInClassFields>::JsonSchema(definitions)}));
}

}  // namespace headgate::config
