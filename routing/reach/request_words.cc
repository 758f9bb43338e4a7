#include "routing/reach/request_words.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "config/base/text.h"

namespace headgate::routing {
namespace {

using config::Concat;

constexpr std::size_t kMostNames = 4;

class Describer {
 public:
  Describer(const RequestBox& box, const CompiledPolicy& policy, const RequestSpace& space,
            const std::vector<absl::TimeZone>& zones)
      : box_(box), policy_(policy), space_(space), zones_(zones) {}

  std::string Run() {
    Enumerations();
    Flags();
    Numbers();
    for (const auto& [dimension, values] : box_.sets) Set(dimension, values);
    Texts("with ", box_.matched);
    Texts("without ", box_.missed);
    return config::Join(words_, ", ");
  }

 private:
  // Adds the names of the values of one enumeration if the box does not have all of them.
  template <typename Value, typename Names>
  void Enumeration(Traits field, const Names& names, const std::string& before) {
    const Traits every = space_.traits & field;
    if ((box_.traits & field) == every) return;
    std::vector<std::string> in;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Traits one = Traits::None().Add(static_cast<Value>(i));
      if (every.Holds(one) && box_.traits.Holds(one)) in.emplace_back(names[i]);
    }
    words_.push_back(before + ListedAtMost(kMostNames, std::move(in), " or "));
  }

  void Enumerations() {
    Enumeration<Class>(Traits::AllClasses(), policy_.class_names(), "of class ");
    Enumeration<Topic>(Traits::AllTopics(), policy_.topic_names(), "of topic ");
    std::vector<std::string> urgencies;
    urgencies.reserve(3);
    for (int i = 0; i < 3; ++i) urgencies.emplace_back(ToString(static_cast<Urgency>(i)));
    Enumeration<Urgency>(Traits::AllUrgencies(), urgencies, "of urgency ");
    // Not kEndpointNames: what policies have no word for goes with one that they have.
    Enumeration<Endpoint>(Traits::AllEndpoints(), config::kEndpoints, "for endpoint ");
  }

  void Flags() {
    const auto say = [&](Traits yes, Traits no, const char* with, const char* without) {
      const bool has_yes = box_.traits.Holds(yes);
      if (has_yes != box_.traits.Holds(no)) words_.emplace_back(has_yes ? with : without);
    };
    const auto none = Traits::None();
    say(Traits(none).AddStream(true), Traits(none).AddStream(false), "streamed", "not streamed");
    say(Traits(none).AddTools(true), Traits(none).AddTools(false), "with tools", "without tools");
    say(Traits(none).AddImages(true), Traits(none).AddImages(false), "with images",
        "without images");
  }

  void Numbers() {
    Number(box_.input_tokens, 1, " input tokens");
    const auto found = std::find_if(box_.sets.begin(), box_.sets.end(),
                                    [](const auto& set) { return set.first == kMaxTokens; });
    const bool may_have = found == box_.sets.end() || HasNumber(1, found->second);
    const bool may_lack = found == box_.sets.end() || HasNumber(0, found->second);
    if (!may_have) words_.emplace_back("without max_tokens");
    if (may_have && !may_lack) {
      const std::size_t before = words_.size();
      Number(box_.max_tokens, std::numeric_limits<std::int64_t>::min(), " max_tokens");
      if (words_.size() == before) words_.emplace_back("with max_tokens");
    }
  }

  void Number(const Interval& range, std::int64_t least, const char* unit) {
    const bool from = range.least > least;
    const bool to = range.most < std::numeric_limits<std::int64_t>::max();
    if (from && to) {
      words_.push_back(Concat("with ", range.least, " to ", range.most, unit));
    } else if (from) {
      words_.push_back(Concat("with at least ", range.least, unit));
    } else if (to) {
      words_.push_back(Concat("with at most ", range.most, unit));
    }
  }

  void Set(std::uint32_t dimension, const NumberSet& values) {
    if (dimension == kKeys) {
      std::vector<std::string> names;
      for (std::size_t i = 0; i < policy_.keys().size(); ++i) {
        if (HasNumber(i, values)) names.push_back(policy_.keys()[i].name);
      }
      if (!names.empty()) words_.push_back("with key " + ListedAtMost(kMostNames, names, " or "));
      if (names.empty()) words_.emplace_back("without a key");
    } else if (dimension == kAsked) {
      Models(values);
    } else if (dimension >= kZones) {
      Hours(zones_[dimension - kZones], values);
    }
  }

  void Models(const NumberSet& values) {
    std::map<std::size_t, std::string> names;
    names[policy_.Resolve("auto").asked] = "auto";
    for (const Target& target : policy_.targets()) {
      names[policy_.Resolve(target.model).asked] = target.model;
      names[policy_.Resolve(target.name).asked] = target.name;
    }
    std::vector<std::string> in;
    for (const auto& [asked, name] : names) {
      if (asked < policy_.asked_count() && HasNumber(asked, values)) in.push_back(name);
    }
    words_.push_back("that ask for " + ListedAtMost(kMostNames, std::move(in), " or "));
  }

  // Names the first minute as an example.
  void Hours(const absl::TimeZone& zone, const NumberSet& minutes) {
    constexpr const char* kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                     "Friday", "Saturday", "Sunday"};
    constexpr std::size_t kHour = 60;
    constexpr std::size_t kDay = 24 * kHour;
    std::size_t minute = 0;
    while (minute < 7 * kDay && !HasNumber(minute, minutes)) ++minute;
    if (minute == 7 * kDay) return;
    const auto two = [](std::size_t n) { return Concat(n < 10 ? "0" : "", n); };
    words_.push_back(Concat("at other hours, for example ", kDays[minute / kDay], " ",
                            two(minute % kDay / kHour), ":", two(minute % kHour), " ",
                            std::string(zone.name())));
  }

  void Texts(const char* before, const std::vector<std::uint32_t>& patterns) {
    std::set<std::string> texts;
    for (const std::uint32_t i : patterns) {
      const Pattern& pattern = policy_.patterns()[i];
      const bool any = pattern.glob == "*";
      texts.insert(TextOf(pattern) + (any ? "" : Concat(": ", pattern.glob)));
    }
    if (texts.empty()) return;
    words_.push_back(before + ListedAtMost(kMostNames, {texts.begin(), texts.end()}));
  }

  const RequestBox& box_;
  const CompiledPolicy& policy_;
  const RequestSpace& space_;
  const std::vector<absl::TimeZone>& zones_;
  std::vector<std::string> words_;
};

}  // namespace

std::string Listed(const std::vector<std::string>& names, const char* last) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? last : ", ";
    out += names[i];
  }
  return out;
}

std::string ListedAtMost(std::size_t most, std::vector<std::string> names, const char* last) {
  if (names.size() > most) {
    const std::size_t more = names.size() - most + 1;
    names.resize(most);
    names.back() = Concat(more, " more");
  }
  return Listed(names, last);
}

std::string TextOf(const Pattern& pattern) {
  const bool header = pattern.source == Pattern::Source::kHeader;
  return Concat(header ? "header " : "metadata ", pattern.name);
}

std::string WordsOf(const RequestBox& box, const CompiledPolicy& policy, const RequestSpace& space,
                    const std::vector<absl::TimeZone>& zones) {
  return Describer(box, policy, space, zones).Run();
}

}  // namespace headgate::routing
