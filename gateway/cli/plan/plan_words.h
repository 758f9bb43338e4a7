#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/cli/plan/plan_report.h"

namespace headgate::gateway {

std::string VerdictText(policy::Verdict verdict);  // "self-host", for tables

// The sentences of the answer.
std::string Headline(const PlanReport& report);
std::string Reason(const PlanReport& report);
std::vector<std::string> BreakEvenSentences(const PlanReport& report);
std::string SensitivitySentence(const PlanReport& report);
std::vector<std::string> GrowthSentences(const PlanReport& report);

// An input's name, and one of its values (policy::Flip::value) with its unit.
std::string InputName(policy::PlanInput input);
std::string InputText(const PlanReport& report, policy::PlanInput input, std::int64_t value);

// What each replica must serve at the peak for `tokens` a month, in tokens an hour, if the replicas
// there are must be enough.
std::int64_t PeakOfEach(const PlanReport& report, std::int64_t tokens);

}  // namespace headgate::gateway
