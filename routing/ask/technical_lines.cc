#include "routing/ask/technical_lines.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "routing/text/ascii.h"

namespace headgate::routing {
namespace {

using std::string_view;

constexpr std::size_t kRead = 256;

template <std::size_t N>
bool IsAmong(const std::array<string_view, N>& words, string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// The first word, up to a blank.
string_view FirstWord(string_view line) { return line.substr(0, line.find(' ')); }

// `08:14:02` within the first bytes.
bool HasTime(string_view line) {
  constexpr std::size_t kWithin = 32;
  constexpr string_view kTime = "00:00:00";
  const string_view head = line.substr(0, kWithin);
  for (std::size_t at = head.find(':'); at != string_view::npos; at = head.find(':', at + 1)) {
    if (at < 2 || at + 6 > head.size()) continue;
    const string_view time = head.substr(at - 2, kTime.size());
    if (std::equal(time.begin(), time.end(), kTime.begin(),
                   [](char c, char like) { return like == '0' ? IsDigit(c) : c == like; })) {
      return true;
    }
  }
  return false;
}

// `error: `, `ERROR[12]`, `[warn] `, `npm ERR! `, `INFO started`. People write `Note: ` and `info:
// ` too.
bool HasSeverity(string_view line) {
  constexpr std::size_t kShortestSeverity = 5;
  constexpr string_view kInitials = "EWFIDewf";
  constexpr std::array<string_view, 6> kSmall = {"error", "warning", "warn",
                                                 "fatal", "Error",   "Fatal"};
  constexpr std::array<string_view, 6> kCapitals = {"ERROR", "WARNING", "WARN",
                                                    "FATAL", "INFO",    "DEBUG"};
  if (line.starts_with("npm ERR!")) return true;
  if (line[0] == '[') line.remove_prefix(1);
  if (line.size() < kShortestSeverity || kInitials.find(line[0]) == string_view::npos) return false;
  std::size_t end = 0;
  while (end < line.size() && IsLetter(line[end])) ++end;
  if (end == line.size()) return false;
  const string_view word = line.substr(0, end);
  const char next = line[end];
  const bool marked = next == ':' || next == '[' || next == ']';
  if (IsAmong(kCapitals, word)) return marked || next == ' ';
  return marked && IsAmong(kSmall, word);
}

// How many words are `key=value`, and how many there are.
struct Pairs {
  int pairs = 0;
  int words = 0;
};
Pairs CountPairs(string_view line) {
  Pairs counts;
  bool in_key = true;
  bool in_word = false;
  char before = ' ';
  for (const char c : line.substr(0, kRead)) {
    if (c == ' ') {
      in_word = false;
    } else if (!in_word) {
      in_word = in_key = true;
      ++counts.words;
    } else if (in_key && c == '=' && IsWord(before)) {
      ++counts.pairs;
      in_key = false;
    }
    before = c;
  }
  return counts;
}

// `src/a.c:3`, `a.c: In function`
bool BeginsWithFile(string_view line) {
  const std::size_t colon = line.substr(0, kRead).find(':');
  if (colon == string_view::npos || colon + 1 == line.size()) return false;
  const string_view name = line.substr(0, colon);
  const string_view rest = line.substr(colon + 1);
  return name.find('.') != string_view::npos && (IsDigit(rest[0]) || rest.starts_with(" In ")) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return IsWord(c) || c == '.' || c == '/' || c == '\\' || c == '-' || c == '+';
         });
}

// `3 |  x`, `| ^^^`, `--> a.rs:3:1`
bool IsQuotedSource(string_view line) {
  if (line.starts_with("--> ") || line.starts_with("^~") || line.starts_with("^^")) return true;
  if (line == "|" || line.starts_with("|  ")) return true;  // `| a` is a table's
  std::size_t at = 0;
  while (at < line.size() && IsDigit(line[at])) ++at;
  return at > 0 && line.substr(at).starts_with(" |");
}

bool IsPrompt(string_view line) {
  if (line.starts_with("$ ") || line.starts_with("% ") || line.starts_with("PS C:")) return true;
  constexpr std::size_t kLongestPrompt = 64;
  const string_view head = line.substr(0, kLongestPrompt);
  if (head.find('@') == string_view::npos) return false;
  const string_view word = FirstWord(head);
  return (word.back() == '$' || word.back() == '#') && word.find('@') != string_view::npos;
}

}  // namespace

bool IsLogLine(string_view line) {
  constexpr std::size_t kStamp = 28;
  constexpr int kDigits = 8;
  constexpr int kFewPairs = 2;
  if (IsDigit(line[0]) || line[0] == '[') {
    const string_view stamp = line.substr(0, kStamp);
    if (std::count_if(stamp.begin(), stamp.end(), IsDigit) >= kDigits) return true;
  }
  if (HasTime(line) || HasSeverity(line)) return true;
  if (line.substr(0, kRead).find('=') == string_view::npos) return false;
  const Pairs counts = CountPairs(line);
  return counts.pairs >= kFewPairs && 2 * counts.pairs >= counts.words;
}

bool IsConsoleLine(string_view line) {
  if (IsQuotedSource(line) || IsPrompt(line) || BeginsWithFile(line)) return true;
  return line.starts_with("make") && Contains(line.substr(0, kRead), ": ***");
}

bool IsSqlLine(string_view line) {
  constexpr std::array<string_view, 8> kVerbs = {"INSERT", "UPDATE", "DELETE", "CREATE",
                                                 "ALTER",  "VALUES", "WITH",   "DROP"};
  constexpr std::array<string_view, 15> kClauses = {"SELECT", "FROM",  "WHERE", "JOIN",  "LEFT",
                                                    "RIGHT",  "INNER", "OUTER", "FULL",  "CROSS",
                                                    "GROUP",  "ORDER", "SET",   "LIMIT", "HAVING"};
  constexpr int kFewWords = 4;
  if (line.size() < 3 || line[0] < 'A' || line[0] > 'Z' || line[1] < 'A' || line[1] > 'Z')
    return false;
  const string_view word = FirstWord(line.substr(0, 8));
  const bool clause = IsAmong(kClauses, word);
  if (word.size() == line.size() || (!clause && !IsAmong(kVerbs, word))) return false;
  line = line.substr(0, kRead);
  if (line.find_first_of("=(*;_") != string_view::npos) return true;
  return clause && std::count(line.begin(), line.end(), ' ') < kFewWords;
}

bool IsCommandLine(string_view line) {
  constexpr std::array<string_view, 34> kCommands = {
      "apt",    "awk",    "brew", "cat",  "cd",   "chmod",   "chown",  "cp",      "curl",
      "docker", "export", "git",  "grep", "helm", "kubectl", "ls",     "make",    "mkdir",
      "mv",     "node",   "npm",  "npx",  "pip",  "pip3",    "python", "python3", "rm",
      "scp",    "sed",    "ssh",  "sudo", "tar",  "wget",    "yarn"};
  static_assert(std::is_sorted(kCommands.begin(), kCommands.end()));
  constexpr std::size_t kLongestCommand = 7;
  constexpr int kShare = 4;
  line = line.substr(0, kRead);
  if (line[0] < 'a' || line[0] > 'z' || line.back() == '?' || line.back() == '.') return false;
  const string_view command = FirstWord(line.substr(0, kLongestCommand + 1));
  if (!std::binary_search(kCommands.begin(), kCommands.end(), command)) return false;
  if (line.starts_with("sudo ")) return true;
  int words = 0;
  int marked = 0;  // flags, paths, variables, pipes
  char before = ' ';
  bool counted = false;
  for (const char c : line) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    if (before == ' ') {
      ++words;
      counted = false;
    }
    const bool mark = c == '/' || c == '$' || c == '=' || c == '|' || c == '*' || c == '~' ||
                      (c == '-' && before == ' ');
    if (mark && !counted) {
      ++marked;
      counted = true;
    }
    before = c;
  }
  return kShare * marked >= words;
}

LabelledLine LabelOf(string_view line) {
  constexpr std::size_t kLongestLabel = 40;
  constexpr string_view kWide = "：";
  constexpr int kMostWords = 3;
  while (!line.empty() && (line[0] == '#' || line[0] == '*' || line[0] == '-' || line[0] == ' ')) {
    line.remove_prefix(1);
  }
  const string_view head = line.substr(0, kLongestLabel);
  std::size_t end = head.find(':');
  std::size_t size = 1;
  if (const std::size_t wide = head.find(kWide); wide < end) {
    end = wide;
    size = kWide.size();
  }
  if (end == string_view::npos || end == 0) return {};
  const string_view behind = line.substr(end + size);
  if (size == 1 && !behind.empty() && IsWord(behind[0])) return {};
  if (behind.starts_with("//") || behind.starts_with(":") || behind.starts_with("\\")) return {};
  const string_view label = head.substr(0, end);
  const bool letter = IsLetter(label[0]) || static_cast<unsigned char>(label[0]) >= 0x80;
  if (!letter || label.find_first_of(".,;!?<>=\"`[]{}|") != string_view::npos) return {};
  if (std::count(label.begin(), label.end(), ' ') >= kMostWords) return {};
  const std::size_t first = behind.find_first_not_of(" \t*");
  return {label, first == string_view::npos ? string_view{} : behind.substr(first)};
}

AskName NamesAsk(string_view name) {
  constexpr std::array<string_view, 8> kAsks = {"question",    "query",        "task", "request",
                                                "instruction", "instructions", "ask",  "q"};
  constexpr std::array<string_view, 3> kMaybe = {"input", "prompt", "message"};
  constexpr std::array<string_view, 6> kOthers = {"system",   "previous", "example",
                                                  "examples", "history",  "chat"};
  AskName found = AskName::kNo;
  bool users = false;
  while (!name.empty()) {
    std::size_t end = 0;
    while (end < name.size() && IsLetter(name[end])) ++end;
    const string_view word = name.substr(0, end);
    const auto is = [&](string_view one) { return EqualsIgnoringCase(one, word); };
    if (std::any_of(kOthers.begin(), kOthers.end(), is)) return AskName::kNo;
    users |= is("user");
    if (std::any_of(kAsks.begin(), kAsks.end(), is)) found = AskName::kYes;
    if (std::any_of(kMaybe.begin(), kMaybe.end(), is)) found = std::max(found, AskName::kMaybe);
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return users && found == AskName::kMaybe ? AskName::kYes : found;
}

bool MayAsk(string_view paragraph) {
  constexpr std::size_t kShortest = 12;  // bytes
  constexpr std::size_t kLongest = 400;
  constexpr int kFewLines = 3;
  if (paragraph.size() < kShortest || paragraph.size() > kLongest) return false;
  const char first = paragraph[0];
  if (first == '-' || first == '*' || first == '#' || IsDigit(first)) return false;
  return std::count(paragraph.begin(), paragraph.end(), '\n') < kFewLines &&
         LabelOf(paragraph.substr(0, paragraph.find('\n'))).label.empty();
}

bool IsTechnicalLine(string_view line) {
  if (static_cast<unsigned char>(line[0]) >= 0x80) return false;
  return IsLogLine(line) || IsConsoleLine(line) || IsSqlLine(line) || IsCommandLine(line);
}

bool IsSeparator(string_view line) {
  return line.size() >= 3 && line.find_first_not_of("-=*_~# ") == string_view::npos;
}

}  // namespace headgate::routing
