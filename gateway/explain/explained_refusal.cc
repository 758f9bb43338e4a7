#include "gateway/explain/explained_refusal.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;
using std::string_view;

string_view WordOf(Rejection why) { return kRejectionNames[static_cast<std::size_t>(why)]; }

// Returns what the client was told, and the word of the metrics where it is another one.
std::string Told(Rejection why) {
  std::string word(WordOf(why));
  switch (why) {
    case Rejection::kQueueFull:
      return "429 queue_full";
    case Rejection::kShed:
    case Rejection::kMaxWait:
    case Rejection::kWaitTooLong:
      return "429 queue_full (" + word + ")";
    case Rejection::kQueueTimeout:
    case Rejection::kDraining:
      return "503 (" + word + ")";
    default:
      return word;
  }
}

// Says at a target how the waits for its backend ended.
void TellEnds(const std::vector<EndedWait>& waits, json::object& target) {
  const string_view name = target.at("target").as_string();
  std::string ends;
  for (const EndedWait& wait : waits) {
    if (!name.ends_with("@" + wait.backend)) continue;
    if (!ends.empty()) ends += "; ";
    ends += wait.how;
  }
  if (!ends.empty()) {
    target["queue"] = ends;
  } else if (target.contains("spilled") && !target.at("spilled").as_bool()) {
    target.erase("queue");
  }
}

}  // namespace

void AddRefusal(const LateRefusal& refusal, json::object& explanation) {
  const std::string_view answer = explanation.at("answer").as_string();
  if (!refusal.code.empty()) {
    explanation["answer"] =
        config::Concat(answer, "; it was refused with 429 ", refusal.code, ": ", refusal.words);
    explanation["refused"] = json::string_view(refusal.code.data(), refusal.code.size());
    return;
  }
  explanation["answer"] = config::Concat(answer, "; it was refused with ", Told(refusal.why));
  explanation["refused"] = json::string(WordOf(refusal.why));
  if (!explanation.contains("targets")) return;
  for (json::value& target : explanation.at("targets").as_array()) {
    if (target.at("kept").as_bool()) TellEnds(refusal.waits, target.as_object());
  }
}

}  // namespace headgate::gateway
