#include "backends/protocols/passing/passing_events.h"

#include <simdjson.h>

#include <algorithm>

#include "backends/protocols/errors/error_reader.h"
#include "backends/protocols/json/clean_text.h"
#include "config/base/text.h"

namespace headgate::backends {
namespace {

constexpr std::size_t kLongestComment = 1024;
constexpr std::size_t kMostComments = 4096;

// Returns whether every client can read the line of a comment.
bool IsPlain(std::string_view line) {
  const auto is_control = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return (code < 0x20 && c != '\t') || code == 0x7F;
  };
  return line.size() <= kLongestComment && std::none_of(line.begin(), line.end(), is_control) &&
         simdjson::validate_utf8(line.data(), line.size());
}

// Returns whether the line of a comment looks like the gateway's own, which say what an answer cost
// and where it came from.
bool LooksLikeOurs(std::string_view line) {
  constexpr std::string_view kOurs = "x-headgate";
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.size() >= kOurs.size() &&
         std::equal(kOurs.begin(), kOurs.end(), line.begin(),
                    [](char ours, char c) { return ours == config::Lowered(c); });
}

// Appends a block. Comments that look like the gateway's own are reduced to the colon.
void AppendWithoutOurs(std::string_view block, std::string& out) {
  while (!block.empty()) {
    const std::size_t size = std::min(block.find_first_of("\r\n"), block.size());
    const std::string_view line = block.substr(0, size);
    out.append(line.starts_with(':') && LooksLikeOurs(line) ? ":" : line);
    block.remove_prefix(size);
    const std::size_t end = std::min(block.find_first_not_of("\r\n"), block.size());
    out.append(block.substr(0, end));
    block.remove_prefix(end);
  }
}

}  // namespace

void PassingEvents::SkipMark(SseSplitter::Block& block) {
  if (block.text.starts_with(json::kByteOrderMark)) {
    block.text.remove_prefix(json::kByteOrderMark.size());
  }
}

void PassingEvents::AppendBlock(const SseSplitter::Block& block, const SseEvent& event,
                                std::string& out) {
  if (event.has_comment) {
    AppendWithoutOurs(block.text, out);
  } else {
    out.append(block.text);
  }
}

void PassingEvents::TakeComment(std::string_view block) {
  waiting_ = true;
  if (!block.starts_with(':')) return;
  std::string_view line = block.substr(0, block.find_first_of("\r\n"));
  if (!IsPlain(line) || LooksLikeOurs(line)) line = ":";
  if (comments_.size() + line.size() + 2 > kMostComments) return;
  comments_.append(line).append("\n\n");
}

bool PassingEvents::TakeEmpty() {
  waiting_ |= !started_;
  return false;
}

bool PassingEvents::TakeSign() {
  if (!started_) TakeComment(":");
  return false;
}

bool PassingEvents::TakeOdd(const SseEvent& event, std::string_view data) {
  if (event.name == "error" || IsErrorList(data)) return TakeError(data);
  malformed_ = !started_ || ++left_out_ > kMostLeftOut;
  return false;
}

bool PassingEvents::TakeError(std::string_view data) {
  (started_ ? error_event_ : failed_first_) = true;
  started_ = true;
  error_ = data;
  return false;
}

}  // namespace headgate::backends
