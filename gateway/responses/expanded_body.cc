#include "gateway/responses/expanded_body.h"

#include <cstddef>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/members.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

namespace json = backends::json;

constexpr std::size_t kPadding = 64;

// Each of these reads a member that may be absent, and returns false if it has another type.
bool ReadOptionalText(std::string_view value, std::string& text) {
  return value.empty() || json::ReadText(value, text);
}

bool ReadOptionalBool(std::string_view value, bool& flag) {
  if (value.empty()) return true;
  flag = value == "true";
  return flag || value == "false";
}

bool ReadOptionalId(std::string_view value, std::string& id) {
  if (!json::IsObject(value)) return ReadOptionalText(value, id);
  json::Members members;
  return members.Read(value) && ReadOptionalText(members.Find("id"), id);
}

// Returns the text of a member; empty if it is absent or not a text.
std::string TextOfMember(const json::Members& members, std::string_view name) {
  std::string text;
  json::ReadText(members.Find(name), text);
  return text;
}

// A reference may leave out its type, as a message may; it then has nothing but its id.
bool IsReference(const json::Members& item) {
  const std::string type = TextOfMember(item, "type");
  if (!type.empty()) return type == "item_reference";
  return item.Find("role").empty() && item.Find("content").empty() && !item.Find("id").empty();
}

// Calls visit(element, item) for each element of `input`, if that is a list; `item` is null for an
// element that is no reference.
template <typename Visit>
void VisitInput(std::string_view input, Visit visit) {
  std::vector<std::string_view> elements;
  if (!json::IsArray(input) || !json::ReadElements(input, elements)) return;
  json::Members item;
  for (const std::string_view element : elements) {
    visit(element, item.Read(element) && IsReference(item) ? &item : nullptr);
  }
}

// Appends the body's own input behind the history. What is neither text nor list is kept as it is,
// so that whoever reads the request can say what is wrong with it.
void AppendOwnInput(std::string_view input, std::string& out) {
  if (json::IsArray(input)) {
    std::vector<std::string_view> elements;
    json::ReadElements(input, elements);
    for (const std::string_view element : elements) {
      out += config::Concat(out.back() == '[' ? "" : ",", element);
    }
  } else if (json::IsText(input)) {
    out += config::Concat(out.back() == '[' ? "" : ",", R"({"role":"user","content":)", input, "}");
  } else if (!input.empty()) {
    out += config::Concat(out.back() == '[' ? "" : ",", input);
  }
}

bool IsReplaced(std::string_view name) {
  return name == "input" || name == "store" || name == "previous_response_id" ||
         name == "conversation";
}

}  // namespace

StateInBody ReadState(std::string_view body) {
  StateInBody state;
  json::Members members;
  if (!members.Read(body)) return state;
  state.readable = ReadOptionalText(members.Find("previous_response_id"), state.previous) &&
                   ReadOptionalId(members.Find("conversation"), state.conversation) &&
                   ReadOptionalBool(members.Find("store"), state.store);
  VisitInput(members.Find("input"), [&state](std::string_view, const json::Members* reference) {
    if (reference != nullptr) state.references.push_back(TextOfMember(*reference, "id"));
  });
  return state;
}

std::string ReplaceReferences(std::string_view body, const std::vector<std::string>& items) {
  json::Members members;
  members.Read(body);
  std::size_t size = body.size() + kPadding;
  for (const std::string& item : items) size += item.size() + 1;
  std::string out;
  out.reserve(size + kPadding);
  out += '{';
  for (const auto& [name, value] : members) {
    if (name == "input") continue;
    json::AppendJsonString(name, out);
    out += config::Concat(":", value, ",");
  }
  out += R"("input":[)";
  auto next = items.begin();
  VisitInput(members.Find("input"),
             [&out, &next](std::string_view element, const json::Members* reference) {
               const std::string_view item = reference == nullptr ? element : *next++;
               if (!item.empty()) out += config::Concat(out.back() == '[' ? "" : ",", item);
             });
  out += "]}";
  out.reserve(out.size() + kPadding);
  return out;
}

std::string ExpandBody(std::string_view body, const std::vector<std::string>& history) {
  json::Members members;
  members.Read(body);
  std::size_t size = body.size() + kPadding + 64;
  for (const std::string& item : history) size += item.size() + 1;
  std::string out;
  out.reserve(size + kPadding);
  out += '{';
  for (const auto& [name, value] : members) {
    if (IsReplaced(name)) continue;
    json::AppendJsonString(name, out);
    out += config::Concat(":", value, ",");
  }
  const std::string_view input = members.Find("input");
  if (history.empty() && !input.empty()) {
    out += config::Concat(R"("input":)", input, ",");
  } else if (!history.empty()) {
    out += R"("input":[)";
    for (const std::string& item : history) {
      out += config::Concat(out.back() == '[' ? "" : ",", item);
    }
    AppendOwnInput(input, out);
    out += "],";
  }
  out += R"("store":false})";
  out.reserve(out.size() + kPadding);
  return out;
}

}  // namespace headgate::gateway
