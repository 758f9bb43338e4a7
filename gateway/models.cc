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

bool Allowed(const std::vector<std::string>* allowed, const std::string& model) {
  return allowed == nullptr || allowed->empty() ||
         std::find(allowed->begin(), allowed->end(), model) != allowed->end();
}

// Id and owner of everything a client may write as `model`, without the pinned model@backend.
std::map<std::string, std::string> Models(const Snapshot& snapshot,
                                          const std::vector<std::string>* allowed) {
  std::map<std::string, std::string> models = {{"auto", "headgate"}};
  for (const routing::Target& target : snapshot.policy->targets()) {
    if (!Allowed(allowed, target.model)) continue;
    models.emplace(target.model, snapshot.fleet->backend(target.backend).name);
  }
  for (const auto& [alias, meaning] : snapshot.config->aliases) {
    const std::string model = meaning.substr(0, meaning.find('@'));
    if (model == "auto" || models.contains(model)) models.emplace(alias, "headgate");
  }
  return models;
}

boost::json::object ModelObject(const std::string& id, const std::string& owner) {
  return {{"id", id}, {"object", "model"}, {"created", kCreated}, {"owned_by", owner}};
}

}  // namespace

std::string ModelListJson(const Snapshot& snapshot, const std::vector<std::string>* allowed) {
  boost::json::array data;
  for (const auto& [id, owner] : Models(snapshot, allowed)) data.push_back(ModelObject(id, owner));
  return boost::json::serialize(boost::json::object{{"object", "list"}, {"data", std::move(data)}});
}

std::optional<std::string> ModelJson(const Snapshot& snapshot,
                                     const std::vector<std::string>* allowed, std::string_view id) {
  const std::map<std::string, std::string> models = Models(snapshot, allowed);
  if (const auto found = models.find(std::string(id)); found != models.end()) {
    return boost::json::serialize(ModelObject(found->first, found->second));
  }
  // A pinned target or a catalogue alias is not listed, but it is there for whoever asks.
  const routing::ModelRequest request = snapshot.policy->Resolve(id);
  if (request.kind == routing::ModelRequest::Kind::kUnknown) return std::nullopt;
  if (request.kind != routing::ModelRequest::Kind::kAuto &&
      !models.contains(std::string(request.model))) {
    return std::nullopt;
  }
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
