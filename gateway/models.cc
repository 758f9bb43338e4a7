#include "gateway/models.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <map>

namespace headgate::gateway {
namespace {

// Clients show it and nothing else; a fixed number keeps answers alike from start to start.
constexpr std::int64_t kCreated = 1767225600;  // 2026-01-01

// Whether requests of the key may ever go to the target: its models name it, and what the key and
// its team require does not drop it. Live windows are left out of account: they change by the
// minute.
bool MayUse(const routing::CompiledPolicy& policy, std::optional<std::size_t> key,
            std::size_t target) {
  if (!key) return true;
  const routing::PolicyKey& rules = policy.keys()[*key];
  const std::string& model = policy.targets()[target].model;
  const bool named = rules.models.empty() || std::find(rules.models.begin(), rules.models.end(),
                                                       model) != rules.models.end();
  return named && std::all_of(rules.require.begin(), rules.require.end(), [&](std::size_t require) {
           return policy.key_requires()[require].fixed[target] == routing::Drop::kNone;
         });
}

// Whether something is left of what a name stands for; `models` has every usable model, and `auto`.
bool IsUsable(const routing::ModelRequest& request, const routing::CompiledPolicy& policy,
              std::optional<std::size_t> key, const std::map<std::string, std::string>& models) {
  switch (request.kind) {
    case routing::ModelRequest::Kind::kAuto:
      return models.contains("auto");
    case routing::ModelRequest::Kind::kModel:
      return models.contains(std::string(request.model));
    case routing::ModelRequest::Kind::kTarget:
      return MayUse(policy, key, request.target);
    case routing::ModelRequest::Kind::kUnknown:
      break;
  }
  return false;
}

// Id and owner of everything that the key may write as `model`, without the pinned model@backend.
std::map<std::string, std::string> Models(const Snapshot& snapshot,
                                          std::optional<std::size_t> key) {
  const routing::CompiledPolicy& policy = *snapshot.policy;
  std::map<std::string, std::string> models;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    if (!MayUse(policy, key, i)) continue;
    const routing::Target& target = policy.targets()[i];
    models.emplace(target.model, snapshot.fleet->backend(target.backend).name);
  }
  if (!models.empty()) models.emplace("auto", "headgate");
  for (const auto& [alias, meaning] : snapshot.config->aliases) {
    if (IsUsable(policy.Resolve(meaning), policy, key, models)) models.emplace(alias, "headgate");
  }
  return models;
}

boost::json::object ModelObject(const std::string& id, const std::string& owner) {
  return {{"id", id}, {"object", "model"}, {"created", kCreated}, {"owned_by", owner}};
}

}  // namespace

std::string ModelListJson(const Snapshot& snapshot, std::optional<std::size_t> key) {
  boost::json::array data;
  for (const auto& [id, owner] : Models(snapshot, key)) data.push_back(ModelObject(id, owner));
  return boost::json::serialize(boost::json::object{{"object", "list"}, {"data", std::move(data)}});
}

std::optional<std::string> ModelJson(const Snapshot& snapshot, std::optional<std::size_t> key,
                                     std::string_view id) {
  const std::map<std::string, std::string> models = Models(snapshot, key);
  if (const auto found = models.find(std::string(id)); found != models.end()) {
    return boost::json::serialize(ModelObject(found->first, found->second));
  }
  // A pinned target or a catalogue alias is not listed, but it is there for whoever asks.
  if (!IsUsable(snapshot.policy->Resolve(id), *snapshot.policy, key, models)) return std::nullopt;
  return boost::json::serialize(ModelObject(std::string(id), "headgate"));
}

ClientError UnknownModel(std::string_view model) {
  return {.status = 404,
          .type = "invalid_request_error",
          .code = "model_not_found",
          .param = "model",
          .message = "There is no model `" + std::string(model.substr(0, 128)) +
                     "` here that this key may use; GET /v1/models lists those that are, and "
                     "`auto` lets the gateway choose.",
          .retry_after_s = {}};
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(&text[i + 1], &text[i + 1] + 2, value, 16).ptr == &text[i + 1] + 2) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace headgate::gateway
