#include "routing/training/composer.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "routing/training/random.h"

namespace headgate::routing {
namespace {

using config::Concat;
using config::Lowered;
using std::string_view;

std::vector<string_view> Split(string_view text, char at) {
  std::vector<string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(config::Trim(text.substr(0, end)));
    if (end == string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string WithSingleBlanks(string_view text) {
  std::string out;
  for (const char c : config::Trim(text)) {
    if (c != ' ' || out.back() != ' ') out += c;
  }
  return out;
}

// Gives the items in turn, shuffled before each round.
class Wheel {
 public:
  void Add(string_view item) { items_.emplace_back(item); }
  bool empty() const { return items_.empty(); }
  string_view Next(Random& random) {
    if (at_ == 0) random.Shuffle(items_);
    const string_view item = items_[at_];
    at_ = (at_ + 1) % items_.size();
    return item;
  }

 private:
  std::vector<string_view> items_;
  std::size_t at_ = 0;
};

struct Group {
  string_view topic;
  int count = 0;
  Wheel forms;
};

bool Reads(string_view text, int& number) {
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end;
}

class Composer {
 public:
  explicit Composer(std::uint64_t seed) : random_(seed) {}

  absl::Status Read(string_view forms) {
    Wheel* list = nullptr;
    Group* group = nullptr;
    int number = 0;
    for (const string_view line : Split(forms, '\n')) {
      ++number;
      if (line.empty() || line.front() == '#') continue;
      if (line.front() == '[' && line.back() == ']') {
        list = &lists_[line.substr(1, line.size() - 2)];
        group = nullptr;
      } else if (line.front() == '=') {
        const std::vector<string_view> words = Split(line, ' ');
        groups_.emplace_back();
        group = &groups_.back();
        if (words.size() != 3 || !Reads(words[2], group->count)) {
          return absl::InvalidArgumentError(Concat("line ", number, ": is not `= topic count`"));
        }
        group->topic = words[1];
      } else if (group != nullptr) {
        group->forms.Add(line);
      } else if (list != nullptr) {
        for (const string_view item : Split(line, ';')) list->Add(item);
      } else {
        return absl::InvalidArgumentError(
            Concat("line ", number, ": has no list or topic above it"));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<Example>> Compose() {
    std::vector<Example> examples;
    for (Group& group : groups_) {
      if (group.forms.empty()) continue;
      for (int i = 0; i < group.count; ++i) {
        std::string text;
        if (absl::Status status = Expand(group.forms.Next(random_), 0, text); !status.ok()) {
          return status;
        }
        examples.push_back({AsPeopleWrite(WithSingleBlanks(text)), std::string(group.topic),
                            Concat("own-", group.topic)});
      }
    }
    return examples;
  }

 private:
  absl::Status Expand(string_view form, int depth, std::string& out) {
    constexpr int kDeepest = 6;
    while (!form.empty()) {
      const std::size_t open = form.find('{');
      out += form.substr(0, open);
      if (open == string_view::npos) break;
      const std::size_t close = form.find('}', open);
      const string_view name = form.substr(open + 1, close - open - 1);
      const auto list = lists_.find(name);
      if (close == string_view::npos || list == lists_.end() || list->second.empty()) {
        return absl::InvalidArgumentError(Concat("there is no list {", name, "}"));
      }
      if (depth == kDeepest) {
        return absl::InvalidArgumentError(Concat("the list {", name, "} contains itself"));
      }
      absl::Status status = Expand(list->second.Next(random_), depth + 1, out);
      if (!status.ok()) return status;
      form.remove_prefix(close + 1);
    }
    return absl::OkStatus();
  }

  std::string AsPeopleWrite(std::string text) {
    if (random_.Below(10) < 3) std::transform(text.begin(), text.end(), text.begin(), Lowered);
    if (random_.Below(10) < 3) {
      while (!text.empty() && (text.back() == '.' || text.back() == '?')) text.pop_back();
    }
    return text;
  }

  Random random_;
  std::map<string_view, Wheel> lists_;
  std::vector<Group> groups_;
};

}  // namespace

absl::StatusOr<std::vector<Example>> ComposePrompts(string_view forms, std::uint64_t seed) {
  Composer composer(seed);
  if (absl::Status status = composer.Read(forms); !status.ok()) return status;
  return composer.Compose();
}

}  // namespace headgate::routing
