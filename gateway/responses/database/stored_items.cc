#include "gateway/responses/database/stored_items.h"

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/members.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

namespace json = backends::json;

// Returns the text of a member; empty if it is absent or not a text.
std::string TextOf(const json::Members& members, std::string_view name) {
  std::string text;
  if (!json::ReadText(members.Find(name), text)) text.clear();
  return text;
}

// Messages are the only items that may leave out their type.
std::string TypeOf(const json::Members& members) {
  std::string type = TextOf(members, "type");
  return type.empty() ? "message" : type;
}

std::string_view IdPrefix(std::string_view type) {
  if (type == "message") return "msg_";
  if (type == "function_call") return "fc_";
  if (type == "function_call_output") return "fco_";
  if (type == "reasoning") return "rs_";
  return "item_";
}

std::string UserMessage(std::string_view text_token) {
  return config::Concat(
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":)", text_token,
      "}]}");
}

// Appends `,"name":value` for every member but those that `leave_out` says.
template <typename LeaveOut>
void AppendMembers(const json::Members& members, LeaveOut leave_out, std::string& out) {
  for (const auto& [name, value] : members) {
    if (leave_out(name)) continue;
    if (out.back() != '{') out += ',';
    json::AppendJsonString(name, out);
    out += config::Concat(":", value);
  }
}

bool IsCall(std::string_view type) { return type == "function_call" || type == "custom_tool_call"; }

// Calls visit(members, element) for each object in the output of a response object.
template <typename Visit>
void VisitOutput(std::string_view object, Visit visit) {
  json::PaddedCopy copy;
  json::Members response;
  std::vector<std::string_view> elements;
  if (!response.Read(copy.Take(object))) return;
  const std::string_view output = response.Find("output");
  if (!json::IsArray(output) || !json::ReadElements(output, elements)) return;
  json::Members item;
  for (const std::string_view element : elements) {
    if (item.Read(element)) visit(item, element);
  }
}

// ItemAsInput of an element with these members.
std::string AsInput(const json::Members& item, std::string_view element) {
  const std::string type = TypeOf(item);
  if (type == "reasoning" && TextOf(item, "encrypted_content").empty()) return {};
  if (!IsCall(type)) return std::string(element);
  std::string call = "{";
  AppendMembers(
      item, [](std::string_view name) { return name == "id"; }, call);
  call += '}';
  return call;
}

}  // namespace

std::vector<StoredItem> InputItemsOf(std::string_view body, std::string_view response_id) {
  std::vector<StoredItem> items;
  std::set<std::string, std::less<>> ids;
  json::Members members;
  if (!members.Read(body)) return items;
  const std::string_view input = members.Find("input");
  std::vector<std::string_view> elements;
  std::string message;
  if (json::IsText(input)) {
    message = UserMessage(input);
    message.reserve(message.size() + 64);  // bytes that Members wants behind it
    elements.push_back(message);
  } else if (!json::IsArray(input) || !json::ReadElements(input, elements)) {
    return items;
  }
  if (const std::size_t mark = response_id.find('_'); mark != std::string_view::npos) {
    response_id.remove_prefix(mark + 1);
  }
  for (const std::string_view element : elements) {
    json::Members item;
    if (!item.Read(element)) continue;
    std::string id = TextOf(item, "id");
    if (id.empty()) id = config::Concat(IdPrefix(TypeOf(item)), response_id, "_in_", items.size());
    while (!ids.insert(id).second) id += config::Concat("_in_", items.size());
    items.push_back({std::move(id), std::string(element)});
  }
  return items;
}

std::string ItemWithId(const StoredItem& item) {
  json::PaddedCopy copy;
  json::Members members;
  if (!members.Read(copy.Take(item.json))) return item.json;
  std::string out = R"({"id":)";
  json::AppendJsonString(item.id, out);
  out += R"(,"type":)";
  json::AppendJsonString(TypeOf(members), out);
  AppendMembers(
      members, [](std::string_view name) { return name == "id" || name == "type"; }, out);
  out += '}';
  return out;
}

std::vector<StoredItem> OutputItemsOf(std::string_view object) {
  std::vector<StoredItem> items;
  VisitOutput(object, [&items](const json::Members& item, std::string_view element) {
    items.push_back({TextOf(item, "id"), std::string(element)});
  });
  return items;
}

std::string ItemAsInput(std::string_view item) {
  json::PaddedCopy copy;
  json::Members members;
  const std::string_view element = copy.Take(item);
  return members.Read(element) ? AsInput(members, element) : std::string();
}

std::vector<std::string> OutputAsInput(std::string_view object) {
  std::vector<std::string> items;
  VisitOutput(object, [&items](const json::Members& item, std::string_view element) {
    std::string input = AsInput(item, element);
    if (!input.empty()) items.push_back(std::move(input));
  });
  return items;
}

std::string ItemListJson(const ItemPage& page) {
  std::string out = R"({"object":"list","data":[)";
  for (const StoredItem& item : page.items) {
    if (out.back() == '}') out += ',';
    out += ItemWithId(item);
  }
  out += R"(],"first_id":)";
  const auto append_id = [&page, &out](bool first) {
    if (page.items.empty()) {
      out += "null";
    } else {
      json::AppendJsonString(first ? page.items.front().id : page.items.back().id, out);
    }
  };
  append_id(true);
  out += R"(,"last_id":)";
  append_id(false);
  out += config::Concat(R"(,"has_more":)", page.has_more ? "true" : "false", "}");
  return out;
}

}  // namespace headgate::gateway
