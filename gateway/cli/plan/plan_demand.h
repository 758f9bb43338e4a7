#pragma once

#include <string>

#include "absl/status/status.h"
#include "config/base/parsed.h"
#include "gateway/cli/plan/plan_question.h"

namespace headgate::gateway {

// The part of AskPlan that is about what is to be served: volume, mix, hours, peak and growth. Adds
// to the demand, the assumptions and the cautions of `question`. Pure.
absl::Status AskDemand(const PlanFlags& flags, const config::Config* config,
                       const TrafficSource* traffic, PlanQuestion& question);

// An error for a flag: `--rent 2x: is not a number; write …`.
absl::Status FlagError(const std::string& flag, const std::string& text,
                       const config::Complaint& complaint);

}  // namespace headgate::gateway
