#include "backends/protocols/errors/error_words.h"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "backends/protocols/errors/error_members.h"
#include "backends/protocols/json/clean_text.h"

namespace headgate::backends {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestMessage = ErrorWords::kLongestMessage;
constexpr std::size_t kLongestWord = 256;  // of a type, code or param
constexpr int kDeepest = 8;                // containers around the words
constexpr std::size_t kMostElements = 4;   // of a list of complaints

// Every visited object adds its type and code, and the innermost object that has them names the
// error. The meaning is learned from all of them.
class Reader {
 public:
  ErrorWords Read(dom::element root) {
    words_.message = TextOf(root, 0);
    // The words of a validator concern one field, and so does its type: it is used last.
    if (words_.type.empty()) words_.type = item_type_;
    if (words_.param.empty()) words_.param = item_field_;
    return std::move(words_);
  }

 private:
  using Members = std::array<std::optional<dom::element>, kMemberCount>;

  static std::string Text(dom::element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS || json::LooksLikePage(text)) return {};
    return json::CleanText(text, kLongestMessage);
  }

  static std::string Word(const std::optional<dom::element>& value) {
    std::string_view text;
    if (!value || value->get(text) != simdjson::SUCCESS) return {};
    return json::CleanText(text, kLongestWord);
  }

  // Returns the words in `value`, empty if there are none.
  std::string TextOf(dom::element value, int depth) {
    dom::object object;
    dom::array array;
    if (depth > kDeepest) return {};
    if (value.get(object) == simdjson::SUCCESS) return TextOfObject(object, depth);
    if (value.get(array) == simdjson::SUCCESS) return TextOfArray(array, depth);
    return Text(value);
  }

  static void Append(std::string_view separator, std::string_view text, std::string& out) {
    if (text.empty() || out.size() > kLongestMessage) return;
    if (!out.empty()) out += separator;
    out += text;
  }

  std::string TextOfArray(dom::array array, int depth) {
    std::string all;
    std::size_t left = kMostElements;
    for (const dom::element element : array) {
      if (left-- == 0) break;
      Append("; ", TextOf(element, depth + 1), all);
    }
    return all;
  }

  // ASP.NET's `errors`: complaints by the name of a field.
  std::string TextOfFields(dom::object fields, int depth) {
    std::string all;
    std::size_t left = kMostElements;
    for (const dom::key_value_pair field : fields) {
      if (left-- == 0) break;
      const std::string text = TextOf(field.value, depth + 1);
      if (text.empty()) continue;
      if (item_field_.empty()) item_field_ = json::CleanText(field.key, kLongestWord);
      Append("; ", json::CleanText(field.key, kLongestWord) + ": " + text, all);
    }
    return all;
  }

  std::string TextOfObject(dom::object object, int depth) {
    Members members;
    for (const dom::key_value_pair field : object) {
      const std::optional<Member> member = MemberOf(field.key);
      if (!member || members[*member]) continue;
      if (field.key == "base_resp" && !TakeMiniMaxCode(field.value)) continue;
      members[*member] = field.value;
    }
    if (members[kError] && members[kError]->is_string()) {
      members[kErrorText] = std::exchange(members[kError], std::nullopt);
    }
    std::string text = Words(members, depth);
    if (members[kLocation]) {
      text = WithLocation(*members[kLocation], Word(members[kType]), std::move(text));
    } else {
      TakeNames(members);
    }
    return text;
  }

  std::string Words(const Members& members, int depth) {
    std::string text;
    bool about_title = false;
    for (const Member member :
         {kError, kMessage, kDescription, kDetail, kErrors, kErrorText, kReason}) {
      if (!members[member] || !text.empty()) continue;
      dom::object fields;
      if (member == kErrors && members[member]->get(fields) == simdjson::SUCCESS) {
        text = TextOfFields(fields, depth + 1);
      } else {
        text = TextOf(*members[member], depth + 1);
      }
      about_title = member == kDetail || member == kErrors;
    }
    if (members[kChoices] && text.empty()) text = TextOfChoices(*members[kChoices], depth + 1);
    if (members[kTitle] && (text.empty() || about_title)) {
      std::string title = Text(*members[kTitle]);
      if (title != text) Append(": ", text, title);
      text = std::move(title);
    }
    if (members[kMetadata]) Append(": ", RawOf(*members[kMetadata]), text);
    return text;
  }

  std::string TextOfChoices(dom::element choices, int depth) {
    dom::array array;
    if (choices.get(array) != simdjson::SUCCESS) return {};
    for (const dom::element choice : array) {
      dom::element error;
      if (choice["error"].get(error) != simdjson::SUCCESS) continue;
      std::string text = TextOf(error, depth + 1);
      if (!text.empty()) return text;
    }
    return {};
  }

  static std::string RawOf(dom::element metadata) {
    dom::element raw;
    return metadata["raw"].get(raw) == simdjson::SUCCESS ? Text(raw) : std::string();
  }

  // "body.messages.0.role: field required", and the field as the `param`.
  std::string WithLocation(dom::element location, std::string type, std::string text) {
    std::string place;
    std::string field;
    dom::array steps;
    if (location.get(steps) == simdjson::SUCCESS) {
      for (const dom::element step : steps) {
        std::string_view name;
        std::int64_t index = 0;
        std::string word;
        if (step.get(name) == simdjson::SUCCESS) word = json::CleanText(name, kLongestWord);
        if (step.get(index) == simdjson::SUCCESS) word = std::to_string(index);
        const bool part = place.empty() && (word == "body" || word == "query" || word == "header");
        if (place.size() > kLongestWord) break;
        Append(".", word, place);
        if (!part) Append(".", word, field);
      }
    } else {
      place = field = Text(location);
    }
    if (item_field_.empty()) item_field_ = json::CleanText(field, kLongestWord);
    if (item_type_.empty()) item_type_ = std::move(type);
    if (text.empty() || place.empty()) return text;
    return place + ": " + text;
  }

  // "error" and the beginning of a Java class name carry no meaning.
  void TakeNames(const Members& members) {
    std::string type = Word(members[kType]);
    if (const std::size_t sharp = type.find('#');
        sharp != std::string::npos && type.find('/') == std::string::npos) {
      type.erase(0, sharp + 1);  // "com.amazonaws.bedrock#ValidationException"
    }
    if (type == "error" || type == "about:blank") type.clear();
    std::string code = Word(members[kCode]);
    const std::string status = Word(members[kStatusWord]);
    if (code.empty() && !status.empty() && status[0] > '9') code = status;
    // A code says more than a type.
    for (const std::string_view name : {std::string_view(code), std::string_view(type)}) {
      LearnFromCode(name, words_.kinds);
    }
    if (words_.type.empty()) words_.type = std::move(type);
    if (words_.code.empty()) words_.code = std::move(code);
    if (words_.param.empty()) words_.param = Word(members[kParam]);
    TakeStatus(members[kCode]);
    TakeStatus(members[kStatusWord]);
    LearnFromDetails(members);
  }

  // Learns from the codes beside the words.
  void LearnFromDetails(const Members& members) {
    dom::element code_within;
    dom::element details_code;
    dom::array details;
    // Anthropic's code is beside the words, where it tells errors of one type apart: its SDKs call
    // it error_code (2026-11).
    if (members[kDetail] &&
        (*members[kDetail])["error_code"].get(details_code) == simdjson::SUCCESS) {
      LearnFromCode(Word(details_code), words_.kinds);
      if (words_.code.empty()) words_.code = Word(details_code);
    }
    // Tells which text was refused, as OpenRouter says with its 403 (openrouter.ai/docs, Errors,
    // 2025).
    if (members[kMetadata] && (*members[kMetadata])["flagged_input"].error() == simdjson::SUCCESS) {
      words_.kinds.content_policy = true;
    }
    if (members[kInner] && (*members[kInner])["code"].get(code_within) == simdjson::SUCCESS) {
      LearnFromCode(Word(code_within), words_.kinds);
    }
    if (!members[kDetail] || members[kDetail]->get(details) != simdjson::SUCCESS) return;
    for (const dom::element detail : details) {  // Google: BILLING_DISABLED, RetryInfo
      words_.says_when |= detail["retryDelay"].error() == simdjson::SUCCESS;
      if (detail["reason"].get(code_within) != simdjson::SUCCESS) continue;
      LearnFromCode(Word(code_within), words_.kinds);
    }
  }

  // Returns false without a code or if it is 0: MiniMax puts `base_resp` into successful answers
  // too.
  bool TakeMiniMaxCode(dom::element base) {
    std::int64_t code = 0;
    if (base["status_code"].get(code) != simdjson::SUCCESS || code == 0) return false;
    const int status = LearnFromMiniMaxCode(code, words_.kinds);
    if (words_.status == 0) words_.status = status;
    return true;
  }

  // Takes a status that the error itself states, as a number or in digits.
  void TakeStatus(const std::optional<dom::element>& value) {
    std::int64_t number = 0;
    if (!value || words_.status != 0) return;
    if (value->get(number) != simdjson::SUCCESS) {
      const std::string word = Word(value);
      const char* const end = word.data() + word.size();
      if (std::from_chars(word.data(), end, number).ptr != end) return;
    }
    if (number >= 400 && number < 600) words_.status = static_cast<int>(number);
  }

  ErrorWords words_;
  std::string item_type_;   // of the first complaint that names a field
  std::string item_field_;  // the field
};

}  // namespace

ErrorWords ReadErrorWords(dom::element root) { return Reader().Read(root); }

}  // namespace headgate::backends
