#include "backends/protocols/resume/resumed_writer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::backends {
namespace {

using Kind = AnswerEvent::Kind;

class KeptEvents final : public AnswerStreamWriter {
 public:
  explicit KeptEvents(std::string& log) : log_(log) {}
  void On(const AnswerEvent& event) override {
    switch (event.kind) {
      case Kind::kText:
        log_ += "[" + std::string(event.text) + "]";
        break;
      case Kind::kUsage:
        log_ += "usage " + std::to_string(event.usage->tokens ? event.usage->tokens->input : -1) +
                "/" + std::to_string(event.usage->tokens ? event.usage->tokens->output : -1) + " ";
        break;
      case Kind::kPartEnd:
        log_ += "|";
        break;
      case Kind::kToolCall:
        log_ += "call ";
        break;
      case Kind::kFinish:
        log_ += "finish ";
        break;
      case Kind::kEnd:
        log_ += "end";
        break;
      default:
        log_ += "?" + std::to_string(static_cast<int>(event.kind));
    }
  }

 private:
  std::string& log_;
};

// Hands over pieces as texts, with these exceptions: "<hm>" is a thought, "<call>" a call.
std::string Joined(const Seam& seam, const std::vector<std::string>& pieces,
                   bool* unusable = nullptr, const AnswerUsage* usage = nullptr) {
  std::string log;
  ResumedWriter writer(seam, std::make_unique<KeptEvents>(log));
  const auto on = [&writer](Kind kind, std::string_view text = {}) {
    AnswerEvent event;
    event.kind = kind;
    event.text = text;
    writer.On(event);
  };
  on(Kind::kStart);
  for (const std::string& piece : pieces) {
    const bool thought = piece == "<hm>";
    on(thought ? Kind::kThinking : piece == "<call>" ? Kind::kToolCall : Kind::kText, piece);
    if (thought) on(Kind::kPartEnd);
  }
  on(Kind::kPartEnd);
  if (usage != nullptr) {
    AnswerEvent event;
    event.kind = Kind::kUsage;
    event.usage = usage;
    writer.On(event);
  }
  on(Kind::kFinish);
  on(Kind::kEnd);
  if (unusable != nullptr) *unusable = writer.unusable();
  return log;
}

TEST(ResumedWriterTest, LeavesOutTheBeginningOfTheContinuation) {
  EXPECT_EQ(Joined({.sent = "Hello", .withheld = {}}, {" wor", "ld"}), "[ wor][ld]|finish end");
}

TEST(ResumedWriterTest, LeavesOutWhiteSpaceThatTheClientHas) {
  struct Row {
    std::string_view withheld;
    std::vector<std::string> pieces;
    std::string_view want;
  };
  const Row rows[] = {
      {" ", {" world"}, "[world]|finish end"},
      {" ", {"world"}, "[world]|finish end"},
      {" ", {" ", " world"}, "[ world]|finish end"},
      {"\n\n", {"\n", "\n- a"}, "[- a]|finish end"},
      {"\n", {"\n\n- a"}, "[\n- a]|finish end"},
      {"\n\n", {"\n- a"}, "[- a]|finish end"},
      {"\n\n", {" a"}, "[ a]|finish end"},
      {"\n ", {"\n", "a", " b"}, "[a][ b]|finish end"},
      {"", {" a"}, "[ a]|finish end"},
      {" ", {"<call>", " a"}, "call [ a]|finish end"},
      {" ", {" "}, "|finish end"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Joined({.sent = "Hello", .withheld = row.withheld}, row.pieces), row.want)
        << "withheld [" << row.withheld << "] first piece [" << row.pieces.front() << "]";
  }
}

TEST(ResumedWriterTest, LeavesOutAnExactRepetition) {
  const std::string sent = "The quick brown fox";
  struct Row {
    Repeats repeats;
    std::string_view sent;
    std::vector<std::string> pieces;
    std::string_view want;
  };
  const Row rows[] = {
      {Repeats::kPerhaps, sent, {"The quick", " brown fox", " jumps"}, "[ jumps]|finish end"},
      {Repeats::kPerhaps, sent, {"The quick brown fox jumps"}, "[ jumps]|finish end"},
      {Repeats::kPerhaps, sent, {"The quick", " red"}, "[The quick red]|finish end"},
      {Repeats::kPerhaps, sent, {"The quick"}, "[The quick]|finish end"},
      {Repeats::kPerhaps, sent, {" jumps"}, "[ jumps]|finish end"},
      {Repeats::kPerhaps, sent, {sent}, "|finish end"},
      {Repeats::kPerhaps, "ha", {"ha", " ha"}, "[ha][ ha]|finish end"},
      {Repeats::kAlways, "ha", {"ha", " ha"}, "[ ha]|finish end"},
      {Repeats::kAlways, "ha", {"ho"}, "[ho]|finish end"},
      {Repeats::kNever, sent, {"The quick brown fox", "x"}, "[The quick brown fox][x]|finish end"},
      {Repeats::kPerhaps, sent, {"The quick", "<call>"}, "[The quick]call |finish end"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Joined({.sent = row.sent, .withheld = {}, .repeats = row.repeats}, row.pieces),
              row.want)
        << row.pieces.front();
  }
}

TEST(ResumedWriterTest, LeavesOutWhiteSpaceBehindARepetition) {
  EXPECT_EQ(Joined({.sent = "ha", .withheld = "\n", .repeats = Repeats::kAlways}, {"ha\n", "\nx"}),
            "[\nx]|finish end");
}

TEST(ResumedWriterTest, LeavesOutThoughts) {
  EXPECT_EQ(Joined({.sent = "a", .withheld = " "}, {"<hm>", " b"}), "[b]|finish end");
}

TEST(ResumedWriterTest, AContinuationThatIsNoneHasNoEnd) {
  bool unusable = false;
  EXPECT_EQ(Joined({.sent = "a", .withheld = {}}, {"<hm>"}, &unusable), "|");
  EXPECT_TRUE(unusable);
  EXPECT_EQ(Joined({.sent = "abc", .withheld = {}, .repeats = Repeats::kAlways}, {"ab"}, &unusable),
            "");
  EXPECT_TRUE(unusable);
}

// A model that has no more to say ends the answer where it broke.
TEST(ResumedWriterTest, AnEmptyContinuationEndsTheAnswer) {
  bool unusable = true;
  EXPECT_EQ(Joined({.sent = "a", .withheld = {}}, {}, &unusable), "|finish end");
  EXPECT_FALSE(unusable);
}

TEST(ResumedWriterTest, AddsTheUsageUp) {
  const Seam seam{.sent = "a",
                  .withheld = {},
                  .before = ReportedTokens{.input = 10, .cached_input = 4, .output = 3}};
  AnswerUsage usage;
  usage.tokens = ReportedTokens{.input = 12, .output = 5};
  EXPECT_EQ(Joined(seam, {"b"}, nullptr, &usage), "[b]|usage 22/8 finish end");
  // Not reported: each piece is a token.
  EXPECT_EQ(Joined(seam, {"b", "c"}), "[b][c]|usage 10/5 finish end");
  EXPECT_EQ(Joined({.sent = "a", .withheld = {}}, {"b"}, nullptr, &usage),
            "[b]|usage 12/5 finish end");
}

}  // namespace
}  // namespace headgate::backends
