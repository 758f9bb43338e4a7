#include "gateway/snapshot/models.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <map>

#include "routing/policy/key_targets.h"

namespace headgate::gateway {
namespace {

// Clients only show this time; a fixed number keeps answers the same from start to start.
constexpr std::int64_t kCreated = 1767225600;
constexpr std::string_view kCreatedText = "2026-01-01T00:00:00Z";  // the same

// Returns whether a name still has a usable target; `models` has every usable model, and `auto`.
bool IsUsable(const routing::ModelRequest& request, const routing::CompiledPolicy& policy,
              std::optional<std::size_t> key, const std::map<std::string, std::string>& models) {
  switch (request.kind) {
    case routing::ModelRequest::Kind::kAuto:
      return models.contains("auto");
    case routing::ModelRequest::Kind::kModel:
      return models.contains(std::string(request.model));
    case routing::ModelRequest::Kind::kTarget:
      return routing::MayUse(policy, key, request.target);
    case routing::ModelRequest::Kind::kUnknown:
      break;
  }
  return false;
}

// Returns id and owner of everything that the key may write as `model`, without the pinned
// model@backend.
std::map<std::string, std::string> Models(const Snapshot& snapshot,
                                          std::optional<std::size_t> key) {
  const routing::CompiledPolicy& policy = *snapshot.policy;
  std::map<std::string, std::string> models;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    if (!routing::MayUse(policy, key, i)) continue;
    const routing::Target& target = policy.targets()[i];
    models.emplace(target.model, snapshot.fleet->backend(target.backend).name);
  }
  if (!models.empty()) models.emplace("auto", "headgate");
  for (const auto& [alias, meaning] : snapshot.config->aliases) {
    if (IsUsable(policy.Resolve(meaning), policy, key, models)) models.emplace(alias, "headgate");
  }
  return models;
}

// The best of the targets that may serve a name: the size of its longest request, and the abilities
// that any of them has. An unknown figure is left out. Clients have a default for it, and a guess
// would look like knowledge.
struct Abilities {
  std::int64_t context = 0;
  std::int64_t max_output = 0;
  bool chat = false;
  bool embeddings = false;
  bool reasoning = false;
  std::uint8_t supports = 0;
  bool says_supports = true;  // the catalogue names the abilities of each target
};

bool Has(const Abilities& abilities, routing::Ability ability) {
  return abilities.says_supports && (abilities.supports & ability) != 0;
}

void Add(const routing::Target& target, Abilities& abilities) {
  abilities.context = std::max(abilities.context, target.context);
  abilities.max_output = std::max(abilities.max_output, target.max_output);
  abilities.chat |= target.chat;
  abilities.embeddings |= target.embeddings;
  abilities.reasoning |= target.reasoning;
  abilities.supports |= target.supports;
  abilities.says_supports &= routing::NamesAbilities(target);
}

// Returns the abilities of those targets of a name that the key may use. `auto` has all targets:
// those for chat, if there are any.
Abilities AbilitiesOf(const Snapshot& snapshot, std::optional<std::size_t> key,
                      std::string_view id) {
  const routing::CompiledPolicy& policy = *snapshot.policy;
  const routing::ModelRequest request = policy.Resolve(id);
  Abilities chat;
  Abilities others;
  for (std::size_t i = 0; i < policy.targets().size(); ++i) {
    const routing::Target& target = policy.targets()[i];
    const bool pinned = request.kind == routing::ModelRequest::Kind::kTarget;
    const bool meant = request.kind == routing::ModelRequest::Kind::kAuto ||
                       (pinned ? request.target == i : request.model == target.model);
    if (meant && routing::MayUse(policy, key, i)) Add(target, target.chat ? chat : others);
  }
  return chat.chat ? chat : others;
}

boost::json::object Architecture(const Abilities& abilities) {
  boost::json::array input = {"text"};
  if (Has(abilities, routing::kImages)) input.emplace_back("image");
  if (Has(abilities, routing::kAudio)) input.emplace_back("audio");
  boost::json::array output;
  if (abilities.chat) output.emplace_back("text");
  if (abilities.embeddings) output.emplace_back("embeddings");
  return {{"input_modalities", std::move(input)}, {"output_modalities", std::move(output)}};
}

boost::json::array Parameters(const Abilities& abilities) {
  boost::json::array parameters;
  if (Has(abilities, routing::kTools)) {
    parameters.emplace_back("tools");
    parameters.emplace_back("tool_choice");
  }
  if (Has(abilities, routing::kJsonSchema)) {
    parameters.emplace_back("response_format");
    parameters.emplace_back("structured_outputs");
  }
  if (abilities.reasoning) parameters.emplace_back("reasoning_effort");
  return parameters;
}

// OpenAI's four fields, and the fields that other clients read: docs/operations.md has a table of
// them.
boost::json::object ModelObject(const std::string& id, const std::string& owner,
                                const Abilities& abilities) {
  boost::json::object model = {
      {"id", id}, {"object", "model"}, {"created", kCreated}, {"owned_by", owner}};
  const bool sees = Has(abilities, routing::kImages);
  model["type"] = !abilities.chat ? "embeddings" : sees ? "vlm" : "llm";
  model["architecture"] = Architecture(abilities);
  if (abilities.context > 0) {
    model["context_length"] = abilities.context;
    model["max_model_len"] = abilities.context;
  }
  if (abilities.max_output > 0 && abilities.chat) model["max_output_tokens"] = abilities.max_output;
  if (abilities.says_supports && abilities.chat) {
    model["supported_parameters"] = Parameters(abilities);
  }
  return model;
}

// What clients of Anthropic's API read of a model.
boost::json::object AnthropicModelObject(const std::string& id, const Abilities& abilities) {
  boost::json::object model = {
      {"type", "model"}, {"id", id}, {"display_name", id}, {"created_at", kCreatedText}};
  if (abilities.context > 0) model["max_input_tokens"] = abilities.context;
  if (abilities.max_output > 0 && abilities.chat) model["max_tokens"] = abilities.max_output;
  return model;
}

boost::json::object ModelObject(const std::string& id, const std::string& owner,
                                const Abilities& abilities, backends::ClientProtocol protocol) {
  return protocol == backends::ClientProtocol::kAnthropic ? AnthropicModelObject(id, abilities)
                                                          : ModelObject(id, owner, abilities);
}

boost::json::object ListOf(boost::json::array data, backends::ClientProtocol protocol) {
  if (protocol != backends::ClientProtocol::kAnthropic) {
    return {{"object", "list"}, {"data", std::move(data)}};
  }
  boost::json::value first;
  boost::json::value last;
  if (!data.empty()) {
    first = data.front().at("id");
    last = data.back().at("id");
  }
  return {{"data", std::move(data)},
          {"has_more", false},
          {"first_id", std::move(first)},
          {"last_id", std::move(last)}};
}

}  // namespace

std::string ModelListJson(const Snapshot& snapshot, std::optional<std::size_t> key,
                          backends::ClientProtocol protocol) {
  boost::json::array data;
  for (const auto& [id, owner] : Models(snapshot, key)) {
    data.push_back(ModelObject(id, owner, AbilitiesOf(snapshot, key, id), protocol));
  }
  return boost::json::serialize(ListOf(std::move(data), protocol));
}

std::optional<std::string> ModelJson(const Snapshot& snapshot, std::optional<std::size_t> key,
                                     std::string_view id, backends::ClientProtocol protocol) {
  const std::map<std::string, std::string> models = Models(snapshot, key);
  if (const auto found = models.find(std::string(id)); found != models.end()) {
    return boost::json::serialize(ModelObject(found->first, found->second,
                                              AbilitiesOf(snapshot, key, found->first), protocol));
  }
  // A pinned target or a catalogue alias is not listed, but it can be asked for.
  if (!IsUsable(snapshot.policy->Resolve(id), *snapshot.policy, key, models)) return std::nullopt;
  return boost::json::serialize(
      ModelObject(std::string(id), "headgate", AbilitiesOf(snapshot, key, id), protocol));
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

}  // namespace headgate::gateway
