#include "routing/ask/technical_lines.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace headgate::routing {
namespace {

TEST(TechnicalLines, logs_begin_with_a_time_a_severity_or_pairs) {
  for (const std::string_view line :
       {"2026-10-02 09:14:55 ERROR timed out", "Mar  3 17:40:11 db2 postgres[881]: full",
        "10.0.0.7 - - [20/Nov/2026:08:14:02 +0000] \"GET /\" 502", "ERROR: no such table",
        "[warn] cache is cold", "npm ERR! code ERESOLVE", "INFO started in 3 s",
        "error[E0382]: borrow of moved value", "level=error host=a msg=\"timed out\""}) {
    EXPECT_TRUE(IsLogLine(line)) << line;
  }
  for (const std::string_view line :
       {"Note: keep it short", "info: my mother is 80", "Error handling is hard for me",
        "INFORMATION about trains", "Let a=1 and b=2, then what is the sum of the two?",
        "At 5:30 we leave", "12 eggs and 3 apples"}) {
    EXPECT_FALSE(IsLogLine(line)) << line;
  }
}

TEST(TechnicalLines, consoles_name_files_and_quote_sources) {
  for (const std::string_view line :
       {"main.c: In function 'main':", "net/socket.cpp:214:11: note: here", "--> src/lib.rs:8:9",
        "8 |     let n = load();", "|", "|         ^ help: prefix it", "^~~~", "$ npm run build",
        "ann@web1:~$ ls", "make: *** [Makefile:4: main] Error 1"}) {
    EXPECT_TRUE(IsConsoleLine(line)) << line;
  }
  for (const std::string_view line :
       {"Node.js: how do I read a file?", "| name | city |", "$5 for a tea", "i.e.: nothing",
        "make it short: three lines", "3 apples | 2 pears?"}) {
    EXPECT_FALSE(IsConsoleLine(line)) << line;
  }
}

TEST(TechnicalLines, sql_and_commands) {
  for (const std::string_view line :
       {"SELECT c.name, SUM(o.total)", "FROM customers c", "LEFT JOIN orders o ON o.id = c.id",
        "GROUP BY c.name;", "SET amount = amount - 1"}) {
    EXPECT_TRUE(IsSqlLine(line)) << line;
  }
  for (const std::string_view line : {"CREATE a poem about the sea", "Select the best of these",
                                      "FROM where I stand the hill looks far away", "ORDER"}) {
    EXPECT_FALSE(IsSqlLine(line)) << line;
  }
  for (const std::string_view line :
       {"export DB_HOST=localhost", "curl -I https://localhost:8443/health",
        "kubectl get pods -n prod | grep -v Running", "sudo cp /etc/hosts /tmp"}) {
    EXPECT_TRUE(IsCommandLine(line)) << line;
  }
  for (const std::string_view line :
       {"git rebase -i main drops two of my commits", "docker run -d nginx?", "make a plan",
        "cat and dog names", "cp – was heißt das"}) {
    EXPECT_FALSE(IsCommandLine(line)) << line;
  }
}

TEST(TechnicalLines, tells_the_label_of_a_line) {
  struct Case {
    std::string_view line;
    std::string_view label;
    std::string_view rest;
  };
  constexpr Case kCases[] = {
      {"Subject: lunch", "Subject", "lunch"},
      {"- port: 80", "port", "80"},
      {"### Question:", "Question", ""},
      {"用户：你好", "用户", "你好"},
      {"**Anna:** yes", "Anna", "yes"},
      {"Question (fr): quoi ?", "Question (fr)", "quoi ?"},
      {"https://a.example", "", ""},
      {"std::string s", "", ""},
      {"10:30 we leave", "", ""},
      {"Write this as a list: a, b", "", ""},
      {"Well, then: go", "", ""},
      {"no label", "", ""},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(LabelOf(c.line).label, c.label) << c.line;
    EXPECT_EQ(LabelOf(c.line).rest, c.rest) << c.line;
  }
}

TEST(TechnicalLines, tells_names_of_what_is_asked) {
  for (const std::string_view name :
       {"question", "user_query", "Query", "Question (fr)", "instructions", "user-message", "Q"}) {
    EXPECT_EQ(NamesAsk(name), AskName::kYes) << name;
  }
  for (const std::string_view name : {"input", "prompt", "message"}) {
    EXPECT_EQ(NamesAsk(name), AskName::kMaybe) << name;
  }
  for (const std::string_view name :
       {"context", "system_prompt", "previous_question", "chat_messages", "example_query", ""}) {
    EXPECT_EQ(NamesAsk(name), AskName::kNo) << name;
  }
}

TEST(TechnicalLines, an_ask_is_a_few_lines_of_sentences) {
  for (const std::string_view text :
       {"Write a letter to Ana.", "把这封信翻译成希腊语。", "Which of these\nis the oldest?"}) {
    EXPECT_TRUE(MayAsk(text)) << text;
  }
  for (const std::string_view text :
       {"- write a letter", "2. write a letter", "# Write a letter",
        "Variables: a and the letter b", "one two three\na\nb\nc", "Thanks!", ""}) {
    EXPECT_FALSE(MayAsk(text)) << text;
  }
  EXPECT_FALSE(MayAsk(std::string(500, 'a')));
}

TEST(TechnicalLines, separators) {
  for (const std::string_view line : {"---", "=====", "* * *", "-- --"}) {
    EXPECT_TRUE(IsSeparator(line)) << line;
  }
  for (const std::string_view line : {"--", "- a -", "--- a/x"}) {
    EXPECT_FALSE(IsSeparator(line)) << line;
  }
}

}  // namespace
}  // namespace headgate::routing
