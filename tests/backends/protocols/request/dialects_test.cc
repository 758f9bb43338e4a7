#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/backends/protocols/openai/request/body_reader.h"
#include "tests/backends/protocols/request/facts_text.h"

namespace headgate::backends {
namespace {

// A text as JSON, and what it says.
using Words = std::pair<std::string_view, std::string_view>;
constexpr Words kWords[] = {{R"("Hi")", "Hi"},
                            {R"("caf\u00e9 \ud83d\ude00")", "caf\xC3\xA9 \xF0\x9F\x98\x80"},
                            {R"("a \"quote\"\n")", "a \"quote\"\n"},
                            {R"("{\"role\":\"tool\"}")", "{\"role\":\"tool\"}"},
                            {"\"\xC3\xB6\"", "\xC3\xB6"}};

constexpr std::string_view kToolSays = R"("description":"Says \"hi\".")";

struct TurnOfDialects {
  enum class Kind { kUser, kAssistant, kResults };
  Kind kind = Kind::kUser;
  std::vector<Words> words;  // of results: one for each call
  bool image = false;
  bool document = false;
  int calls = 0;
};

struct ConversationOfDialects {
  std::vector<Words> system;
  std::vector<TurnOfDialects> turns;
  std::vector<std::string> tools;
  std::optional<int> max_tokens;
  bool stream = false;
  bool schema = false;
  std::string effort;
  std::string session;
  bool default_tier = false;
};

ConversationOfDialects Invent(std::mt19937& random) {
  using Kind = TurnOfDialects::Kind;
  const auto pick = [&](std::size_t n) { return random() % n; };
  const auto words = [&](std::size_t least) {
    std::vector<Words> result;
    for (std::size_t n = least + pick(2); n > 0; --n) result.push_back(kWords[pick(5)]);
    return result;
  };
  ConversationOfDialects made;
  if (pick(3) > 0) made.system = words(1);
  for (std::size_t rounds = 1 + pick(4); rounds > 0; --rounds) {
    made.turns.push_back({Kind::kUser, words(1), pick(4) == 0, pick(4) == 0, 0});
    if (rounds == 1 && pick(2) == 0) break;
    for (std::size_t calls = 1; calls > 0;) {
      calls = pick(3);
      made.turns.push_back(
          {Kind::kAssistant, words(calls > 0 ? 0 : 1), false, false, static_cast<int>(calls)});
      if (calls == 0) break;
      TurnOfDialects results{Kind::kResults, {}, false, false, 0};
      for (std::size_t i = 0; i < calls; ++i) results.words.push_back(kWords[pick(5)]);
      made.turns.push_back(results);
      if (pick(3) == 0) break;  // a person adds words, or the conversation ends here
    }
  }
  for (std::size_t n = pick(3); n > 0; --n) made.tools.push_back("tool" + std::to_string(n));
  if (pick(2) == 0) made.max_tokens = static_cast<int>(1 + pick(1000));
  made.stream = pick(2) == 0;
  made.schema = pick(2) == 0;
  made.effort = std::vector<std::string>{"", "low", "none", "max"}[pick(4)];
  made.session = pick(2) == 0 ? "" : "s-1";
  made.default_tier = pick(2) == 0;
  return made;
}

// Writes JSON with the members of each object in any order.
class DialectWriter {
 public:
  explicit DialectWriter(std::mt19937& random) : random_(random) {}

  std::string Chat(const ConversationOfDialects& c);
  std::string Messages(const ConversationOfDialects& c);
  std::string Responses(const ConversationOfDialects& c);

 private:
  using List = std::vector<std::string>;
  using Kind = TurnOfDialects::Kind;

  static std::string Joined(const List& list) {
    std::string out;
    for (const std::string& one : list) out += (out.empty() ? "" : ",") + one;
    return out;
  }
  std::string Object(List members) {
    std::shuffle(members.begin(), members.end(), random_);
    return "{" + Joined(members) + "}";
  }
  static std::string Array(const List& elements) { return "[" + Joined(elements) + "]"; }
  static std::string Member(std::string_view name, std::string_view value) {
    return "\"" + std::string(name) + "\":" + std::string(value);
  }
  std::string Text(std::string_view type, const Words& words) {
    return Object({Member("type", "\"" + std::string(type) + "\""), Member("text", words.first)});
  }
  // A string where that is enough.
  std::string Content(std::string_view type, const std::vector<Words>& words, List more = {}) {
    if (words.size() == 1 && more.empty() && random_() % 2 == 0) return std::string(words[0].first);
    List parts;
    for (const Words& one : words) parts.push_back(Text(type, one));
    parts.insert(parts.end(), more.begin(), more.end());
    return Array(parts);
  }
  List Common(const ConversationOfDialects& c, std::string_view limit) {
    List members = {Member("model", "\"m\"")};
    if (c.stream) members.push_back(Member("stream", "true"));
    if (c.max_tokens) members.push_back(Member(limit, std::to_string(*c.max_tokens)));
    return members;
  }

  List MessagesOptions(const ConversationOfDialects& c);

  // 64 characters count as three tokens in every dialect, whatever stands before them.
  const std::string data_ = std::string(64, 'A');
  std::mt19937& random_;
};

std::string DialectWriter::Chat(const ConversationOfDialects& c) {
  List messages;
  const auto add = [&](std::string_view role, const std::string& content, List more = {}) {
    more.push_back(Member("role", "\"" + std::string(role) + "\""));
    more.push_back(Member("content", content));
    messages.push_back(Object(more));
  };
  if (!c.system.empty())
    add(random_() % 2 == 0 ? "system" : "developer", Content("text", c.system));
  for (const TurnOfDialects& turn : c.turns) {
    List more;
    if (turn.image) more.push_back(R"({"type":"image_url","image_url":{"url":"https://x"}})");
    if (turn.document) {
      more.push_back(R"({"type":"file","file":{"file_data":"data:application/pdf;base64,)" + data_ +
                     "\"}}");
    }
    if (turn.kind == Kind::kUser) add("user", Content("text", turn.words, more));
    for (const Words& one : turn.words) {
      if (turn.kind == Kind::kResults) add("tool", Content("text", {one}));
    }
    if (turn.kind != Kind::kAssistant) continue;
    const List calls(static_cast<std::size_t>(turn.calls),
                     R"({"type":"function","id":"c","function":{"name":"f",)"
                     R"("arguments":"{\"text\":\"x\"}"}})");
    add("assistant", turn.words.empty() ? "null" : Content("text", turn.words),
        calls.empty() ? List{} : List{Member("tool_calls", Array(calls))});
  }
  List root = Common(c, "max_completion_tokens");
  root.push_back(Member("messages", Array(messages)));
  List tools;
  for (const std::string& tool : c.tools) {
    tools.push_back(R"({"type":"function","function":{"name":")" + tool +
                    R"(","description":"Says \"hi\".","parameters":{"type":"object"}}})");
  }
  if (!tools.empty()) root.push_back(Member("tools", Array(tools)));
  if (c.schema) root.push_back(R"("response_format":{"type":"json_schema","json_schema":{}})");
  if (!c.effort.empty()) root.push_back(Member("reasoning_effort", "\"" + c.effort + "\""));
  if (!c.session.empty()) root.push_back(Member("prompt_cache_key", "\"" + c.session + "\""));
  if (c.default_tier) root.push_back(R"("service_tier":"default")");
  return Object(root);
}

DialectWriter::List DialectWriter::MessagesOptions(const ConversationOfDialects& c) {
  List root = Common(c, "max_tokens");
  if (!c.system.empty()) root.push_back(Member("system", Content("text", c.system)));
  List tools;
  for (const std::string& tool : c.tools) {
    tools.push_back(Object({Member("name", "\"" + tool + "\""), std::string(kToolSays),
                            R"("input_schema":{"type":"object"})"}));
  }
  if (!tools.empty()) root.push_back(Member("tools", Array(tools)));
  List config;
  if (c.schema) config.push_back(R"("format":{"type":"json_schema","schema":{}})");
  if (c.effort == "none") {
    root.push_back(R"("thinking":{"type":"disabled"})");
  } else if (!c.effort.empty()) {
    config.push_back(Member("effort", "\"" + c.effort + "\""));
  }
  if (!config.empty()) root.push_back(Member("output_config", Object(config)));
  if (!c.session.empty()) {
    root.push_back(R"("metadata":{"user_id":"user_a_account__session_)" + c.session + "\"}");
  }
  if (c.default_tier) root.push_back(R"("service_tier":"standard_only")");
  return root;
}

std::string DialectWriter::Messages(const ConversationOfDialects& c) {
  List messages;
  List results;  // go into one message with the words that follow
  const auto add = [&](std::string_view role, const std::string& content) {
    messages.push_back(
        Object({Member("role", "\"" + std::string(role) + "\""), Member("content", content)}));
  };
  const auto flush = [&] {
    if (!results.empty()) add("user", Array(results));
    results.clear();
  };
  for (const TurnOfDialects& turn : c.turns) {
    List more;
    if (turn.image) {
      more.push_back(R"({"type":"image","source":{"type":"url","url":"https://x"}})");
    }
    if (turn.document) {
      const std::string source = Object({R"("type":"base64")", R"("media_type":"application/pdf")",
                                         Member("data", "\"" + data_ + "\"")});
      more.push_back(Object({Member("type", "\"document\""), Member("source", source)}));
    }
    if (turn.kind == Kind::kResults) {
      for (const Words& one : turn.words) {
        results.push_back(Object({R"("type":"tool_result")", R"("tool_use_id":"c")",
                                  Member("content", Content("text", {one}))}));
      }
    } else if (turn.kind == Kind::kAssistant) {
      flush();
      for (int i = 0; i < turn.calls; ++i) {
        more.push_back(
            Object({R"("type":"tool_use")", R"("name":"f")", R"("input":{"text":"x"})"}));
      }
      add("assistant", Content("text", turn.words, more));
    } else if (results.empty()) {
      add("user", Content("text", turn.words, more));
    } else {
      for (const Words& one : turn.words) results.push_back(Text("text", one));
      results.insert(results.end(), more.begin(), more.end());
      flush();
    }
  }
  flush();
  List root = MessagesOptions(c);
  root.push_back(Member("messages", Array(messages)));
  return Object(root);
}

std::string DialectWriter::Responses(const ConversationOfDialects& c) {
  List items;
  const auto add = [&](std::string_view role, const std::string& content) {
    List members = {Member("role", "\"" + std::string(role) + "\""), Member("content", content)};
    if (random_() % 2 == 0) members.push_back(R"("type":"message")");
    items.push_back(Object(members));
  };
  List root = Common(c, "max_output_tokens");
  if (c.system.size() == 1) root.push_back(Member("instructions", c.system[0].first));
  if (c.system.size() > 1) add("developer", Content("input_text", c.system));
  for (const TurnOfDialects& turn : c.turns) {
    List more;
    if (turn.image) more.push_back(R"({"type":"input_image","image_url":"https://x"})");
    if (turn.document) {
      more.push_back(R"({"type":"input_file","file_data":"data:application/pdf;base64,)" + data_ +
                     "\"}");
    }
    if (turn.kind == Kind::kUser) add("user", Content("input_text", turn.words, more));
    for (const Words& one : turn.words) {
      if (turn.kind != Kind::kResults) break;
      items.push_back(Object({R"("type":"function_call_output")", R"("call_id":"c")",
                              Member("output", Content("input_text", {one}))}));
    }
    if (turn.kind != Kind::kAssistant) continue;
    if (random_() % 2 == 0) items.push_back(R"({"content":[{"text":"hm"}],"type":"reasoning"})");
    if (!turn.words.empty()) add("assistant", Content("output_text", turn.words));
    for (int i = 0; i < turn.calls; ++i) {
      items.push_back(Object(
          {R"("type":"function_call")", R"("name":"f")", R"("arguments":"{\"text\":\"x\"}")"}));
    }
  }
  root.push_back(Member("input", Array(items)));
  List tools;
  for (const std::string& tool : c.tools) {
    tools.push_back(Object({Member("name", "\"" + tool + "\""), std::string(kToolSays),
                            R"("parameters":{"type":"object"})", R"("type":"function")"}));
  }
  if (!tools.empty()) root.push_back(Member("tools", Array(tools)));
  if (c.schema) root.push_back(R"("text":{"format":{"type":"json_schema","schema":{}}})");
  if (!c.effort.empty()) root.push_back(R"("reasoning":{"effort":")" + c.effort + "\"}");
  if (!c.session.empty()) root.push_back(Member("prompt_cache_key", "\"" + c.session + "\""));
  if (c.default_tier) root.push_back(R"("service_tier":"default")");
  return Object(root);
}

// A tool: its name of 5 bytes, `Says "hi".` and {"type":"object"}. A call: f and {"text":"x"}.
std::size_t ToolBytesOf(const ConversationOfDialects& c) {
  std::size_t bytes = c.tools.size() * (5 + 10 + 17);
  for (const TurnOfDialects& turn : c.turns)
    bytes += static_cast<std::size_t>(turn.calls) * (1 + 12);
  return bytes;
}

TEST(Dialects, TheSameConversationHasTheSameFacts) {
  std::mt19937 random(20261128);
  DialectWriter writer(random);
  BodyReader reader;
  const auto facts_of = [&](const std::string& body, ApiEndpoint endpoint) {
    const auto problem = reader.Read(body, endpoint);
    EXPECT_FALSE(problem) << body << "\n" << problem->message;
    return TextOfFacts(reader.view.facts);
  };
  for (int i = 0; i < 3000; ++i) {
    const ConversationOfDialects made = Invent(random);
    const std::string chat = writer.Chat(made);
    const std::string facts = facts_of(chat, ApiEndpoint::kChat);
    std::vector<std::string_view> said;
    for (const Words& words : made.system) said.push_back(words.second);
    for (const TurnOfDialects& turn : made.turns) {
      for (const Words& words : turn.words) said.push_back(words.second);
    }
    std::vector<std::string_view> read;
    for (const BodyText& text : reader.view.facts.texts) read.push_back(text.text);
    ASSERT_EQ(read, said) << chat;
    ASSERT_EQ(reader.view.facts.tool_bytes, ToolBytesOf(made)) << chat;
    const std::string messages = writer.Messages(made);
    ASSERT_EQ(facts_of(messages, ApiEndpoint::kMessages), facts) << messages << "\n" << chat;
    const std::string responses = writer.Responses(made);
    ASSERT_EQ(facts_of(responses, ApiEndpoint::kResponses), facts) << responses << "\n" << chat;
  }
}

}  // namespace
}  // namespace headgate::backends
