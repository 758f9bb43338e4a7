#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/reader/fields.h"

namespace headgate::config {

// The sections of a configuration, each a kind (schema.h) whose table of fields stands in the .cc
// file that is named beside it. Stateless and thread-safe.

struct ServerSection {  // read_server.cc
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Server& server);
  static Json JsonSchema(Definitions& definitions);
};

struct RecordingSection {  // read_recording.cc
  static constexpr std::string_view kExpects = "a mapping with file";
  static bool Read(const Value& value, Recording& recording);
  static Json JsonSchema(Definitions& definitions);
};

// An entry whose name is already in `models` overrides only the keys that it names.
struct ModelsSection {  // read_models.cc
  static constexpr std::string_view kExpects = "a mapping of models";
  static bool Read(const Value& value, std::vector<Model>& models);
  static Json JsonSchema(Definitions& definitions);
};

struct PriceSection {  // read_models.cc
  static constexpr std::string_view kExpects = "a mapping with input and output";
  static bool Read(const Value& value, Prices& prices);
  static Json JsonSchema(Definitions& definitions);
};

struct BackendSection {  // read_backends.cc
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Backend& backend);
  static Json JsonSchema(Definitions& definitions);
};

// `model@backend`, or {target: model@backend, weight: N}.
struct TargetSection {  // read_routes.cc
  static constexpr std::string_view kExpects = "model@backend";
  static bool Read(const Value& value, TargetReference& target);
  static Json JsonSchema(Definitions& definitions);
};

// A condition on a request; conditions nest.
struct WhenSection {  // read_when.cc
  static constexpr std::string_view kExpects = "a mapping of conditions";
  static bool Read(const Value& value, When& when);
  static Json JsonSchema(Definitions& definitions);
};

struct RequireSection {  // read_require.cc
  static constexpr std::string_view kExpects = "a mapping of requirements";
  static bool Read(const Value& value, Require& require);
  static Json JsonSchema(Definitions& definitions);
};

struct ClassSection {  // read_language.cc
  static constexpr std::string_view kExpects = "a mapping with class and when";
  static bool Read(const Value& value, CustomClass& custom_class);
  static Json JsonSchema(Definitions& definitions);
};

struct TeamSection {  // read_language.cc
  static constexpr std::string_view kExpects = "a mapping with require";
  static bool Read(const Value& value, Team& team);
  static Json JsonSchema(Definitions& definitions);
};

struct ClassifierSection {  // read_classifier.cc
  static constexpr std::string_view kExpects = "a mapping with model, threshold and urgency";
  static bool Read(const Value& value, Classifier& classifier);
  static Json JsonSchema(Definitions& definitions);
};

struct QualitySection {  // read_language.cc
  static constexpr std::string_view kExpects = "a mapping of topics and scores";
  static bool Read(const Value& value, QualityScores& quality);
  static Json JsonSchema(Definitions& definitions);
};

struct TestSection {  // read_tests.cc
  static constexpr std::string_view kExpects = "a mapping with request and expect";
  static bool Read(const Value& value, PolicyTest& test);
  static Json JsonSchema(Definitions& definitions);
};

struct RouteSection {  // read_routes.cc
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Route& route);
  static Json JsonSchema(Definitions& definitions);
};

struct KeySection {  // read_keys.cc
  static constexpr std::string_view kExpects = "a mapping";
  static bool Read(const Value& value, Key& key);
  static Json JsonSchema(Definitions& definitions);
};

// The whole file over what `config` already holds (the shipped catalogue). Reports into
// `root.context()`; read_root.cc.
void ReadConfiguration(const Value& root, Config& config);

// Headers and the globs looked for in them; credentials are refused.
struct HeaderMatches {  // read_when.cc
  static constexpr std::string_view kExpects = "a mapping of header names and values";
  static bool Read(const Value& value, std::vector<TextMatch>& out);
  static Json JsonSchema(Definitions& definitions);
};

}  // namespace headgate::config
