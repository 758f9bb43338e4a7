#include "backends/protocols/resume/continuation_request.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "backends/protocols/json/append_json.h"
#include "backends/protocols/json/members.h"
#include "backends/protocols/resume/resumed_writer.h"

namespace headgate::backends {
namespace {

using json::AppendJsonString;
using json::Members;

// Returns the size of `text` without the white space at its end.
std::size_t SizeWithoutSpace(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  return text.find_last_not_of(kSpace) + 1;  // npos + 1 is 0
}

// Returns whether `text` ends with a part of `stop` from its beginning, which is not all of it.
bool EndsInside(std::string_view text, std::string_view stop) {
  for (std::size_t size = std::min(text.size() + 1, stop.size()); size-- > 1;) {
    if (text.ends_with(stop.substr(0, size))) return true;
  }
  return false;
}

bool EndsInsideStop(const Members& body, std::string_view text) {
  std::string scratch;
  const auto inside = [&](std::string_view value) {
    const std::optional<std::string_view> stop = json::TextOfToken(value, scratch);
    return stop && EndsInside(text, *stop);
  };
  for (const std::string_view name : {"stop", "stop_sequences"}) {
    const std::string_view value = body.Find(name);
    std::vector<std::string_view> elements;
    if (json::IsText(value) && inside(value)) return true;
    if (json::IsArray(value) && json::ReadElements(value, elements) &&
        std::any_of(elements.begin(), elements.end(), inside)) {
      return true;
    }
  }
  return false;
}

bool Thinks(const Members& body) {
  Members thinking;
  return thinking.Read(body.Find("thinking")) && thinking.Find("type") != R"("disabled")";
}

// The client's messages with the text behind them.
class Messages {
 public:
  // Reads a list. Returns false if a text cannot be put behind it.
  bool Read(std::string_view list) {
    if (!json::ReadElements(list, elements_) || elements_.empty()) return false;
    Members last;
    std::string_view role;
    if (!last.Read(elements_.back())) return false;
    role = last.Find("role");
    if (role != R"("assistant")") return true;
    last_is_assistants_ = true;
    return json::ReadText(last.Find("content"), begun_);
  }

  // Returns the whole text of the assistant's last message. What the client wrote of it itself
  // comes first, unless the answer repeated it.
  std::string TextWith(std::string_view text) const {
    const bool repeated =
        begun_.size() >= ResumedWriter::kShortestRepetition && text.starts_with(begun_);
    return repeated ? std::string(text) : begun_ + std::string(text);
  }

  void Append(std::string_view text, const PrefillDialect& dialect, std::string& out) const {
    out += '[';
    const std::size_t kept = elements_.size() - (last_is_assistants_ ? 1 : 0);
    for (std::size_t i = 0; i < kept; ++i) out.append(elements_[i]).append(",");
    out += '{';
    if (last_is_assistants_) AppendOtherMembers(dialect, out);
    if (!last_is_assistants_) out += R"("role":"assistant",)";
    out += "\"content\":";
    AppendJsonString(text, out);
    const auto& [name, value] = dialect.message;
    if (!name.empty()) out.append(",\"").append(name).append("\":").append(value);
    out += "}]";
  }

 private:
  void AppendOtherMembers(const PrefillDialect& dialect, std::string& out) const {
    Members last;
    last.Read(elements_.back());
    for (const Members::Member& member : last) {
      if (member.name == "content" || member.name == dialect.message.first) continue;
      AppendJsonString(member.name, out);
      out.append(":").append(member.value).append(",");
    }
  }

  std::vector<std::string_view> elements_;
  std::string begun_;  // by the client
  bool last_is_assistants_ = false;
};

// Returns the least that a limit on the tokens of an answer may be; nullopt: the member is none.
std::optional<std::int64_t> LeastOf(std::string_view name) {
  if (name == "max_tokens" || name == "max_completion_tokens") return 1;
  if (name == "min_tokens") return 0;  // vLLM's and SGLang's
  return std::nullopt;
}

void AppendFewer(std::string_view limit, std::int64_t used, std::int64_t least, std::string& out) {
  std::int64_t most = 0;
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), most);
  if (error != std::errc() || end != limit.data() + limit.size()) {
    out += limit;
    return;
  }
  json::AppendInteger(std::max(least, most - used), out);
}

// Returns whether the dialect sets the member, or the member asks for a repetition (vLLM's echo).
bool Replaces(const PrefillDialect* dialect, std::string_view name) {
  if (dialect == nullptr) return false;
  return name == "echo" || std::any_of(dialect->root.begin(), dialect->root.end(),
                                       [name](const auto& own) { return own.first == name; });
}

// `dialect` null: the messages stay as they are.
void AppendBody(const Members& body, const ContinuationOrder& order, const PrefillDialect* dialect,
                const Messages& messages, const std::string& sent, std::string& out) {
  out += '{';
  for (const Members::Member& member : body) {
    if (Replaces(dialect, member.name)) continue;
    if (out.size() > 1) out += ',';
    AppendJsonString(member.name, out);
    out += ':';
    if (const std::optional<std::int64_t> least = LeastOf(member.name)) {
      AppendFewer(member.value, order.tokens_so_far, *least, out);
    } else if (dialect != nullptr && member.name == "messages") {
      messages.Append(sent, *dialect, out);
    } else {
      out += member.value;
    }
  }
  if (dialect != nullptr) {
    for (const auto& [name, value] : dialect->root) {
      if (!name.empty()) out.append(",\"").append(name).append("\":").append(value);
    }
  }
  out += '}';
}

}  // namespace

std::int64_t TokensSoFar(const AnswerUsage& usage, std::int64_t token_events,
                         std::string_view text) {
  constexpr std::size_t kBytesPerToken = 4;
  if (usage.tokens && usage.tokens->output > 0) return usage.tokens->output;
  const std::size_t by_bytes = (text.size() + kBytesPerToken - 1) / kBytesPerToken;
  return std::max(token_events, static_cast<std::int64_t>(by_bytes));
}

std::string_view WriteContinuation(const ContinuationOrder& order, ContinuationRequest& request) {
  request = {};
  json::PaddedCopy copy;
  Members body;
  if (!body.Read(copy.Take(order.body))) return "the request cannot be read";
  const std::string_view text = order.seam.text;
  const std::size_t size = SizeWithoutSpace(text);
  request.withheld = text.substr(size);
  Messages messages;
  if (size == 0) {
    AppendBody(body, order, nullptr, messages, {}, request.body);
    return {};
  }
  if (order.dialect == nullptr) return "the backend cannot continue a text";
  if (order.dialect->refuses_thinking && Thinks(body)) return "the model is to think";
  if (EndsInsideStop(body, text.substr(0, size))) {
    return "the text may end with the beginning of a stop sequence";
  }
  if (!messages.Read(body.Find("messages"))) return "its last message cannot be continued";
  request.sent = messages.TextWith(text.substr(0, size));
  request.repeats = order.dialect->repeats;
  AppendBody(body, order, order.dialect, messages, request.sent, request.body);
  return {};
}

}  // namespace headgate::backends
