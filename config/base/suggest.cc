#include "config/base/suggest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "config/base/text.h"

namespace headgate::config {
namespace {

// Optimal string alignment distance (Damerau–Levenshtein without repeated edits of a substring),
// without regard to case.
std::size_t Distance(std::string_view written, std::string_view candidate) {
  const std::string a = Lower(written);
  const std::string b = Lower(candidate);
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

constexpr std::size_t kLongestCompared = 64;
constexpr std::size_t kMostListed = 12;
constexpr std::size_t kSlip = 2;  // edits

// A key that people write where it does not stand: in which section (empty: in any), and what to
// write instead. A `#` stands for the value.
struct MisplacedKey {
  std::string_view key;
  std::string_view section;
  std::string_view instead;
};
constexpr std::string_view kOfBackends = "it belongs to a backend: write it under backends";
constexpr std::string_view kOfTeams =
    "it belongs under teams.NAME.share: write `teams: {NAME: {share: #}}`";
constexpr std::string_view kAlwaysOn = "remove it: affinity is always on";
constexpr std::string_view kTargetTtft =
    "write `target_ttft` in classes, or send the header x-slo-ttft-ms";
constexpr std::array kMisplacedKeys = {
    MisplacedKey{"spill", "backends", "it belongs to a route: write it under routes"},
    MisplacedKey{"max_wait", "backends",
                 "it belongs under `batch`; for other requests write `timeouts.total`, or `spill` "
                 "on the route"},
    MisplacedKey{"max_wait", "routes",
                 "it belongs to a backend: write `batch: {max_wait: …}` under backends"},
    MisplacedKey{"band", "",
                 "it is a key of classes: write the classes of the band, such as `class: [nightly, "
                 "batch]`"},
    MisplacedKey{"queue", "queue", "write `queue: {limit: …}` under a backend"},
    MisplacedKey{"queues", "queues", "write `queue: {limit: …}` under a backend"},
    MisplacedKey{"floor", "backends", "it belongs under `batch`: write `batch: {floor: #}`"},
    MisplacedKey{"queue_limit", "backends", "write `queue: {limit: #}`"},
    MisplacedKey{"share", "keys", kOfTeams},
    MisplacedKey{"share", "classes", kOfTeams},
    MisplacedKey{"slots", "routes", kOfBackends},
    MisplacedKey{"slot_tokens", "routes", kOfBackends},
    MisplacedKey{"preempt", "routes", kOfBackends},
    MisplacedKey{"batch", "routes", kOfBackends},
    MisplacedKey{"queue", "routes", kOfBackends},
    MisplacedKey{"target_ttft", "routes", kTargetTtft},
    MisplacedKey{"slo_ttft", "", kTargetTtft},
    MisplacedKey{"rpm", "", "did you mean `requests_per_minute`?"},
    MisplacedKey{"tpm", "", "did you mean `tokens_per_minute`?"},
    MisplacedKey{"period", "budgets", "did you mean `per`?"},
    MisplacedKey{"affinity", "", kAlwaysOn},
    MisplacedKey{"prefix_affinity", "", kAlwaysOn},
};

}  // namespace

std::optional<std::string> Nearest(std::string_view name,
                                   const std::vector<std::string>& candidates) {
  if (name.empty() || name.size() > kLongestCompared) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestCompared) continue;
    const std::size_t distance = Distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  // A name whose first word is known is that word with more said than is asked for, unless it is a
  // slip of the pen: `chat_completions` is `chat` before it is `completions`.
  for (const std::string& candidate : candidates) {
    const bool first = candidate.size() >= 4 && name.size() > candidate.size() &&
                       name.starts_with(candidate) &&
                       (name[candidate.size()] == '_' || name[candidate.size()] == '/');
    if (first && best_distance > kSlip) return candidate;
  }
  if (best) return best;
  for (const std::string& candidate : candidates) {
    const std::size_t shorter = std::min(name.size(), candidate.size());
    if (shorter >= 4 && (name.find(candidate) != std::string_view::npos ||
                         candidate.find(name) != std::string::npos))
      return candidate;
  }
  return std::nullopt;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  if (const auto nearest = Nearest(name, candidates)) {
    return Concat("did you mean `", *nearest, "`?");
  }
  if (candidates.empty()) return "remove it";
  if (candidates.size() == 1) return Concat("use `", candidates.front(), "`");
  const std::vector<std::string> shown(
      candidates.begin(),
      candidates.begin() + static_cast<std::ptrdiff_t>(std::min(candidates.size(), kMostListed)));
  return Concat("use one of ", Join(shown, ", "), candidates.size() > kMostListed ? ", …" : "");
}

std::string InsteadOfKey(const UnknownKey& unknown, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestValue = 6;
  constexpr std::size_t kThousands = 3;
  // Inside {}, 1,000 is the number 1 and a key 000.
  if (unknown.value.empty() && unknown.key.size() == kThousands &&
      std::all_of(unknown.key.begin(), unknown.key.end(), IsDigit)) {
    return "it is the end of a number with a comma: write 1000, not 1,000";
  }
  const std::string_view section = unknown.path.substr(0, unknown.path.find_first_of(".["));
  for (const MisplacedKey& misplaced : kMisplacedKeys) {
    if (misplaced.key != unknown.key) continue;
    if (!misplaced.section.empty() && misplaced.section != section) continue;
    const bool plain = !unknown.value.empty() && IsDigit(unknown.value.front()) &&
                       unknown.value.size() <= kLongestValue && ConsistsOf(unknown.value, "%.");
    return ReplaceAll(std::string(misplaced.instead), "#", plain ? unknown.value : "…");
  }
  return DidYouMean(unknown.key, known);
}

std::string MappingWith(const std::vector<std::string_view>& keys) {
  constexpr std::size_t kMostKeys = 2;
  std::vector<std::string> shown;
  for (const std::string_view key : keys) {
    if (shown.size() < kMostKeys) shown.push_back(Concat(key, ": …"));
  }
  return Concat("a mapping such as {", Join(shown, ", "), "}");
}

}  // namespace headgate::config
