#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::backends {
namespace {

// Writes random bodies, each with the body that must go upstream.
class BodyWriter {
 public:
  explicit BodyWriter(unsigned seed) : random_(seed) {}

  void Write() {
    body.clear();
    expected.clear();
    stream_ = Chance(2);
    priority.reset();
    if (Chance(2)) priority = Pick(3) * 10 - 10;
    const bool has_priority = Chance(2);
    const int options = stream_ || Chance(2) ? Pick(6) : 0;  // 0: none
    std::vector<std::function<void()>> members = {[&] { Model(); }, [&] { Messages(); }};
    if (stream_ || Chance(3)) members.push_back([&] { Stream(); });
    if (has_priority) members.push_back([&] { Priority(); });
    if (options > 0) members.push_back([&] { Options(options); });
    for (int i = Pick(5); i > 0; --i) members.push_back([&] { Unknown(); });
    std::shuffle(members.begin(), members.end(), random_);
    Space();
    Both("{");
    if (stream_ && options == 0) expected += R"("stream_options":{"include_usage":true},)";
    if (priority && !has_priority) expected += R"("priority":)" + std::to_string(*priority) + ",";
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i > 0) Both(",");
      Space();
      members[i]();
      Space();
    }
    Both("}");
    Space();
  }

  static constexpr std::string_view kUpstream = "Org/\"Upstream\" \xE2\x82\xAC";
  std::string body;
  std::string expected;
  std::optional<int> priority;  // of the backend

 private:
  int Pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool Chance(int n) { return Pick(n) == 0; }
  void Both(std::string_view text) {
    body += text;
    expected += text;
  }
  void Instead(std::string_view theirs, std::string_view ours) {
    body += theirs;
    expected += ours;
  }
  void Space() {
    for (int i = Pick(3); i > 0; --i) Both(std::string(1, " \t\r\n"[Pick(4)]));
  }
  // Quotes `text`, which has plain characters only, with some of them written as escapes.
  std::string Quoted(std::string_view text) {
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
      if (Chance(6)) {
        out += "\\u00";
        out += kHex[(c >> 4) & 15];
        out += kHex[c & 15];
      } else {
        out += c;
      }
    }
    return out + "\"";
  }
  void Key(std::string_view name) {
    Both(Quoted(name));
    Space();
    Both(":");
    Space();
  }
  void Model() {
    Key("model");
    Instead(Quoted("some-model"), "\"Org/\\\"Upstream\\\" \xE2\x82\xAC\"");
  }
  void Priority() {
    Key("priority");
    if (!priority) return Value(2);
    const std::size_t begin = expected.size();
    Value(2);
    expected.replace(begin, std::string::npos, std::to_string(*priority));
  }
  void Messages() {
    Key("messages");
    Both("[");
    for (int i = Pick(3); i >= 0; --i) {
      Both("{");
      Key("content");
      Both(Chance(2) ? R"("a \ud83d\ude00\" ]}")" : R"([{"type":"text","text":"x\\"}])");
      Space();
      Both(",");
      Key("role");
      Both(Quoted("user"));
      Both(",\"extra\":");
      Value(2);
      Both(i > 0 ? "}," : "}");
    }
    Both("]");
  }
  void Stream() {
    Key("stream");
    Both(stream_ ? "true" : (Chance(2) ? "null" : "false"));
  }
  void Options(int kind) {
    Key("stream_options");
    if (kind == 1) {
      Instead("null", stream_ ? R"({"include_usage":true})" : "null");
      return;
    }
    Both("{");
    const bool has_usage = kind >= 4;
    const bool has_other = kind == 3 || kind == 5;
    if (stream_ && !has_usage)
      expected += has_other ? R"("include_usage":true,)" : R"("include_usage":true)";
    Space();
    if (has_other) {
      Both(R"("include_obfuscation")");
      Space();
      Both(":");
      Value(2);
      Space();
    }
    if (has_usage) {
      if (has_other) Both(",");
      Key("include_usage");
      const std::string_view value =
          std::vector<std::string_view>{"null", "false", "true"}[static_cast<std::size_t>(Pick(3))];
      Instead(value, stream_ ? "true" : value);
      Space();
    }
    Both("}");
  }
  void Unknown() {
    Key("field" + std::to_string(next_++));
    Value(4);
  }
  void Value(int depth) {
    switch (Pick(depth > 0 ? 8 : 6)) {
      case 0:
        return Both("null");
      case 1:
        return Both("-1.5E-3");
      case 2:
        return Both(Quoted("model"));
      case 3:
        return Both(R"("\"stream\":true,{[\\")");
      case 4:
        return Both("\"\xC3\xA9\xF0\x9F\x98\x80\"");
      case 5:
        return Both("true");
      case 6:
        return Container('[', ']', depth);
      default:
        return Container('{', '}', depth);
    }
  }
  void Container(char open, char close, int depth) {
    Both(std::string(1, open));
    Space();
    const int size = Pick(4);
    for (int i = 0; i < size; ++i) {
      if (i > 0) Both(",");
      Space();
      if (open == '{') Key("model" + std::to_string(i));
      Value(depth - 1);
      Space();
    }
    Both(std::string(1, close));
  }

  std::mt19937 random_;
  bool stream_ = false;
  int next_ = 0;
};

TEST(RequestSplice, RandomBodiesKeepEveryOtherByte) {
  BodyReader reader;
  BodyWriter writer(20260823);
  for (int i = 0; i < 5000; ++i) {
    writer.Write();
    const auto problem = reader.Read(writer.body);
    ASSERT_FALSE(problem) << writer.body << "\n" << problem->message;
    ASSERT_EQ(reader.Spliced(BodyWriter::kUpstream, StreamUsage::kAtEnd, writer.priority),
              writer.expected)
        << writer.body;
    ASSERT_EQ(openai::SplicedBody(writer.body, reader.view.splice,
                                  {.model = BodyWriter::kUpstream,
                                   .usage = StreamUsage::kAtEnd,
                                   .priority = writer.priority})
                  .size(),
              writer.expected.size());
  }
}

TEST(RequestSplice, RandomBodiesMeanTheSameButForTheSplicedFields) {
  BodyReader reader;
  BodyWriter writer(1);
  for (int i = 0; i < 2000; ++i) {
    writer.Write();
    ASSERT_FALSE(reader.Read(writer.body)) << writer.body;
    boost::json::value before = boost::json::parse(writer.body);
    const boost::json::value after = boost::json::parse(
        reader.Spliced(BodyWriter::kUpstream, StreamUsage::kAtEnd, writer.priority));
    boost::json::object& root = before.as_object();
    root["model"] = BodyWriter::kUpstream;
    if (writer.priority) root["priority"] = *writer.priority;
    if (const auto* stream = root.if_contains("stream");
        stream != nullptr && stream->is_bool() && stream->as_bool()) {
      boost::json::value& options = root["stream_options"];
      if (options.is_null()) options = boost::json::object();
      options.as_object()["include_usage"] = true;
    }
    ASSERT_EQ(after, before) << writer.body;
  }
}

TEST(RequestSplice, RandomBodiesTornAnywhereAreRefused) {
  BodyReader reader;
  BodyWriter writer(7);
  for (int i = 0; i < 40; ++i) {
    writer.Write();
    const std::size_t whole = writer.body.find_last_of('}');
    for (std::size_t size = 0; size <= whole; ++size) {
      ASSERT_TRUE(reader.Read(std::string_view(writer.body).substr(0, size)));
    }
  }
}

}  // namespace
}  // namespace headgate::backends
