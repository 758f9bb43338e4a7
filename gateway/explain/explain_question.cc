#include "gateway/explain/explain_question.h"

#include <algorithm>
#include <array>

#include "backends/protocols/json/cursor.h"
#include "backends/protocols/json/structural_index.h"
#include "backends/protocols/request_reader.h"
#include "config/base/text.h"
#include "config/reader/timestamp.h"

namespace headgate::gateway {
namespace {

using backends::json::JsonCursor;
using backends::json::StringArena;
using backends::json::StructuralIndex;
using config::Concat;

constexpr std::string_view kUsage =
    R"(send {"id": "req_…"} of the access log, or {"request": {…}, "endpoint": "chat", )"
    R"("headers": {"name": "value"}, "key": "name", "time": "2026-11-24T09:30:00+01:00", )"
    R"("verbose": true}, )"
    R"(of which only request is needed)";

class QuestionReader {
 public:
  QuestionReader(JsonCursor& cursor, QuestionRead& out) : cursor_(cursor), out_(out) {}

  bool Read() {
    if (cursor_.Peek() != '{') return Refuse("the body is not a JSON object");
    const bool good = cursor_.TakeObject([this](std::string_view name) { return Member(name); });
    if (!good) return false;
    if (!cursor_.AtEnd()) return cursor_.Fail("something follows the object");
    if (Said("id") == Said("request")) {
      return Refuse(Said("id") ? "send either id or request, not both" : "`request` is missing");
    }
    if (Said("id") && seen_.size() > 1) return Refuse("`id` does not go with other members");
    return true;
  }
  ExplainQuestion& question() { return question_; }

 private:
  struct Reader {
    std::string_view name;
    bool (QuestionReader::*read)();
  };

  bool Member(std::string_view name) {
    static constexpr std::array<Reader, 7> kMembers = {{{"id", &QuestionReader::ReadId},
                                                        {"request", &QuestionReader::ReadRequest},
                                                        {"endpoint", &QuestionReader::ReadEndpoint},
                                                        {"headers", &QuestionReader::ReadHeaders},
                                                        {"key", &QuestionReader::ReadKey},
                                                        {"time", &QuestionReader::ReadTime},
                                                        {"verbose", &QuestionReader::ReadVerbose}}};
    const auto member = std::find_if(kMembers.begin(), kMembers.end(),
                                     [&](const Reader& reader) { return reader.name == name; });
    if (member == kMembers.end()) return Refuse(Concat("`", name, "` is unknown"));
    if (Said(name)) return Refuse(Concat("`", name, "` occurs twice"));
    seen_.emplace_back(name);
    return (this->*member->read)();
  }
  bool Said(std::string_view name) const {
    return std::find(seen_.begin(), seen_.end(), name) != seen_.end();
  }

  bool ReadText(std::string_view name, std::string& text) {
    if (cursor_.Peek() != '"') return Refuse(Concat(name, " is not a string"));
    std::string_view view;
    if (!cursor_.TakeString(view)) return false;
    text = view;
    return true;
  }

  bool ReadId() {
    if (!ReadText("id", question_.id)) return false;
    return !question_.id.empty() || Refuse("id is empty");
  }

  // The text is unchanged, so the reader of requests finds errors inside, such as a member that
  // occurs twice.
  bool ReadRequest() {
    if (cursor_.Peek() != '{') return Refuse("request is not an object");
    const std::size_t begin = cursor_.offset();
    if (!cursor_.SkipValue()) return false;
    question_.dry_run.body = cursor_.text().substr(begin, cursor_.taken_end() - begin);
    return true;
  }

  bool ReadEndpoint() {
    std::string name;
    if (!ReadText("endpoint", name)) return false;
    const std::optional<routing::Endpoint> endpoint = EndpointNamed(name);
    if (!endpoint) return Refuse("endpoint must be one of " + EndpointNames());
    question_.dry_run.endpoint = *endpoint;
    return true;
  }

  bool ReadHeaders() {
    if (cursor_.Peek() != '{') return Refuse("headers is not an object");
    auto& headers = question_.dry_run.headers;
    return cursor_.TakeObject([&](std::string_view written) {
      const std::string name = config::Lower(written);
      const bool twice = std::any_of(headers.begin(), headers.end(),
                                     [&](const auto& header) { return header.first == name; });
      if (twice) return Refuse(Concat("the header ", name, " occurs twice"));
      headers.emplace_back(name, "");
      return ReadText("a header", headers.back().second);
    });
  }

  bool ReadKey() { return ReadText("key", question_.dry_run.key); }

  bool ReadTime() {
    std::string text;
    if (!ReadText("time", text)) return false;
    const config::Parsed<std::int64_t> seconds = config::ParseTimestamp(text);
    if (!seconds.value) {
      return Refuse(Concat("time ", seconds.complaint.problem, "; ", seconds.complaint.fix));
    }
    question_.dry_run.unix_seconds = *seconds.value;
    question_.stated_time = true;
    return true;
  }

  bool ReadVerbose() {
    const char first = cursor_.Peek();
    if (first != 't' && first != 'f') return Refuse("verbose is neither true nor false");
    question_.verbose = first == 't';
    return cursor_.SkipValue();
  }

  bool Refuse(const std::string& why) {
    out_.error = Concat(why, "; ", kUsage);
    return false;
  }

  JsonCursor& cursor_;
  QuestionRead& out_;
  ExplainQuestion question_;
  std::vector<std::string> seen_;
};

}  // namespace

QuestionRead ReadQuestion(std::string_view json) {
  QuestionRead read;
  std::string text(json);
  text.append(backends::RequestReader::kPadding, ' ');
  StructuralIndex index;
  if (index.Build(text.data(), json.size()) != StructuralIndex::Fault::kNone) {
    read.error = Concat("this is not JSON; ", kUsage);
    return read;
  }
  StringArena strings;
  strings.Reset(json.size());
  JsonCursor cursor({text.data(), json.size()}, index.tokens(), strings);
  QuestionReader reader(cursor, read);
  if (reader.Read()) {
    read.question = std::move(reader.question());
  } else if (cursor.fault().what != nullptr) {
    read.error = Concat("this is not JSON at byte ", cursor.fault().offset, ": ",
                        cursor.fault().what, "; ", kUsage);
  }
  return read;
}

}  // namespace headgate::gateway
