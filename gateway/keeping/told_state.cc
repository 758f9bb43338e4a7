#include "gateway/keeping/told_state.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/members.h"
#include "backends/protocols/sse/sse.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

namespace json = backends::json;

// A member that the answer is to have; without a value it stays as it is.
struct ToldMember {
  std::string_view name;
  std::string value;  // JSON
};

std::array<ToldMember, 3> MembersOf(const ToldState& state) {
  std::string previous;
  if (!state.previous.empty()) json::AppendJsonString(state.previous, previous);
  std::string conversation;
  if (!state.conversation.empty()) {
    conversation = R"({"id":)";
    json::AppendJsonString(state.conversation, conversation);
    conversation += '}';
  }
  return {{{"store", state.store ? "true" : "false"},
           {"previous_response_id", std::move(previous)},
           {"conversation", std::move(conversation)}}};
}

std::size_t OffsetIn(std::string_view text, std::string_view part) {
  return static_cast<std::size_t>(part.data() - text.data());
}

// Returns the response object with the state in it; empty if it is not an object.
std::string ToldResponse(std::string_view object, const ToldState& state) {
  json::PaddedCopy copy;
  const std::string_view text = copy.Take(object);
  json::Members members;
  if (!members.Read(text) || members.begin() == members.end()) return {};
  std::array<ToldMember, 3> told = MembersOf(state);
  std::string out;
  std::size_t copied = 0;
  for (const auto& [name, value] : members) {
    const auto one = std::find_if(
        told.begin(), told.end(),
        [&name = name](const ToldMember& candidate) { return candidate.name == name; });
    if (one == told.end() || one->value.empty()) continue;
    const std::size_t begin = OffsetIn(text, value);
    out += config::Concat(text.substr(copied, begin - copied), one->value);
    copied = begin + value.size();
    one->value.clear();
  }
  out += text.substr(copied);
  const std::size_t front = out.find('{') + 1;
  for (const ToldMember& absent : told) {
    if (absent.value.empty()) continue;
    out.insert(front, config::Concat("\"", absent.name, "\":", absent.value, ","));
  }
  return out;
}

// Returns the data of an event with the state in its response object; empty if it has none.
std::string ToldEvent(std::string_view data, const ToldState& state) {
  json::PaddedCopy copy;
  const std::string_view text = copy.Take(data);
  json::Members members;
  if (!members.Read(text)) return {};
  const std::string_view response = members.Find("response");
  if (!json::IsObject(response)) return {};
  const std::string told = ToldResponse(response, state);
  if (told.empty()) return {};
  const std::size_t begin = OffsetIn(text, response);
  return config::Concat(text.substr(0, begin), told, text.substr(begin + response.size()));
}

}  // namespace

void TellInAnswer(const ToldState& state, std::string& answer) {
  std::string told = ToldResponse(answer, state);
  if (!told.empty()) answer = std::move(told);
}

void TellInEvents(const ToldState& state, std::string& events) {
  // Most events are pieces of the answer. A quote in their text has a backslash before it.
  if (events.find(R"("response")") == std::string::npos) return;
  backends::SseSplitter splitter(events.size());
  std::string joined;
  std::string out;
  std::size_t copied = 0;
  splitter.Add(events);
  while (const std::optional<backends::SseSplitter::Block> block = splitter.Next()) {
    const backends::SseEvent event = backends::ReadSseEvent(*block, joined);
    if (event.data_fields != 1) continue;
    const std::string told = ToldEvent(event.data, state);
    if (told.empty()) continue;
    const std::size_t begin = OffsetIn(events, event.data);
    out.append(events, copied, begin - copied).append(told);
    copied = begin + event.data.size();
  }
  if (copied == 0) return;
  out.append(events, copied);
  events = std::move(out);
}

}  // namespace headgate::gateway
