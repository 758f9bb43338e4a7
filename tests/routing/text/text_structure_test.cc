#include "routing/text/text_structure.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::routing {
namespace {

struct Case {
  std::string_view name;
  std::string_view text;
  Structure expected;
};

Structure Of(std::string_view text) {
  TextShape shape;
  AddShape(text, 8192, shape);
  return Judge(shape);
}

constexpr Case kPatches[] = {
    {"git", "diff --git a/x b/x\nindex 1..2\n", Structure::kDiff},
    {"hunk", "apply:\n@@ -1,3 +1,4 @@ int main\n a\n", Structure::kDiff},
    {"unified", "--- a/x.c\n+++ b/x.c\n", Structure::kDiff},
    {"apply_patch", "*** Begin Patch\n", Structure::kDiff},
    {"rule and plus", "--- \nsome text\n+++ more\n", Structure::kNone},
    {"signature", "Bye\n--- \nJohn", Structure::kNone},
    {"at sign", "@@ hello", Structure::kNone},
};

constexpr Case kTraces[] = {
    {"python", "Traceback (most recent call last):\n  File \"a.py\", line 3, in f\nKeyError: 1",
     Structure::kStackTrace},
    {"java", "\tat a.B.c(B.java:12)\n\tat a.B.d(B.java:15)\n", Structure::kStackTrace},
    {"java main", "Exception in thread \"main\" java.lang.Error\n", Structure::kStackTrace},
    {"node", "Error: no\n    at f (/srv/a.js:1:2)\n    at g (/srv/a.js:3:4)",
     Structure::kStackTrace},
    {"csharp", "   at A.B() in C:\\a.cs:line 12\n   at A.C() in C:\\a.cs:line 2\n",
     Structure::kStackTrace},
    {"go", "panic: no\n\ngoroutine 1 [running]:\nmain.main()", Structure::kStackTrace},
    {"rust", "thread 'main' panicked at 'no', src/main.rs:2:5", Structure::kStackTrace},
    {"gdb", "#0  0x00007f in f (x=1)\n#1  0x00008f in main ()\n", Structure::kStackTrace},
    {"compiler", "main.c:12:5: error: expected ';'", Structure::kStackTrace},
    {"one frame", "It happens at f (a.js:1:2) they say", Structure::kNone},
    {"place and time", "at the corner (opens 9:30)\nat the shop (opens 10:30)", Structure::kNone},
    {"host and port", "proxy.example.com:443: an error of ours", Structure::kNone},
    {"hashtags", "#1 in the charts\n#2 in the hearts", Structure::kNone},
};

constexpr Case kFences[] = {
    {"language", "Explain:\n```python\nprint(1)\n```\n", Structure::kFence},
    {"language with a symbol", "```c++\nx\n```", Structure::kFence},
    {"tildes", "~~~rust\nx\n~~~", Structure::kFence},
    {"no language, code", "Why?\n```\nfor (int i = 0; i < n; ++i) {\n  a[i] = f(i);\n}\n```\n",
     Structure::kFence},
    {"no language, prose", "Summarise:\n```\nIt was a quiet evening.\nNobody spoke.\n```\n",
     Structure::kNone},
    {"json", "Extract:\n```json\n{\"a\": 1, \"b\": [1, 2]}\n```\n", Structure::kNone},
    {"text", "```text\nhello there\n```", Structure::kNone},
    {"in the middle of a line", "Answer in ```json fences``` please", Structure::kNone},
    {"a fenced sentence", "```This is too long to be a language```", Structure::kNone},
    {"span of a call", "What does `os.path.join(a)` do?", Structure::kFence},
    {"span of a word", "Answer with `yes` or `no`.", Structure::kNone},
    {"formulas", "```latex\na+b\n```", Structure::kMathNotation},
};

constexpr Case kCode[] = {
    {"c", "fix this\nint main(void) {\n  int x = f(1);\n  return x + g();\n}\n",
     Structure::kCodeDensity},
    {"python",
     "def f(x):\n    y = g(x)\n    for i in range(y):\n        print(i, y)\n    return y\n",
     Structure::kCodeDensity},
    {"javascript", "const a = b.map(x => x + 1);\nconst c = await f(a);\nexport default c;",
     Structure::kCodeDensity},
    {"one line", "why: for(int i=0;i<n;i++){a[i]=b[i]+f(i);}", Structure::kCodeDensity},
    {"html",
     "<div class=\"a\">\n  <p id=\"b\">x</p>\n  <p id=\"c\">y</p>\n  <a href=\"d\">z</a>\n</div>",
     Structure::kCodeDensity},
    {"json", "{\n  \"a\": {\"b\": [1, 2]},\n  \"c\": \"d (e)\",\n  \"f\": [3]\n}\n",
     Structure::kNone},
    {"compact json", "[{\"text\":\"Visma\",\"at\":[[20,732],[20,709]]},{\"text\":\"x\"}]",
     Structure::kNone},
    {"markup of a prompt", "<context>\nThe sea is wide.\n</context>\n<question>\nWhy?\n</question>",
     Structure::kNone},
    {"list", "- milk (two bottles)\n- bread;\n- butter;\n- salt & pepper;\n", Structure::kNone},
    {"markdown table", "| a | b |\n|---|---|\n| 1 | 2 |\n", Structure::kNone},
    {"emphasis", "**Role:** you are _kind_.\n**Task:** answer (briefly).", Structure::kNone},
    {"plurals", "Name the file(s):\nand the class(es):\nand the word(s):", Structure::kNone},
    {"prices", "It costs $5 to $10; shipping is $3.", Structure::kNone},
    {"smileys", "hello :) how are you (:", Structure::kNone},
};

constexpr Case kMath[] = {
    {"latex", "Compute $\\frac{1}{2} + x$.", Structure::kMathNotation},
    {"display", "$$x+y=1$$ holds", Structure::kMathNotation},
    {"dollars", "Let $n$ be even and $m$ odd.", Structure::kMathNotation},
    {"parentheses", "Let \\(a+b\\) and \\(c\\) be given.", Structure::kMathNotation},
    {"symbols", "∀x∈ℝ: x ≤ 1", Structure::kMathNotation},
    {"powers", "Solve x^2 + y^2 = 25.", Structure::kMathNotation},
    {"prices", "I paid $5 and $10, then $20.", Structure::kNone},
    {"shell variables", "What is $HOME/$USER and $PATH?", Structure::kNone},
    {"windows path", "see C:\\path\\to\\file and D:\\in\\log", Structure::kNone},
    {"one power", "area in m^2", Structure::kNone},
};

class TextStructure : public ::testing::Test {
 protected:
  template <std::size_t N>
  static void Expect(const Case (&cases)[N]) {
    for (const Case& c : cases) {
      EXPECT_EQ(static_cast<int>(Of(c.text)), static_cast<int>(c.expected)) << c.name;
    }
  }
};

TEST_F(TextStructure, patches) { Expect(kPatches); }
TEST_F(TextStructure, traces) { Expect(kTraces); }
TEST_F(TextStructure, fences) { Expect(kFences); }
TEST_F(TextStructure, code_density) { Expect(kCode); }
TEST_F(TextStructure, mathematics) { Expect(kMath); }

TEST_F(TextStructure, carriage_returns_change_nothing) {
  for (const Case& c : kCode) {
    std::string text;
    for (const char ch : c.text) text += ch == '\n' ? std::string("\r\n") : std::string(1, ch);
    EXPECT_EQ(static_cast<int>(Of(text)), static_cast<int>(c.expected)) << c.name;
  }
}

TEST_F(TextStructure, reads_no_more_than_its_budget) {
  const std::string text(100'000, ';');
  for (const std::size_t budget : {0u, 1u, 10u, 4095u, 4096u, 6144u, 100'000u}) {
    TextShape shape;
    const std::size_t read = AddShape(text, budget, shape);
    EXPECT_LE(read, budget);
    EXPECT_LE(read, 8190u);
    EXPECT_EQ(static_cast<std::size_t>(shape.bytes), read);
    EXPECT_EQ(static_cast<std::size_t>(shape.code_characters), read);
  }
}

TEST_F(TextStructure, any_bytes_are_read_without_harm) {
  std::string text;
  std::uint32_t state = 1;
  for (int i = 0; i < 200'000; ++i) {
    state = state * 1664525u + 1013904223u;
    constexpr std::string_view kAwkward = "`$\\\n({[\"'^:;=#@*-~\xE2\x88 at0";
    text += kAwkward[(state >> 16) % kAwkward.size()];
  }
  for (std::size_t begin = 0; begin + 512 < text.size(); begin += 97) {
    Of(std::string_view(text).substr(begin, 1 + begin % 512));
  }
}

}  // namespace
}  // namespace headgate::routing
