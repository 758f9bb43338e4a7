#include "config/reader/value_types.h"
#include "config/sections/sections.h"

namespace headgate::config {
namespace {

constexpr std::array kClassFields = {
    Required<CustomClass, &CustomClass::name, Name>("class",
                                                    "What routes, logs and metrics call it."),
    Required<CustomClass, &CustomClass::when, WhenSection>("when",
                                                           "Which requests are of the class."),
};

constexpr std::array kTeamFields = {
    Optional<Team, &Team::require, RequireSection>(
        "require", "Holds for every request of the team, and is never relaxed."),
    Optional<Team, &Team::allow_warnings, AllowedWarnings>(
        "allow_warnings",
        "Names of warnings of `headgate check` that are not reported about this team."),
};

constexpr std::array kQualityFields = {
    Optional<QualityScores, &QualityScores::code, Name>("code", "The score that ranks code."),
    Optional<QualityScores, &QualityScores::math, Name>("math",
                                                        "The score that ranks mathematics."),
    Optional<QualityScores, &QualityScores::general, Name>("general",
                                                           "The score that ranks the rest."),
};

}  // namespace

bool ClassSection::Read(const Value& value, CustomClass& custom_class) {
  return Mapping<kClassFields>::Read(value, custom_class);
}

Json ClassSection::JsonSchema(Definitions& definitions) {
  return Mapping<kClassFields>::JsonSchema(definitions);
}

bool TeamSection::Read(const Value& value, Team& team) {
  return Mapping<kTeamFields>::Read(value, team);
}

Json TeamSection::JsonSchema(Definitions& definitions) {
  return Mapping<kTeamFields>::JsonSchema(definitions);
}

bool QualitySection::Read(const Value& value, QualityScores& quality) {
  return Mapping<kQualityFields>::Read(value, quality);
}

Json QualitySection::JsonSchema(Definitions& definitions) {
  return Mapping<kQualityFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
