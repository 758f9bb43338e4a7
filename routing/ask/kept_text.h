#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace headgate::routing {

struct AskText;

// What is kept of a message, span by span, and its first and last paragraph. Views into the
// message; allocates nothing. Thread-compatible.
class KeptText {
 public:
  KeptText() = default;  // NOLINT(cppcoreguidelines-pro-type-member-init): 1 KiB

  // Adds a part of a line and returns 1, or 0 if it is empty. REQUIRES: it stands behind the part
  // before in the message.
  std::size_t Add(std::string_view span);
  // What comes next is not of the same paragraph.
  void EndParagraph();
  // Something is missing in the paragraph, so that it says less than it did.
  void BreakParagraph() { broken_ = true; }
  // Takes back the last `count` spans, which are of the paragraph that is being read. Returns their
  // bytes.
  std::size_t TakeBack(std::size_t count);
  // Takes back everything. Returns its bytes.
  std::size_t Clear();

  std::size_t bytes() const { return bytes_; }
  // Appends all to `ask`, or its ends if they are longer than what fits. REQUIRES: EndParagraph.
  void PutAll(AskText& ask) const;
  void PutEnds(AskText& ask) const;
  void PutParagraphs(AskText& ask) const;

 private:
  static constexpr std::size_t kMostSpans = 64;

  void PutFirst(std::size_t room, AskText& ask) const;
  void PutLast(std::size_t room, AskText& ask) const;

  std::size_t bytes_ = 0;
  std::size_t spans_ = 0;
  bool broken_ = false;
  int paragraphs_ = 0;
  std::string_view paragraph_;  // that is being read
  std::string_view first_;
  std::string_view last_;
  std::array<std::string_view, kMostSpans> span_;
};

}  // namespace headgate::routing
