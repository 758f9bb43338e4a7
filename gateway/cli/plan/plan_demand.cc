#include "gateway/cli/plan/plan_demand.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "config/base/suggest.h"
#include "gateway/cli/plan/plan_amounts.h"
#include "gateway/cli/plan/plan_flags.h"
#include "policy/plan/month.h"

namespace headgate::gateway {
namespace {

using policy::ClassVolume;
using policy::kMillion;

// A usual mix of chat and agents: three tokens read for each one written.
constexpr std::int64_t kUsualOutput = 250'000;
constexpr const char* kUsualHours = "day";
constexpr std::int64_t kDay = 86'400;  // seconds

// The names of classes that can wait: `batch`, and those of the operator in its band.
bool CanWait(const config::Config* config, const std::string& name) {
  if (name == config::kClasses[0]) return true;
  if (config == nullptr) return false;
  return std::any_of(config->classes.begin(), config->classes.end(), [&](const auto& custom) {
    return custom.name == name && custom.band == config::Band::kBatch;
  });
}

using ClassShares = std::map<std::string, std::int64_t>;  // "" is every other class

absl::Status ReadShares(const std::string& flag, const std::vector<std::string>& texts,
                        const std::vector<ClassVolume>& classes, ClassShares& out) {
  std::vector<std::string> names;
  names.reserve(classes.size());
  for (const ClassVolume& volume : classes) names.push_back(volume.name);
  for (const std::string& text : texts) {
    const config::Parsed<ClassValue> share = ParseShare(text);
    if (!share.value) return FlagError(flag, text, share.complaint);
    const std::string& name = share.value->name;
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      return FlagError(flag, text,
                       {"names a class without --volume", config::DidYouMean(name, names)});
    }
    if (!out.emplace(name, share.value->value).second) {
      return FlagError(flag, text, {"comes twice for one class", "write it once"});
    }
  }
  return absl::OkStatus();
}

std::int64_t ShareOf(const ClassShares& shares, const std::string& name, std::int64_t usual) {
  for (const std::string& key : {name, std::string()}) {
    if (const auto found = shares.find(key); found != shares.end()) return found->second;
  }
  return usual;
}

// Volumes that are given by flags, with their mix.
absl::Status ReadVolumes(const PlanFlags& flags, std::vector<ClassVolume>& classes) {
  for (const std::string& text : flags.volumes) {
    if (ParseTimes(text)) {
      return FlagError("--volume", text,
                       {"multiplies what was observed, and there is no traffic",
                        "give traffic or --ledger DIR, or write a volume such as 500M/day"});
    }
    const config::Parsed<ClassValue> volume = ParseVolume(text);
    if (!volume.value) return FlagError("--volume", text, volume.complaint);
    const std::string name = volume.value->name.empty() ? "all" : volume.value->name;
    const bool twice = std::any_of(classes.begin(), classes.end(),
                                   [&](const auto& other) { return other.name == name; });
    if (twice) {
      return FlagError("--volume", text, {"comes twice for one class", "name each class once"});
    }
    classes.push_back({.name = name, .tokens = {.input = volume.value->value}});
  }
  ClassShares output;
  ClassShares cached;
  if (auto status = ReadShares("--output", flags.output_shares, classes, output); !status.ok()) {
    return status;
  }
  if (auto status = ReadShares("--cached", flags.cached_shares, classes, cached); !status.ok()) {
    return status;
  }
  for (ClassVolume& volume : classes) {
    policy::Usage& tokens = volume.tokens;
    tokens.output =
        policy::Scaled(tokens.input, ShareOf(output, volume.name, kUsualOutput), kMillion);
    tokens.input -= tokens.output;
    tokens.cached_input = policy::Scaled(tokens.input, ShareOf(cached, volume.name, 0), kMillion);
  }
  return absl::OkStatus();
}

// Volumes of recorded traffic, perhaps scaled to a given one.
absl::Status UseTraffic(const PlanFlags& flags, const ObservedTraffic& traffic,
                        PlanQuestion& question) {
  constexpr std::int64_t kShortest = 60;  // as for the bill of a replay
  if (!flags.output_shares.empty() || !flags.cached_shares.empty()) {
    return absl::InvalidArgumentError(
        "--output and --cached are observed in the traffic; leave them out");
  }
  if (traffic.Seconds() < kShortest) {
    return absl::InvalidArgumentError(
        "the traffic covers less than a minute, too short for a month; write --volume, --output "
        "and --cached instead of the traffic");
  }
  policy::Demand& demand = question.plan.demand;
  demand.classes = traffic.MonthlyTokens();
  const std::int64_t total = policy::Total(policy::AllTokens(demand));
  if (total == 0 || total > policy::kMostTokens) {
    return absl::InvalidArgumentError(
        "the traffic has no tokens, or more than 1000T a month; write --volume instead of it");
  }
  if (flags.volumes.empty()) return absl::OkStatus();
  if (const std::optional<std::int64_t> times = ParseTimes(flags.volumes.front())) {
    if (flags.volumes.size() > 1) {
      return FlagError("--volume", flags.volumes.front(),
                       {"is for all traffic", "write one --volume"});
    }
    demand = policy::WithVolume(demand,
                                std::max<std::int64_t>(1, policy::Scaled(total, *times, kMillion)));
    return absl::OkStatus();
  }
  const config::Parsed<ClassValue> volume = ParseVolume(flags.volumes.front());
  if (!volume.value) return FlagError("--volume", flags.volumes.front(), volume.complaint);
  if (flags.volumes.size() > 1 || !volume.value->name.empty()) {
    return FlagError("--volume", flags.volumes.front(),
                     {"is for one class, and the traffic has the classes",
                      "write one --volume without a class; the traffic is scaled to it"});
  }
  demand = policy::WithVolume(demand, volume.value->value);
  return absl::OkStatus();
}

std::string Observed(const ObservedTraffic& traffic) {
  return absl::StrFormat("observed in %s answers over %s from %s UTC", CountText(traffic.answers()),
                         LastingText(traffic.Seconds()),
                         absl::FormatTime("%Y-%m-%d %H:%M", absl::FromUnixSeconds(traffic.first()),
                                          absl::UTCTimeZone())) +
         (traffic.BusySeconds() * 20 < traffic.Seconds() * 19
              ? absl::StrCat("; requests came in ", LastingText(traffic.BusySeconds()), " of it")
              : "");
}

void NoteVolumes(const PlanFlags& flags, const TrafficSource* traffic, PlanQuestion& question) {
  const std::string observed = traffic == nullptr ? "" : Observed(traffic->traffic);
  const auto source = [&](bool given) { return given ? kGiven : kAssumed; };
  for (const ClassVolume& volume : question.plan.demand.classes) {
    const policy::Usage& tokens = volume.tokens;
    const std::string where = volume.name == "all" ? "" : absl::StrCat(", class ", volume.name);
    const std::int64_t total = policy::Total(tokens);
    question.assumptions.push_back(
        {absl::StrCat("volume", where),
         absl::StrCat(VolumeText(total),
                      volume.deferrable ? "; it can wait for free replicas" : ""),
         flags.volumes.empty() ? observed : kGiven});
    question.assumptions.push_back(
        {absl::StrCat("mix", where),
         absl::StrFormat("%s output; %s of the input from a cache",
                         ShareText(policy::Scaled(tokens.output, kMillion, total)),
                         ShareText(tokens.input == 0 ? 0
                                                     : policy::Scaled(tokens.cached_input, kMillion,
                                                                      tokens.input))),
         traffic != nullptr
             ? observed
             : source(!flags.output_shares.empty()) +
                   (flags.output_shares.empty() == flags.cached_shares.empty()
                        ? std::string()
                        : absl::StrCat("; cached: ", source(!flags.cached_shares.empty())))});
  }
}

// The hours of a day and the peak.
absl::Status ReadHours(const PlanFlags& flags, const TrafficSource* traffic,
                       PlanQuestion& question) {
  policy::Demand& demand = question.plan.demand;
  std::string name = flags.hours.empty() ? kUsualHours : flags.hours;
  std::string source = flags.hours.empty() ? kAssumed : kGiven;
  const auto observed = traffic == nullptr ? std::nullopt : traffic->traffic.Hours();
  if (flags.hours.empty() && observed) {
    demand.hours = *observed;
    name = "as observed, in UTC";
    source = Observed(traffic->traffic);
  } else {
    const config::Parsed<policy::HourProfile> hours = ParseHours(name);
    if (!hours.value) return FlagError("--hours", name, hours.complaint);
    demand.hours = *hours.value;
    if (name.find(',') != std::string::npos) name = "as written";
  }
  std::int64_t busiest = policy::BusiestHour(demand.hours);
  std::string peak_source = source;
  if (!flags.peak.empty()) {
    const config::Parsed<std::int64_t> peak = ParsePeak(flags.peak);
    if (!peak.value) return FlagError("--peak", flags.peak, peak.complaint);
    const bool stated = !flags.hours.empty() || observed.has_value();
    if (stated && *peak.value < busiest) {
      return FlagError(
          "--peak", flags.peak,
          {absl::StrCat("is below the busiest hour, ", FactorText(busiest), " times the average"),
           absl::StrCat("leave it out, or write at least ", FactorText(busiest))});
    }
    demand = policy::WithPeak(demand, *peak.value);
    if (*peak.value < busiest) name += ", made flatter for the peak";
    peak_source = kGiven;
  }
  question.assumptions.push_back({"hours of a day", absl::StrCat("profile ", name), source});
  question.assumptions.push_back(
      {"peak", absl::StrCat(FactorText(policy::PeakOf(demand)), " times the average"),
       peak_source});
  return absl::OkStatus();
}

void AddTrafficCautions(const TrafficSource& traffic, PlanQuestion& question) {
  question.cautions = traffic.cautions;
  const std::int64_t seconds = traffic.traffic.Seconds();
  const std::int64_t busy = traffic.traffic.BusySeconds();
  if (seconds < kDay) {
    question.short_span = absl::StrCat("Extrapolated from ", LastingText(seconds),
                                       ", with requests in ", LastingText(busy), " of it.");
    question.cautions.push_back(absl::StrCat(
        "the traffic covers ", LastingText(seconds),
        ": the month is extrapolated from it, and the hours of a day are not observed"));
    if (busy * 2 < seconds) {
      question.cautions.push_back(absl::StrCat(
          "quiet minutes count: requests came in ", LastingText(busy), " of ", LastingText(seconds),
          "; select the time that is usual (--since and --until of a ledger)"));
    }
  } else if (seconds < 7 * kDay) {
    question.cautions.push_back(absl::StrCat("the traffic covers ", LastingText(seconds),
                                             ": the month is extrapolated from less than a week"));
  }
}

}  // namespace

absl::Status FlagError(const std::string& flag, const std::string& text,
                       const config::Complaint& complaint) {
  return absl::InvalidArgumentError(
      absl::StrCat(flag, " ", text, ": ", complaint.problem, "; ", complaint.fix));
}

absl::Status AskDemand(const PlanFlags& flags, const config::Config* config,
                       const TrafficSource* traffic, PlanQuestion& question) {
  policy::Demand& demand = question.plan.demand;
  if (traffic == nullptr && flags.volumes.empty()) {
    return absl::InvalidArgumentError(
        "the volume is not known; write --volume 500M/day, or give traffic (a recording, an access "
        "log, or --ledger DIR)");
  }
  absl::Status volumes = traffic == nullptr ? ReadVolumes(flags, demand.classes)
                                            : UseTraffic(flags, traffic->traffic, question);
  if (!volumes.ok()) return volumes;
  if (policy::Total(policy::AllTokens(demand)) > policy::kMostTokens) {
    return absl::InvalidArgumentError("the volumes are more than 1000T tokens a month; write less");
  }
  for (ClassVolume& volume : demand.classes) volume.deferrable = CanWait(config, volume.name);
  if (traffic != nullptr) AddTrafficCautions(*traffic, question);
  NoteVolumes(flags, traffic, question);
  if (absl::Status status = ReadHours(flags, traffic, question); !status.ok()) return status;
  if (!flags.growth.empty()) {
    const config::Parsed<std::int64_t> growth = ParseGrowth(flags.growth);
    if (!growth.value) return FlagError("--growth", flags.growth, growth.complaint);
    question.growth = *growth.value;
  }
  question.assumptions.push_back({"growth", absl::StrCat(ShareText(question.growth), " a month"),
                                  flags.growth.empty() ? kAssumed : kGiven});
  return absl::OkStatus();
}

}  // namespace headgate::gateway
