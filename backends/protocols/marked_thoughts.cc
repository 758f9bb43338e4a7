#include "backends/protocols/marked_thoughts.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "backends/protocols/json/members.h"
#include "backends/protocols/translation/signature_mark.h"

namespace headgate::backends {
namespace {

using json::Members;

// A place of the body and what it becomes.
struct Edit {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

bool IsMarked(std::string_view value) {
  std::string text;
  return json::ReadText(value, text) && HasSignatureMark(text);
}

// Returns whether a content block, an entry of thinking_blocks or an item is such a thought.
bool IsMarkedThought(std::string_view element) {
  Members members;
  if (!json::IsObject(element) || !members.Read(element)) return false;
  std::string type;
  if (!json::ReadText(members.Find("type"), type)) return false;
  if (type == "thinking") return IsMarked(members.Find("signature"));
  if (type == "redacted_thinking") return IsMarked(members.Find("data"));
  return type == "reasoning" && IsMarked(members.Find("encrypted_content"));
}

// Returns the array without such thoughts, or nullopt if it has none. `kept`: elements of it.
std::optional<std::string> WithoutThoughts(std::string_view array, std::size_t& kept) {
  std::vector<std::string_view> elements;
  if (!json::IsArray(array) || !json::ReadElements(array, elements)) return std::nullopt;
  std::string text = "[";
  kept = 0;
  for (const std::string_view element : elements) {
    if (IsMarkedThought(element)) continue;
    if (kept++ > 0) text += ',';
    text += element;
  }
  if (kept == elements.size()) return std::nullopt;
  return text += ']';
}

// Returns whether the member of a message of chat completions repeats the texts of its
// thinking_blocks.
bool IsTextOfBlocks(const Members::Member& member) {
  return (member.name == "reasoning_content" || member.name == "reasoning") &&
         json::IsText(member.value);
}

bool CallsTools(const Members& message) {
  std::vector<std::string_view> blocks;
  const std::string_view content = message.Find("content");
  if (!json::IsArray(content) || !json::ReadElements(content, blocks)) return false;
  for (const std::string_view block : blocks) {
    Members members;
    if (json::IsObject(block) && members.Read(block) && members.Find("type") == R"("tool_use")") {
      return true;
    }
  }
  return false;
}

// Cuts thoughts out of one body.
class Cutter {
 public:
  explicit Cutter(std::string_view body) : body_(copy_.Take(body)) {}

  // Returns the edits, or none if there is nothing to cut.
  std::vector<Edit> Cut() {
    if (!root_.Read(body_)) return {};
    for (const Members::Member& member : root_) {
      if (member.name == "messages") CutMessages(member.value);
      if (member.name == "input") CutInput(member.value);
    }
    if (!loop_cut_) return std::move(edits_);
    for (const Members::Member& member : root_) {
      if (member.name == "thinking") CutBudget(member.value);
    }
    return std::move(edits_);
  }
  std::string_view dropped() const { return dropped_; }

 private:
  void Replace(std::string_view value, std::string text) {
    const auto begin = static_cast<std::size_t>(value.data() - body_.data());
    edits_.push_back({begin, begin + value.size(), std::move(text)});
  }

  void CutInput(std::string_view input) {
    std::size_t kept = 0;
    std::optional<std::string> text = WithoutThoughts(input, kept);
    if (!text) return;
    dropped_ = "reasoning";
    Replace(input, *std::move(text));
  }

  void CutMessages(std::string_view messages) {
    std::vector<std::string_view> elements;
    if (!json::IsArray(messages) || !json::ReadElements(messages, elements)) return;
    std::string text = "[";
    bool changed = false;
    for (const std::string_view element : elements) {
      const std::optional<std::string> message = CutMessage(element);
      changed |= message.has_value();
      if (message && message->empty()) continue;
      if (text.size() > 1) text += ',';
      text += message ? std::string_view(*message) : element;
    }
    if (changed) Replace(messages, text += ']');
  }

  // Returns the message as it is sent, empty if nothing of it is left, or nullopt if it stays.
  std::optional<std::string> CutMessage(std::string_view message) {
    Members members;
    if (!json::IsObject(message) || !members.Read(message)) return std::nullopt;
    std::string cut;
    std::size_t copied = 0;
    std::size_t kept = 0;
    const bool cut_blocks = WithoutThoughts(members.Find("thinking_blocks"), kept).has_value();
    for (const Members::Member& member : members) {
      const bool content = member.name == "content";
      std::optional<std::string> text;
      if (content || member.name == "thinking_blocks") {
        text = WithoutThoughts(member.value, kept);
      } else if (cut_blocks && IsTextOfBlocks(member)) {
        text = "null";
      }
      if (!text) continue;
      dropped_ = content ? "thinking" : "reasoning_content";
      if (content && kept == 0) return std::string();
      const auto begin = static_cast<std::size_t>(member.value.data() - message.data());
      cut.append(message, copied, begin - copied).append(*text);
      copied = begin + member.value.size();
    }
    if (members.Find("role") == R"("assistant")") {
      loop_cut_ = copied > 0 && CallsTools(members);  // of the last such message
    }
    if (copied == 0) return std::nullopt;
    return cut.append(message, copied);
  }

  void CutBudget(std::string_view thinking) {
    Members members;
    if (!json::IsObject(thinking) || !members.Read(thinking)) return;
    if (members.Find("type") == R"("enabled")") Replace(thinking, R"({"type":"disabled"})");
  }

  json::PaddedCopy copy_;
  const std::string_view body_;
  Members root_;
  std::vector<Edit> edits_;
  std::string_view dropped_;
  bool loop_cut_ = false;  // the last turn of the assistant called tools, and lost a thought
};

// Moves places of the body that are behind edits.
class Shift {
 public:
  explicit Shift(const std::vector<Edit>& edits) : edits_(edits) {}

  void Move(std::size_t& place) const {
    std::size_t moved = place;
    for (const Edit& edit : edits_) {
      if (edit.end <= place) moved = moved + edit.text.size() - (edit.end - edit.begin);
    }
    place = moved;
  }
  void Move(Span& span) const {
    Move(span.begin);
    Move(span.end);
  }
  void Move(std::optional<Span>& span) const {
    if (span) Move(*span);
  }

 private:
  const std::vector<Edit>& edits_;
};

}  // namespace

std::optional<CutBody> WithoutMarkedThoughts(std::string_view body, const SplicePoints& splice) {
  if (body.find(kSignatureMarkBegin) == std::string_view::npos) return std::nullopt;
  Cutter cutter(body);
  std::vector<Edit> edits = cutter.Cut();
  if (edits.empty()) return std::nullopt;
  std::sort(edits.begin(), edits.end(),
            [](const Edit& a, const Edit& b) { return a.begin < b.begin; });
  CutBody cut{.body = {}, .splice = splice, .dropped = cutter.dropped()};
  std::size_t copied = 0;
  for (const Edit& edit : edits) {
    cut.body.append(body, copied, edit.begin - copied).append(edit.text);
    copied = edit.end;
  }
  cut.body.append(body, copied);
  const Shift shift(edits);
  shift.Move(cut.splice.model);
  shift.Move(cut.splice.object_begin);
  shift.Move(cut.splice.stream_options);
  shift.Move(cut.splice.include_usage);
  shift.Move(cut.splice.continuous_usage);
  shift.Move(cut.splice.stream_options_member);
  shift.Move(cut.splice.priority);
  return cut;
}

}  // namespace headgate::backends
