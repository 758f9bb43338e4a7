#include "routing/ask/ask_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::routing {
namespace {

AskText AskOf(std::string_view text) {
  TextShape shape;
  AddShape(text, text.size(), shape);
  AskText ask;
  AddAsk(text, shape, ask);
  return ask;
}

TEST(AskText, leaves_out_what_is_material) {
  struct Case {
    std::string_view text;
    std::string_view ask;
  };
  constexpr Case kCases[] = {
      {"Is this right?\n```python\nx = f(1)\n```\nThanks", "Is this right?\nThanks\n"},
      {"```\nnever closed\nIs this right?", ""},
      {"<document id=\"1\">\nThe key is red.\n</document>\nWhich colour?", "Which colour?\n"},
      {"<заметка>\nКлюч красный.\n</заметка>\nКакого он цвета?", "Какого он цвета?\n"},
      {"<br>\n<input a=\"b\" />\nWhy is it slow?\n</form>", "Why is it slow?\n"},
      {"<b is smaller than c\nWhich is larger?", "<b is smaller than c\nWhich is larger?\n"},
      {"[Memory]\nlikes Rust\n[End of memory]\nWhat can I cook?", "What can I cook?\n"},
      {"【记忆】\n程序员\n【结束】\n周末去哪里？", "周末去哪里？\n"},
      {"> see you at six\nMake this polite", "Make this polite\n"},
      {"Name this chat\nUSER: why does f() fail?\nASSISTANT: it does not", "Name this chat\n"},
      {"2026-10-02 09:14:55 ERROR timed out\nWhat happened?", "What happened?\n"},
      {"for (int i = 0; i < n; ++i) {\n  sum += f(i);\n}\nWhat is wrong?", "What is wrong?\n"},
      {"Translate \"where is the nearest station\" into Greek", "Translate \n into Greek\n"},
      {"Übersetze „wo ist der Bahnhof, bitte“ ins Griechische", "Übersetze \n ins Griechische\n"},
      {"Put \"yes\" into capitals", "Put \"yes\" into capitals\n"},
      {"Put \"yes\" and \"the answer is no\" into «заглавные буквы»!",
       "Put \"yes\" and \n into \n!\n"},
      {"翻译「请问火车站在哪里」。“不要直译这句话”", "翻译\n。\n"},
      {"Is it 5\" or 6 inches long?", "Is it 5\" or 6 inches long?\n"},
      {"", ""},
  };
  for (const Case& c : kCases) EXPECT_EQ(AskOf(c.text).text(), c.ask) << c.text;
}

// A line that is no code by itself belongs to the patch, trace or program above it.
TEST(AskText, leaves_out_the_lines_that_material_goes_on_with) {
  struct Case {
    std::string_view text;
    std::string_view ask;
  };
  constexpr Case kCases[] = {
      {"Tell Ana\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n"
       " keep this\n-old words\n+new words\n \n }\n\\ No newline at end of file\n\nIn Spanish",
       "Tell Ana\nIn Spanish\n"},
      {"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old words\n\n- one list\n- of two\n",
       "- one list\n- of two\n"},
      {"Why?\nTraceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    "
       "main()\n"
       "KeyError: 'name'\n\nAnswer: in French",
       "Why?\nAnswer: in French\n"},
      {"java.io.IOException: closed\n\tat a.B.c(B.java:4)\n\tat a.B.d(B.java:9)\n"
       "Caused by: nothing\nWhy?",
       "Caused by: nothing\nWhy?\n"},
      {"def fee(days):\n    if days:\n        return 2\n\n    return 1\nIs it fair?",
       "Is it fair?\n"},
      {"while (more()) {\n\tbreak;\n}\nreturn;\n\nIs it fair;", "Is it fair;\n"},
      {"Note: one\n  two\nDear Ana: three", "Note: one\ntwo\nDear Ana: three\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(AskOf(c.text).text(), c.ask) << c.text;
}

// Programs put the ask of their users into an element or behind a label of its own. What stands
// before it says how to use the material.
TEST(AskText, an_ask_in_an_element_or_behind_a_label_is_the_ask) {
  struct Case {
    std::string_view text;
    std::string_view ask;
  };
  constexpr Case kCases[] = {
      {"Use the context.\n\n<context>\nred\n</context>\n\n<user_query>\nWhich "
       "colour?\n</user_query>",
       "Which colour?\n"},
      {"Use it.\n<context>red</context><question>Which colour?</question>\n", "Which colour?\n"},
      {"<context>red</context>\n<input>Which colour?</input>", "Which colour?\n"},
      {"Translate this.\n<input>\nred\n</input>", "Translate this.\n"},
      {"<question>Which colour?</question>\n<context>red</context>", "Which colour?\n"},
      {"<example_question>Why?</example_question>\nWhich colour?", "Which colour?\n"},
      {"Context:\nThe key is red.\n\nQuestion: Which colour?\nAnswer:", "Which colour?\n"},
      {"Q: Why?\nA: So.\nQ: Which colour?", "Which colour?\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(AskOf(c.text).text(), c.ask) << c.text;
}

TEST(AskText, leaves_out_consoles_mails_and_transcripts) {
  struct Case {
    std::string_view text;
    std::string_view ask;
  };
  constexpr Case kCases[] = {
      {"$ make\ncc -c a.c\na.c:3: error\nmake: *** [a] Error 1\n\nCheer me up", "Cheer me up\n"},
      {"From: Ana\nSubject: lunch\n\nSoup at noon.\n\nMake it polite",
       "Soup at noon.\nMake it polite\n"},
      {"Titre ?\n\nLéa: ça plante\nMax: redémarre\nLéa: merci", "Titre ?\n"},
      {"Fix this:\nname: deploy\non:\n  push: main\n- a\n\nThanks", "Fix this:\nThanks\n"},
      {"SELECT a.b\nFROM a\nWHERE b = 1\n\nThank Ana", "Thank Ana\n"},
      {"```\nint x = 0;\nx += 1;\n\nThank Ana", "Thank Ana\n"},
  };
  for (const Case& c : kCases) EXPECT_EQ(AskOf(c.text).text(), c.ask) << c.text;
}

TEST(AskText, knows_the_paragraphs_at_its_ends) {
  const AskText ask =
      AskOf("Shorten it.\nIn Greek.\n\n<a>\nx\n</a>\nOne.\n---\nTwo \"quoted words here\".");
  EXPECT_EQ(ask.paragraphs, 3);
  EXPECT_EQ(ask.first, "Shorten it.\nIn Greek.");
  EXPECT_EQ(ask.last, "One.");
  EXPECT_EQ(AskOf("One.\nTwo.").paragraphs, 1);
}

TEST(AskText, says_how_much_it_left_out) {
  EXPECT_EQ(AskOf("Plan a weekend in Lisbon.").left_out, 0u);
  EXPECT_GE(AskOf("Is this right?\n```\nx = f(1)\n```\n").left_out, 12u);
}

TEST(AskText, of_a_long_text_the_ends_are_the_ask) {
  std::string prose;
  while (prose.size() < 200'000) prose += "It was a quiet evening by the sea, and nobody spoke. ";
  const AskText ask = AskOf("Shorten this letter. " + prose + "Please keep the greeting.");
  EXPECT_TRUE(ask.text().starts_with("Shorten this letter. ")) << ask.text();
  EXPECT_TRUE(ask.text().ends_with("Please keep the greeting.\n")) << ask.text();
  EXPECT_LE(ask.size, AskText::kMost);
  EXPECT_TRUE(ask.only_ends);
  EXPECT_GT(ask.left_out, 100'000u);
}

TEST(AskText, a_long_fence_ends_in_the_tail) {
  std::string code = "```\n";
  while (code.size() < 200'000) code += "some line of a log\n";
  EXPECT_EQ(AskOf("What is it?\n" + code + "```\nMake it short.").text(),
            "What is it?\nMake it short.\n");
}

TEST(AskText, pieces_of_a_message_share_one_ask) {
  AskText ask;
  TextShape shape;
  AddAsk("Which colour?", shape, ask);
  AddAsk("<document>\nred\n</document>", shape, ask);
  EXPECT_EQ(ask.text(), "Which colour?\n");
  EXPECT_GT(ask.left_out, 0u);
  AddAsk(std::string(5000, 'a'), shape, ask);
  AddAsk(std::string(5000, 'b'), shape, ask);
  EXPECT_LE(ask.size, AskText::kMost);
}

// What is looked at is counted, so that no way to build a message makes it expensive.
TEST(AskText, looks_at_no_more_of_a_longer_message) {
  for (const std::string_view unit :
       {"<a>\n", "<a x\n", "<br/>\n", "</a>", "<a>", "```\nx\n", "[a]\nx\n", "\"", "\"a\" ", "„",
        " ", "\n", "a\n", "+a\n-b\n", "2026-11-20T08:14:02 x\n", "a: b\n"}) {
    const auto repeated = [&](std::size_t size) {
      std::string text;
      while (text.size() < size) text += unit;
      return AskOf(text);
    };
    const AskText shorter = repeated(400'000);
    const AskText longer = repeated(2'000'000);
    EXPECT_EQ(longer.search.left(), shorter.search.left()) << unit;
    EXPECT_EQ(longer.lines, shorter.lines) << unit;
    EXPECT_EQ(longer.quotation_marks, shorter.quotation_marks) << unit;
  }
}

TEST(AskText, of_many_lines_the_first_and_the_last_are_read) {
  std::string text = "Count them.\n\n";
  for (int i = 0; i < 1000; ++i) text += "ab\n";
  const AskText ask = AskOf(text + "Answer in Greek.");
  EXPECT_TRUE(ask.text().starts_with("Count them.\nab\n")) << ask.text();
  EXPECT_TRUE(ask.text().ends_with("\nab\nAnswer in Greek.\n")) << ask.text();
  EXPECT_GE(ask.lines, 0);
}

}  // namespace
}  // namespace headgate::routing
