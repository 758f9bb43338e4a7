#include "gateway/cli/classifier/labelled_texts.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

absl::StatusOr<LabelledTexts> Read(const std::string& lines) {
  std::istringstream in(lines);
  return ReadLabelledTexts(in, "mine.jsonl");
}

constexpr char kGood[] = R"({"topic": "legal", "text": "a clause", "source": "mail", "lang": "en"})"
                         "\n";

TEST(LabelledTexts, a_line_has_topic_text_source_and_language) {
  const auto read = Read(std::string("\xEF\xBB\xBF") + kGood + "\n" +
                         R"({"topic": "kitchen", "text": "soup", "id": 7})" + "\r\n");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->examples.size(), 2u);
  EXPECT_EQ(read->examples[0].topic, "legal");
  EXPECT_EQ(read->examples[0].text, "a clause");
  EXPECT_EQ(read->examples[0].source, "mail");
  EXPECT_EQ(read->examples[0].language, "en");
  EXPECT_EQ(read->lines, (std::vector<int>{1, 3}));
  EXPECT_TRUE(read->warnings.empty());
}

TEST(LabelledTexts, what_is_wrong_with_a_line_is_said_with_what_to_write) {
  struct Case {
    std::string line;
    std::string says;
  };
  for (const Case& c : {
           Case{"legal, a clause", "is not a JSON object; write {\"topic\""},
           Case{R"([{"topic": "legal", "text": "x"}])", "is a JSON array; write one object a line"},
           Case{R"({"topic": "legal", "text": "x"},)", "has a comma behind the object; remove it"},
           Case{R"({"messages": [{"role": "user", "content": "x"}]})", "is a chat; write what"},
           Case{R"({"label": "legal", "text": "x"})",
                R"(has no "topic"; write "topic" instead of "label")"},
           Case{R"({"Topic": "legal", "text": "x"})", R"(write "topic" instead of "Topic")"},
           Case{R"({"topic": "legal", "prompt": "x"})", R"(write "text" instead of "prompt")"},
           Case{R"({"topic": "family law", "text": "x"})", R"(has no valid "topic"; write a name)"},
           Case{R"({"topic": "legal", "text": 7})", R"(has no "text"; write the prompt)"},
           Case{R"({"topic": "legal", "text": "caf)"
                "\xE9\"}",
                "is not UTF-8: byte 32 of the line is 0xe9; save the file as UTF-8"},
           Case{R"({"topic": "kitchen", "text": "a clause"})",
                "has the topic kitchen, and line 1 has the same text with the topic legal"},
       }) {
    const auto read = Read(kGood + c.line + "\n");
    ASSERT_FALSE(read.ok()) << c.line;
    const std::string said(read.status().message());
    EXPECT_TRUE(said.starts_with("mine.jsonl:2: " + c.says) ||
                (said.starts_with("mine.jsonl:2: ") && said.find(c.says) != std::string::npos))
        << said;
  }
  EXPECT_EQ(Read("").status().message(),
            R"(mine.jsonl: has no texts; write lines of {"topic": "legal", "text": "…"})");
  EXPECT_EQ(Read(std::string("\xFF\xFE{\0", 4)).status().message(),
            "mine.jsonl: is UTF-16; save the file as UTF-8");
}

TEST(LabelledTexts, slips_that_can_be_learned_from_are_warned_of) {
  std::string lines;
  for (int i = 0; i < 12; ++i) {
    lines += R"({"topic": "card_lost", "text": "card )" + std::to_string(i) +
             R"(", "language": "en"})" + "\n";
  }
  lines += R"({"topic": "card_lsot", "text": "where is it"})";
  lines += "\n" + std::string(kGood);
  const auto read = Read(lines);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->warnings,
            (std::vector<std::string>{
                R"(mine.jsonl:1: "language" is ignored; did you mean "lang"?)",
                "mine.jsonl:13: topic `card_lsot` has 1 text; did you mean `card_lost`?"}));
}

TEST(LabelledTexts, a_file_that_cannot_be_read_is_named_with_the_reason) {
  const TemporaryFolder folder;
  EXPECT_EQ(ReadLabelledTexts(folder.Path("none.jsonl")).status().message(),
            folder.Path("none.jsonl") + ": cannot be read: No such file or directory");
  EXPECT_EQ(ReadLabelledTexts(folder.Path("")).status().message(),
            folder.Path("") + ": cannot be read: Is a directory");
}

}  // namespace
}  // namespace headgate::gateway
