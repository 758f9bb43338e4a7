#include "backends/protocols/errors/error_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "backends/protocols/errors/error_kinds.h"
#include "backends/protocols/errors/error_members.h"
#include "backends/protocols/json/clean_text.h"
#include "backends/protocols/json/mend_json.h"
#include "backends/protocols/sse/sse.h"

namespace headgate::backends::openai {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestBody = 64u << 10;
constexpr std::size_t kLongestMessage = 4u << 10;
constexpr std::size_t kLongestPlainText = 500;
constexpr std::size_t kLongestWord = 256;  // of a type, code or param
constexpr int kDeepest = 8;                // containers around the words
constexpr std::size_t kMostElements = 4;   // of a list of complaints

// Reads one error document. Every object that is visited adds its type and code, and the innermost
// that has one names it; what they mean is learned from all of them.
class Reader {
 public:
  Reader(int status, ErrorBody& error) : status_(status), error_(error) {}

  void Read(dom::element root) {
    std::string text = TextOf(root, 0);
    // The words of a validator are about one field, and so is its type: it comes last.
    if (error_.type.empty()) error_.type = item_type_;
    if (error_.param.empty()) error_.param = item_field_;
    TakeMessage(std::move(text));
  }

  void ReadPlain(std::string_view text) { TakeMessage(CleanText(text, kLongestPlainText)); }

  // What it means, once it is read.
  void Judge() {
    error_.status = status_ != 0 ? status_ : said_status_;
    LearnFromMessage(error_.status, error_.message, kinds_);
    LearnFromMessage(error_.status, error_.param, kinds_);
    error_.context_too_long = kinds_.context_too_long;
    error_.content_policy = kinds_.content_policy;
    const bool by_words = kinds_.exhausted_by_words && !says_when_;
    error_.account_exhausted = (kinds_.account_exhausted || by_words) && !kinds_.content_policy;
    error_.exhausted_by_words = by_words && !kinds_.account_exhausted;
    error_.costs_too_much = kinds_.costs_too_much;
    // A 5xx or 429 is about something else, whatever it quotes.
    const bool refusal = error_.status < 500 && error_.status != 429 && !kinds_.content_policy;
    error_.key_rejected = refusal && kinds_.key_rejected;
    error_.model_unknown = refusal && kinds_.model_unknown;
    error_.names_stream_options = kinds_.names_stream_options;
  }

 private:
  using Members = std::array<std::optional<dom::element>, kMemberCount>;

  void TakeMessage(std::string text) { error_.message = std::move(text); }

  static std::string Text(dom::element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS || LooksLikePage(text)) return {};
    return CleanText(text, kLongestMessage);
  }

  static std::string Word(const std::optional<dom::element>& value) {
    std::string_view text;
    if (!value || value->get(text) != simdjson::SUCCESS) return {};
    return CleanText(text, kLongestWord);
  }

  // The words in `value`, empty if there are none.
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
      if (item_field_.empty()) item_field_ = CleanText(field.key, kLongestWord);
      Append("; ", CleanText(field.key, kLongestWord) + ": " + text, all);
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
        if (step.get(name) == simdjson::SUCCESS) word = CleanText(name, kLongestWord);
        if (step.get(index) == simdjson::SUCCESS) word = std::to_string(index);
        const bool part = place.empty() && (word == "body" || word == "query" || word == "header");
        if (place.size() > kLongestWord) break;
        Append(".", word, place);
        if (!part) Append(".", word, field);
      }
    } else {
      place = field = Text(location);
    }
    if (item_field_.empty()) item_field_ = CleanText(field, kLongestWord);
    if (item_type_.empty()) item_type_ = std::move(type);
    if (text.empty() || place.empty()) return text;
    return place + ": " + text;
  }

  // "error" and the beginning of a Java class name say nothing.
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
    for (const std::string_view name : {std::string_view(type), std::string_view(code)}) {
      LearnFromCode(name, kinds_);
    }
    if (error_.type.empty()) error_.type = std::move(type);
    if (error_.code.empty()) error_.code = std::move(code);
    if (error_.param.empty()) error_.param = Word(members[kParam]);
    TakeStatus(members[kCode]);
    TakeStatus(members[kStatusWord]);
    LearnFromDetails(members);
  }

  // Codes that stand beside the words.
  void LearnFromDetails(const Members& members) {
    dom::element code_within;
    dom::array details;
    // Which text was refused, as OpenRouter says it with its 403 (openrouter.ai/docs, Errors,
    // 2025).
    if (members[kMetadata] && (*members[kMetadata])["flagged_input"].error() == simdjson::SUCCESS) {
      kinds_.content_policy = true;
    }
    if (members[kInner] && (*members[kInner])["code"].get(code_within) == simdjson::SUCCESS) {
      LearnFromCode(Word(code_within), kinds_);
    }
    if (!members[kDetail] || members[kDetail]->get(details) != simdjson::SUCCESS) return;
    for (const dom::element detail : details) {  // Google: BILLING_DISABLED, RetryInfo
      says_when_ |= detail["retryDelay"].error() == simdjson::SUCCESS;
      if (detail["reason"].get(code_within) != simdjson::SUCCESS) continue;
      LearnFromCode(Word(code_within), kinds_);
    }
  }

  // false: MiniMax puts `base_resp` into good answers too, with a code of 0.
  bool TakeMiniMaxCode(dom::element base) {
    std::int64_t code = 0;
    if (base["status_code"].get(code) != simdjson::SUCCESS || code == 0) return false;
    const int status = LearnFromMiniMaxCode(code, kinds_);
    if (said_status_ == 0) said_status_ = status;
    return true;
  }

  // A status that the error itself says, as a number or in digits.
  void TakeStatus(const std::optional<dom::element>& value) {
    std::int64_t number = 0;
    if (!value || said_status_ != 0) return;
    if (value->get(number) != simdjson::SUCCESS) {
      const std::string word = Word(value);
      const char* const end = word.data() + word.size();
      if (std::from_chars(word.data(), end, number).ptr != end) return;
    }
    if (number >= 400 && number < 600) said_status_ = static_cast<int>(number);
  }

  const int status_;
  int said_status_ = 0;
  ErrorBody& error_;
  ErrorKinds kinds_;
  bool says_when_ = false;  // to come back, beside its words
  std::string item_type_;   // of the first complaint that names a field
  std::string item_field_;  // the field
};

bool LooksLikeEvents(std::string_view text) {
  constexpr std::string_view kFields[] = {"data:", "event:", "id:", "retry:", ":"};
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](std::string_view field) { return text.starts_with(field); });
}

// The document in a body: itself, or the data of a stream's first event, which may lack its end;
// `data` holds them then.
std::string_view DocumentIn(std::string_view body, std::string& data) {
  body = WithoutLead(body);
  if (!LooksLikeEvents(body)) return body;
  const std::string text = std::string(body) + "\n\n";
  SseSplitter events(text.size());
  events.Add(text);
  std::string joined;
  while (const std::optional<SseSplitter::Block> block = events.Next()) {
    data = ReadSseEvent(*block, joined).data;
    if (!data.empty()) return WithoutLead(data);
  }
  // Nothing but comments has no words; "id: not found" are some.
  return body.starts_with(':') ? std::string_view() : body;
}

bool LooksLikeJson(std::string_view text) {
  return !text.empty() && (text[0] == '{' || text[0] == '[' || text[0] == '"');
}

}  // namespace

ErrorBody ReadErrorBody(int status, std::string_view body, bool markup) {
  thread_local dom::parser parser;
  ErrorBody error;
  Reader reader(status, error);
  std::string data;
  const std::string_view text = DocumentIn(body.substr(0, kLongestBody), data);
  if (LooksLikeJson(text)) {
    dom::element root;
    if (parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS) {
      reader.Read(root);
    } else {
      const std::string mended = MendJson(text);
      if (parser.parse(mended).get(root) == simdjson::SUCCESS) reader.Read(root);
    }
  } else if (!markup && !LooksLikeMarkup(text) && LooksLikeText(text)) {
    reader.ReadPlain(text);
  }
  error.message = CleanText(error.message, kLongestMessage);
  reader.Judge();
  error.has_words = !error.message.empty();
  if (error.message.empty()) {
    error.message = status == 0 ? "an error without a message" : "HTTP " + std::to_string(status);
  }
  return error;
}

bool HasErrorWords(std::string_view json) {
  return WithoutLead(json).starts_with('{') && ReadErrorBody(0, json).has_words;
}

bool IsErrorList(std::string_view json) {
  const std::string_view text = WithoutLead(json);
  return text.starts_with('[') && WithoutLead(text.substr(1)).starts_with('{') &&
         ReadErrorBody(0, json).has_words;
}

bool IsOpenAiError(std::string_view json) {
  thread_local dom::parser parser;
  dom::element root;
  std::string_view message;
  if (json.size() > kLongestBody || json.find_first_of("\r\n\\") != std::string_view::npos ||
      parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) {
    return false;
  }
  return root["error"]["message"].get(message) == simdjson::SUCCESS && !message.empty();
}

}  // namespace headgate::backends::openai
