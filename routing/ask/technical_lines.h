#pragma once

#include <cstdint>
#include <string_view>

namespace headgate::routing {

// Lines that a program writes or reads, told by their shape and by words that only programs use, in
// no language of people. All are pure, allocate nothing and read at most the first 256 bytes.
// REQUIRES of all: `line` has no blanks at either end and is not empty.

// A line of a log: a time or a level of severity at its beginning, or `key=value` pairs.
bool IsLogLine(std::string_view line);

// A line of a compiler, a package manager or a shell: `a.c: In function`, `a.c:3: note`,
// `3 |  x = 1`, `$ make`, `make: *** [all]`.
bool IsConsoleLine(std::string_view line);

// A line of SQL with its keyword in capitals, such as `LEFT JOIN orders o ON o.id = c.id`.
bool IsSqlLine(std::string_view line);

// A command with flags, paths or variables, such as `kubectl get pods -n prod`.
bool IsCommandLine(std::string_view line);

// Any of these.
bool IsTechnicalLine(std::string_view line);

// A line with a label of at most three words, such as `Subject: lunch`, `Anna: yes` or
// `- port: 80`. Empty: it has none. The label has neither marks of a list or heading nor its colon.
struct LabelledLine {
  std::string_view label;
  std::string_view rest;  // behind the colon, without blanks at either end
};
LabelledLine LabelOf(std::string_view line);

// Whether what follows `name`, a label or the name of a tag, is what is asked: `Question`,
// `user_query`, `Instruction`. Programs write these in English. kMaybe: `input`, `prompt`,
// `message`.
enum class AskName : std::uint8_t { kNo, kMaybe, kYes };
AskName NamesAsk(std::string_view name);

// Whether a paragraph is built like an ask: a few lines that do not begin with a mark of a list or
// heading, a number or a label.
bool MayAsk(std::string_view paragraph);

// A line of dashes, stars or the like alone, which parts what stands above and below it.
bool IsSeparator(std::string_view line);

}  // namespace headgate::routing
