#include "gateway/cli/plan/plan_words.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using policy::DayFromMonth;
using policy::kMillion;
using policy::PlanInput;
using policy::Verdict;

std::string Percent(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? "0 %" : ShareText(policy::Scaled(part, kMillion, whole));
}

NanoUsd Cheaper(const policy::MonthCosts& costs) { return std::min(costs.api, costs.self_hosted); }

// "4 replicas cost $8,400 a month".
std::string SelfHostingCosts(const PlanReport& report) {
  const std::int64_t count = report.costs.replicas;
  return absl::StrCat(ReplicasText(count), count == 1 ? " costs " : " cost ",
                      MoneyText(report.costs.self_hosted), " a month");
}

std::string ApiCosts(const PlanReport& report) {
  return absl::StrCat(report.question.plan.api.name, " costs ", MoneyText(report.costs.api),
                      " a month");
}

// What each replica must serve, in tokens an hour, if its throughput is unknown.
std::int64_t AverageOfEach(std::int64_t tokens, std::int64_t replicas) {
  return policy::Scaled(tokens / replicas, 10, policy::kHoursOfTenMonths);
}

// The verdict in a sentence.
std::string AnswerText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kApi:
      return "the API";
    case Verdict::kSelfHost:
      return "self-hosting";
    case Verdict::kHybrid:
      return "a hybrid";
    case Verdict::kTie:
      return "a tie";
  }
  return "";
}

// What a full replica is worth, and its rent.
std::string FullReplica(const PlanReport& report) {
  const policy::BreakEven& even = report.break_even;
  return absl::StrCat("One replica serves ", TokensText(DayFromMonth(*even.replica_serves)),
                      " tokens a day, for which the API asks ",
                      MoneyText(DayFromMonth(even.replica_saves)), "; its rent is ",
                      MoneyText(DayFromMonth(report.question.plan.self.rent_per_replica_month)),
                      " a day.");
}

std::string ReasonForApi(const PlanReport& report) {
  const policy::BreakEven& even = report.break_even;
  if (report.bounds && !report.bounds->break_even.Never()) {
    return absl::StrCat("That holds even if replicas can do ", ThroughputText(report.bounds->most),
                        ", the most that full slots could give.");
  }
  if (even.Never()) {
    return absl::StrCat(FullReplica(report), " No volume breaks even: more volume needs more ",
                        "replicas.");
  }
  if (!even.first) return "The API asks nothing for this mix.";
  if (report.tokens < *even.first) {
    return absl::StrCat("Self-hosting breaks even at ", VolumeText(*even.first), "; this is ",
                        VolumeText(report.tokens), ".");
  }
  return absl::StrCat("Rent grows in steps of a replica. ", FullReplica(report));
}

std::string ReasonForSelfHost(const PlanReport& report) {
  const NanoUsd self_hosted = std::max<NanoUsd>(1, report.costs.self_hosted);
  std::string reason = absl::StrCat(
      "The API costs ", FactorText(policy::Scaled(report.costs.api, kMillion, self_hosted)),
      " times as much.");
  if (!report.break_even.replica_serves) {
    absl::StrAppend(&reason, " This holds if each replica can serve ",
                    ThroughputText(PeakOfEach(report, report.tokens)),
                    " at the peak: --throughput checks it.");
  }
  return reason;
}

std::string ReasonForHybrid(const PlanReport& report) {
  const policy::Hybrid& hybrid = *report.costs.hybrid;
  return absl::StrCat(ReplicasText(hybrid.replicas), hybrid.replicas == 1 ? " serves " : " serve ",
                      Percent(hybrid.home_tokens, report.tokens),
                      " of the tokens; what is above their capacity in busy hours goes to the API. "
                      "That saves ",
                      Percent(Cheaper(report.costs) - hybrid.Total(), Cheaper(report.costs)),
                      " of the cheaper of the other two.");
}

std::string ReasonForTie(const PlanReport& report) {
  const policy::MonthCosts& costs = report.costs;
  const bool api = costs.api < costs.self_hosted;
  return absl::StrCat(
      "Neither costs twice the other, and volumes are often estimated wrong by more than that. ",
      api ? "The API" : "Self-hosting", " is cheaper by ",
      MoneyText(std::max(costs.api, costs.self_hosted) - Cheaper(costs)),
      " a month. Decide by data protection, latency and who will run the GPUs.");
}

}  // namespace

std::string VerdictText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kApi:
      return "API";
    case Verdict::kSelfHost:
      return "self-host";
    case Verdict::kHybrid:
      return "hybrid";
    case Verdict::kTie:
      return "tie";
  }
  return "";
}

namespace {

std::string Answer(const PlanReport& report) {
  switch (report.verdict) {
    case Verdict::kApi:
      return absl::StrCat("Use the API: ", ApiCosts(report), "; ", SelfHostingCosts(report), ".");
    case Verdict::kSelfHost:
      return absl::StrCat("Self-host: ", SelfHostingCosts(report), "; ", ApiCosts(report), ".");
    case Verdict::kHybrid:
      return absl::StrCat("Do both: ", ReplicasText(report.costs.hybrid->replicas), " and ",
                          report.question.plan.api.name, " for the rest cost ",
                          MoneyText(report.costs.hybrid->Total()), " a month; ", ApiCosts(report),
                          " alone, and ", SelfHostingCosts(report), ".");
    case Verdict::kTie:
      return absl::StrCat("Cost does not decide: ", ApiCosts(report), "; ",
                          SelfHostingCosts(report), ".");
  }
  return "";
}

}  // namespace

std::string Headline(const PlanReport& report) {
  const std::string& span = report.question.short_span;
  return absl::StrCat(IsUndecided(report) ? UndecidedHeadline(report) : Answer(report),
                      span.empty() ? "" : " ", span);
}

std::string Reason(const PlanReport& report) {
  if (IsUndecided(report)) return UndecidedReason(report);
  switch (report.verdict) {
    case Verdict::kApi:
      return ReasonForApi(report);
    case Verdict::kSelfHost:
      return ReasonForSelfHost(report);
    case Verdict::kHybrid:
      return ReasonForHybrid(report);
    case Verdict::kTie:
      return ReasonForTie(report);
  }
  return "";
}

std::vector<std::string> BreakEvenSentences(const PlanReport& report) {
  const policy::BreakEven& even = report.break_even;
  const policy::SelfHosting& self = report.question.plan.self;
  std::vector<std::string> out;
  if (!even.rent_over_price) return {"The API asks nothing for this mix: nothing breaks even."};
  out.push_back(absl::StrCat(
      "The rent of one replica, ", MoneyText(DayFromMonth(self.rent_per_replica_month)),
      " a day, is the price of ", TokensText(DayFromMonth(*even.rent_over_price)),
      " tokens a day at the API (", UnitPriceText(report.blended), " per 1M tokens of this mix)."));
  if (!even.replica_serves) {
    out.push_back(absl::StrCat(
        "Self-hosting breaks even at ", VolumeText(*even.first), ", if ",
        ReplicasText(report.costs.replicas), " can serve it. For this volume each must serve ",
        ThroughputText(AverageOfEach(report.tokens, report.costs.replicas)), " on average, and ",
        ThroughputText(PeakOfEach(report, report.tokens)), " at the peak."));
    return out;
  }
  out.push_back(FullReplica(report));
  if (even.Never()) {
    out.push_back(absl::StrCat(report.bounds ? "At that no" : "So no",
                               " number of replicas breaks even at any volume. One would have "
                               "to serve ",
                               ThroughputText(*even.throughput_needed), " instead of ",
                               ThroughputText(*self.tokens_per_hour), "."));
  } else if (even.always == even.first) {
    out.push_back(absl::StrCat("Self-hosting costs less from ", VolumeText(*even.first), " on."));
  } else {
    out.push_back(absl::StrCat(
        "Self-hosting first costs less at ", VolumeText(*even.first), ". Each further replica can ",
        "cost more again",
        even.always ? absl::StrCat("; from ", VolumeText(*even.always), " on none does.") : "."));
  }
  if (report.bounds) out.push_back(BoundsSentence(report));
  return out;
}

std::string SensitivitySentence(const PlanReport& report) {
  const policy::InputFlips* const first = report.flips.empty() ? nullptr : &report.flips.front();
  const policy::Flip* const nearest = first == nullptr ? nullptr : first->Nearest();
  if (nearest == nullptr) {
    return "No single input changes the answer between a hundredth and a hundred times its value.";
  }
  return absl::StrCat(
      "It is most sensitive to the ", InputName(first->input), ": at ",
      InputText(report, first->input, nearest->value), " instead of ",
      InputText(report, first->input, policy::PresentValue(report.question.plan, first->input)),
      " the answer is ", AnswerText(nearest->becomes), ".");
}

std::vector<std::string> GrowthSentences(const PlanReport& report) {
  if (report.question.growth == 0 || IsUndecided(report)) return {};
  const policy::GrowthPath& path = report.growth;
  const std::string rate =
      absl::StrCat(report.question.growth > 0 ? "+" : "", ShareText(report.question.growth));
  std::vector<std::string> out;
  if (path.crosses) {
    out.push_back(absl::StrCat("At ", rate, " a month, ",
                               path.to_self_host ? "self-hosting first costs less than the API"
                                                 : "the API first costs less than self-hosting",
                               " in month ", path.crosses->month, ", at ",
                               VolumeText(path.crosses->tokens), "."));
  } else {
    out.push_back(absl::StrCat("At ", rate, " a month, ",
                               path.to_self_host
                                   ? "self-hosting does not become cheaper than the API"
                                   : "the API does not become cheaper than self-hosting",
                               " within ten years."));
  }
  if (path.changes) {
    out.push_back(absl::StrCat("The answer first changes in month ", path.changes->month, ": ",
                               AnswerText(path.changes->verdict), "."));
  }
  return out;
}

std::string InputName(PlanInput input) {
  switch (input) {
    case PlanInput::kVolume:
      return "volume";
    case PlanInput::kApiPrice:
      return "price of the API";
    case PlanInput::kRent:
      return "rent of a replica";
    case PlanInput::kThroughput:
      return "throughput of a replica";
    case PlanInput::kUtilisation:
      return "utilisation at the peak";
    case PlanInput::kPeak:
      return "peak";
    case PlanInput::kOutputShare:
      return "share of output";
    case PlanInput::kCachedShare:
      return "cached share of the input";
  }
  return "";
}

std::string InputText(const PlanReport& report, PlanInput input, std::int64_t value) {
  const policy::SelfHosting& self = report.question.plan.self;
  switch (input) {
    case PlanInput::kVolume:
      return absl::StrCat(TokensText(policy::Scaled(report.tokens, value, kMillion)),
                          " tokens a month");
    case PlanInput::kApiPrice:
      return absl::StrCat(UnitPriceText(policy::Scaled(report.blended, value, kMillion)),
                          " per 1M tokens");
    case PlanInput::kRent:
      return RentText(policy::Scaled(self.rent_per_replica_month, value, kMillion));
    case PlanInput::kThroughput:
      return ThroughputText(policy::Scaled(self.tokens_per_hour.value_or(0), value, kMillion));
    case PlanInput::kPeak:
      return absl::StrCat(FactorText(value), " times the average");
    case PlanInput::kUtilisation:
    case PlanInput::kOutputShare:
    case PlanInput::kCachedShare:
      break;
  }
  return ShareText(value);
}

std::int64_t PeakOfEach(const PlanReport& report, std::int64_t tokens) {
  return policy::Scaled(AverageOfEach(tokens, report.costs.replicas),
                        policy::PeakOf(report.question.plan.demand), kMillion);
}

}  // namespace headgate::gateway
