#include "config/sections/classifier.h"

#include <charconv>
#include <system_error>

#include "config/base/regular_file.h"
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

constexpr std::array kClassFields = {
    Required<CustomClass, &CustomClass::name, Name>("class",
                                                    "What routes, logs and metrics call it."),
    Required<CustomClass, &CustomClass::when, WhenSection>("when",
                                                           "Which requests are of the class."),
};

}  // namespace

bool ClassifierSection::Read(const Value& value, Classifier& classifier) {
  return Mapping<kClassifierFields>::Read(value, classifier);
}

Json ClassifierSection::JsonSchema(Definitions& definitions) {
  return Mapping<kClassifierFields>::JsonSchema(definitions);
}

bool ClassSection::Read(const Value& value, CustomClass& custom_class) {
  return Mapping<kClassFields>::Read(value, custom_class);
}

Json ClassSection::JsonSchema(Definitions& definitions) {
  return Mapping<kClassFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
