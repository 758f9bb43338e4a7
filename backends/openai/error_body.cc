#include "backends/openai/error_body.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>

#include "backends/openai/clean_text.h"
#include "backends/openai/error_kinds.h"
#include "backends/openai/mend_json.h"

namespace headgate::backends::openai {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestBody = 64u << 10;
constexpr std::size_t kLongestMessage = 4u << 10;
constexpr std::size_t kLongestPlainText = 500;
constexpr std::size_t kLongestWord = 256;  // of a type, code or param
constexpr int kDeepest = 8;                // containers around the words
constexpr std::size_t kMostElements = 4;   // of a list of complaints

char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// What a member of an error object is for. Several names mean the same; case and underscores do not
// count. In the order in which the words are believed: a wrapper before what it stands beside.
enum Member : std::uint8_t {
  kError,        // an object or list: nearly everybody
  kMessage,      // text nearly everywhere; an object with `detail` at Mistral
  kDescription,  // OAuth, where `error` is a code
  kDetail,       // FastAPI: text, object or list; RFC 9457: text; Azure: a list
  kErrors,       // Cloudflare, watsonx: a list; ASP.NET: lists by the name of a field
  kErrorText,    // `error` as a text: TGI, Ollama's own protocol, xAI, Hugging Face
  kReason,
  kTitle,     // RFC 9457
  kMetadata,  // OpenRouter: `raw` has the words of the server behind it
  kInner,     // Azure: `innererror` with a code
  kLocation,  // FastAPI: which field
  kType,
  kCode,
  kStatusWord,  // a number; Google: "INVALID_ARGUMENT"
  kParam,
  kMemberCount,
};

struct MemberName {
  std::string_view name;
  Member member;
};

constexpr MemberName kMemberNames[] = {
    {"error", kError},
    {"fault", kError},
    {"message", kMessage},
    {"msg", kMessage},
    {"errormessage", kMessage},
    {"errormsg", kMessage},
    {"statusmsg", kMessage},
    {"faultstring", kMessage},
    {"errordescription", kDescription},
    {"description", kDescription},
    {"detail", kDetail},
    {"details", kDetail},
    {"errors", kErrors},
    {"reason", kReason},
    {"title", kTitle},
    {"metadata", kMetadata},
    {"innererror", kInner},
    {"loc", kLocation},
    {"type", kType},  // AWS: "__type"
    {"errortype", kType},
    {"code", kCode},
    {"errorcode", kCode},
    {"status", kStatusWord},
    {"statuscode", kStatusWord},
    {"param", kParam},
};

std::optional<Member> MemberOf(std::string_view key) {
  constexpr std::size_t kLongestKey = 24;
  if (key.size() > kLongestKey) return std::nullopt;
  std::string folded;
  for (const char c : key) {
    if (c != '_' && c != '-') folded += Lower(c);
  }
  for (const MemberName& one : kMemberNames) {
    if (folded == one.name) return one.member;
  }
  return std::nullopt;
}

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
    error_.exhausted_by_words = !kinds_.account_exhausted;
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
    if (value.get(text) != simdjson::SUCCESS || LooksLikeMarkup(text)) return {};
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
      if (member && !members[*member]) members[*member] = field.value;
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
    if (members[kTitle] && (text.empty() || about_title)) {
      std::string title = Text(*members[kTitle]);
      if (title != text) Append(": ", text, title);
      text = std::move(title);
    }
    if (members[kMetadata]) Append(": ", RawOf(*members[kMetadata]), text);
    return text;
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

// The document in a body: itself, or the data of a stream's first event.
std::string_view DocumentIn(std::string_view body) {
  body = WithoutLead(body);
  for (std::string_view rest = body; rest.starts_with("event:") || rest.starts_with("data:");) {
    const std::size_t end = rest.find('\n');
    if (rest.starts_with("data:")) return WithoutLead(rest.substr(5, end - 5));
    if (end == std::string_view::npos) break;
    rest = WithoutLead(rest.substr(end));
  }
  return body;
}

bool LooksLikeJson(std::string_view text) {
  return !text.empty() && (text[0] == '{' || text[0] == '[' || text[0] == '"');
}

}  // namespace

ErrorBody ReadErrorBody(int status, std::string_view body, bool markup) {
  thread_local dom::parser parser;
  ErrorBody error;
  Reader reader(status, error);
  const std::string_view text = DocumentIn(body.substr(0, kLongestBody));
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
  if (error.message.empty()) {
    error.message = status == 0 ? "an error without a message" : "HTTP " + std::to_string(status);
  }
  return error;
}

}  // namespace headgate::backends::openai
