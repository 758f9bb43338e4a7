#include "gateway/keeping/response_to_store.h"

#include <cstddef>
#include <utility>

#include "backends/protocols/json/members.h"
#include "gateway/responses/database/stored_items.h"

namespace headgate::gateway {
namespace {

namespace json = backends::json;

constexpr std::size_t kPaddingOfMembers = 64;
constexpr std::size_t kLongestId = 256;  // it becomes a part of a path

bool IsStatusOfAnEnd(std::string_view status) {
  return status.empty() || status == "\"completed\"" || status == "\"incomplete\"" ||
         status == "\"failed\"";
}

}  // namespace

std::string ResponseIn(std::string_view event) {
  std::string text;
  text.reserve(event.size() + kPaddingOfMembers);
  text.append(event);
  json::Members members;
  if (!members.Read(text)) return {};
  const std::string_view response = members.Find("response");
  if (!json::IsObject(response)) return {};
  // Cut out where it lies: it may have some MiB.
  const auto begin = static_cast<std::size_t>(response.data() - text.data());
  text.erase(begin + response.size());
  text.erase(0, begin);
  return text;
}

std::optional<StoredResponse> ResponseToStore(const KeptRequest& request, std::string object,
                                              std::int64_t now) {
  object.reserve(object.size() + kPaddingOfMembers);
  json::Members members;
  std::string id;
  if (!members.Read(object) || !json::ReadText(members.Find("id"), id)) return std::nullopt;
  if (id.empty() || id.size() > kLongestId || !json::IsArray(members.Find("output")) ||
      !IsStatusOfAnEnd(members.Find("status"))) {
    return std::nullopt;
  }
  StoredResponse response{.owner = request.owner,
                          .id = std::move(id),
                          .created = now,
                          .object = {},
                          .input = {},
                          .previous = request.previous,
                          .conversation = request.conversation};
  response.input = InputItemsOf(request.body, response.id);
  response.object = std::move(object);
  return response;
}

}  // namespace headgate::gateway
