#include "loadtest/sim/dialects/models.h"

#include <algorithm>
#include <boost/json.hpp>

#include "loadtest/sim/base/text.h"

namespace headgate::loadtest::sim {
namespace {

constexpr std::int64_t kUsualPage = 20;
constexpr std::int64_t kLargestPage = 1000;

boost::json::object Model(Personality personality, std::string_view id) {
  if (personality == Personality::kAnthropic) {
    return {{"type", "model"},
            {"id", id},
            {"display_name", id},
            {"created_at", "2023-11-14T22:13:20Z"}};
  }
  return {{"id", id}, {"object", "model"}, {"created", 1700000000}, {"owned_by", "headgate-sim"}};
}

std::string_view QueryValue(std::string_view target, std::string_view name) {
  for (const std::string_view part : Split(SplitOnce(target, '?').second, '&')) {
    const auto [key, value] = SplitOnce(part, '=');
    if (key == name) return value;
  }
  return {};
}

std::string AnthropicPage(const std::vector<std::string>& models, std::string_view target) {
  const auto place = [&](std::string_view name, std::size_t without) {
    const std::string_view id = QueryValue(target, name);
    const auto found = std::find(models.begin(), models.end(), id);
    return found == models.end() ? without : static_cast<std::size_t>(found - models.begin());
  };
  std::int64_t limit = ParseCount(QueryValue(target, "limit")).value_or(kUsualPage);
  if (limit < 1 || limit > kLargestPage) limit = kUsualPage;
  const std::size_t end = place("before_id", models.size());
  const std::size_t after = place("after_id", models.size());
  const std::size_t begin = after == models.size() ? 0 : after + 1;
  boost::json::array data;
  for (std::size_t i = begin; i < end && data.size() < static_cast<std::size_t>(limit); ++i) {
    data.push_back(Model(Personality::kAnthropic, models[i]));
  }
  const bool more = begin + data.size() < end;
  boost::json::value first_id;
  boost::json::value last_id;
  if (!data.empty()) {
    first_id = data.front().at("id");
    last_id = data.back().at("id");
  }
  return boost::json::serialize(boost::json::object{{"data", std::move(data)},
                                                    {"has_more", more},
                                                    {"first_id", std::move(first_id)},
                                                    {"last_id", std::move(last_id)}});
}

}  // namespace

std::string ModelJson(Personality personality, std::string_view id) {
  return boost::json::serialize(Model(personality, id));
}

std::string ModelsJson(Personality personality, const std::vector<std::string>& models,
                       std::string_view target) {
  const std::vector<std::string> any{"sim"};
  const std::vector<std::string>& listed = models.empty() ? any : models;
  if (personality == Personality::kAnthropic) return AnthropicPage(listed, target);
  boost::json::array data;
  for (const std::string& model : listed) data.push_back(Model(personality, model));
  return boost::json::serialize(boost::json::object{{"object", "list"}, {"data", std::move(data)}});
}

}  // namespace headgate::loadtest::sim
