#include "gateway/decide/classifier_in_force.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <cstddef>
#include <vector>

#include "config/base/text.h"
#include "routing/classify/topic_model.h"

namespace headgate::gateway {
namespace {

using config::Concat;
using Topics = std::vector<std::string>;

// The topics of `some` that `others` lacks.
std::string Without(const Topics& some, const Topics& others) {
  Topics left;
  for (const std::string& topic : some) {
    if (std::find(others.begin(), others.end(), topic) == others.end()) left.push_back(topic);
  }
  return config::Join(left, ", ");
}

}  // namespace

boost::json::object ClassifierJson(const config::Config& config,
                                   const routing::CompiledPolicy& policy) {
  boost::json::array topics;
  for (const std::string& topic : policy.topic_names()) topics.emplace_back(topic);
  boost::json::object out{
      {"model", config.classifier.model ? config.classifier.model->path : "built-in"},
      {"checksum", policy.topic_model().checksum()},
      {"topics", std::move(topics)}};
  if (config.classifier.threshold) out["threshold"] = *config.classifier.threshold;
  return out;
}

std::string ClassifierChange(const routing::CompiledPolicy& before,
                             const routing::CompiledPolicy& after) {
  constexpr std::size_t kShown = 8;  // digits of a checksum
  const std::string& old = before.topic_model().checksum();
  const std::string& now = after.topic_model().checksum();
  if (old == now) return {};
  const std::string added = Without(after.topic_names(), before.topic_names());
  const std::string gone = Without(before.topic_names(), after.topic_names());
  std::string topics = added.empty() && gone.empty() ? "topics the same" : "topics ";
  if (!added.empty()) topics += "added: " + added;
  if (!gone.empty()) topics += Concat(added.empty() ? "" : "; ", "gone: ", gone);
  return Concat("classifier.model (another file: checksum ", old.substr(0, kShown), " → ",
                now.substr(0, kShown), ", ", topics, ")");
}

}  // namespace headgate::gateway
