#include "gateway/plan/request_prefix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_join.h"
#include "config/base/text.h"
#include "config/load.h"
#include "gateway/snapshot/snapshot.h"
#include "tests/backends/protocols/openai/request/body_reader.h"

namespace headgate::gateway {
namespace {

using backends::ApiEndpoint;
using backends::PrefixHashes;
using routing::Endpoint;

// Keys by index: shop-web and shop-app of team shop, search-web of team search.
std::string Key(std::string_view name, std::string_view team, char digit) {
  return config::Concat("  - {name: ", name, ", team: ", team,
                        ", hash: \"sha256:", std::string(64, digit), "\"}\n");
}

config::Config LoadPools() {
  const std::string text = config::Concat(
      "routes: [{name: all}]\nkeys:\n", Key("shop-web", "shop", '1'), Key("shop-app", "shop", '2'),
      Key("search-web", "search", '3'),
      "backends:\n"
      "  gpu: {hosting: self_hosted, replicas: [\"http://127.0.0.1:1\", \"http://127.0.0.1:2\"],\n"
      "        models: {qwen-2.5-32b: q, gpt-4.1-mini: l}, slots: 4, cost: {per_replica_hour: "
      "2}}\n"
      "  single: {hosting: self_hosted, replicas: [\"http://127.0.0.1:3\"],\n"
      "           models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}\n"
      "  api: {hosting: paid_api, url: \"http://127.0.0.1:4\", api_key: secret,\n"
      "        models: {gpt-4.1: g}}\n");
  config::LoadResult loaded =
      config::LoadText(text, "test.yaml", [](const std::string&) { return std::nullopt; });
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    ADD_FAILURE() << config::ToString(diagnostic);
  }
  return *std::move(loaded.config);
}

// A text of about `words` words with characters that JSON escapes, as the JSON string "…" has it.
std::string Literal(std::string_view about, int words) {
  std::string text = "\"";
  for (int i = 0; i < words; ++i) {
    text +=
        config::Concat(about, " ", i, i % 9 == 8 ? ".\\n" : " ", i % 7 == 6 ? "\\\"so\\\" " : "");
  }
  return text + "\"";
}

constexpr std::string_view kChatTools =
    R"([{"type":"function","function":{"name":"read_file","description":"Reads a file.",)"
    R"("parameters":{"type":"object","properties":{"path":{"type":"string"}}}}}])";

std::string ChatBody(int turns, std::string_view tools = kChatTools) {
  std::vector<std::string> messages = {
      config::Concat(R"({"role":"system","content":)", Literal("Answer briefly", 200), "}")};
  for (int turn = 0; turn < turns; ++turn) {
    if (turn > 0) {
      messages.push_back(config::Concat(R"({"role":"assistant","content":)",
                                        Literal("The answer is", 150 + turn), "}"));
    }
    messages.push_back(
        config::Concat(R"({"role":"user","content":)", Literal("What about", 40 + 7 * turn), "}"));
  }
  return config::Concat(R"({"model":"qwen-2.5-32b","stream":true,"messages":[)",
                        absl::StrJoin(messages, ","), R"(],"tools":)", tools, "}");
}

// The client moves the mark of its cache to the last message of each turn.
std::string MessagesBody(int turns, bool system_first) {
  std::vector<std::string> messages;
  for (int turn = 0; turn < turns; ++turn) {
    if (turn > 0) {
      messages.push_back(config::Concat(R"({"role":"assistant","content":[{"type":"text","text":)",
                                        Literal("The answer is", 150 + turn), "}]}"));
    }
    const std::string question = Literal("What about", 40 + 7 * turn);
    messages.push_back(
        turn + 1 < turns ? config::Concat(R"({"role":"user","content":)", question, "}")
                         : config::Concat(R"({"role":"user","content":[{"type":"text","text":)",
                                          question, R"(,"cache_control":{"type":"ephemeral"}}]})"));
  }
  const std::string system =
      config::Concat(R"("system":[{"type":"text","text":)", Literal("Answer briefly", 200), "}]");
  const std::string rest = config::Concat(R"("messages":[)", absl::StrJoin(messages, ","), "]");
  return config::Concat(R"({"model":"qwen-2.5-32b","max_tokens":512,)",
                        system_first ? system : rest, ",", system_first ? rest : system, "}");
}

std::string ResponsesBody(int turns) {
  std::vector<std::string> items;
  for (int turn = 0; turn < turns; ++turn) {
    if (turn > 0) {
      items.push_back(config::Concat(
          R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":)",
          Literal("The answer is", 150 + turn), "}]}"));
    }
    items.push_back(config::Concat(R"({"role":"user","content":[{"type":"input_text","text":)",
                                   Literal("What about", 40 + 7 * turn), "}]}"));
  }
  return config::Concat(R"({"model":"qwen-2.5-32b","instructions":)",
                        Literal("Answer briefly", 200), R"(,"input":[)", absl::StrJoin(items, ","),
                        "]}");
}

class RequestPrefix : public testing::Test {
 protected:
  RequestPrefix() : snapshot_(*Snapshot::Make(LoadPools(), nullptr, labels_)) {}

  // `target` is the first of the plan, and all others follow.
  PrefixHashes HashesOf(std::string_view body, Endpoint endpoint = Endpoint::kChat,
                        std::string_view target = "qwen-2.5-32b@gpu",
                        std::optional<std::size_t> key = 0) {
    ApiEndpoint kind = ApiEndpoint::kChat;
    if (endpoint == Endpoint::kMessages) kind = ApiEndpoint::kMessages;
    if (endpoint == Endpoint::kResponses) kind = ApiEndpoint::kResponses;
    if (endpoint == Endpoint::kEmbeddings) kind = ApiEndpoint::kEmbeddings;
    if (endpoint == Endpoint::kCountTokens) kind = ApiEndpoint::kCountTokens;
    if (const auto problem = reader_.Read(body, kind)) ADD_FAILURE() << problem->message;
    RequestAccount account;
    account.snapshot = snapshot_;
    account.key = key;
    account.proxied = endpoint;
    return PrefixOf(reader_.view, PlanOf(target), account);
  }

  RequestPlan PlanOf(std::string_view first) const {
    RequestPlan plan;
    const auto& targets = snapshot_->policy->targets();
    for (std::size_t i = 0; i < targets.size(); ++i) plan.push_back({.target = i});
    const auto found = std::find_if(plan.begin(), plan.end(), [&](const auto& planned) {
      return targets[planned.target].name == first;
    });
    EXPECT_NE(found, plan.end()) << first;
    if (found != plan.end()) std::rotate(plan.begin(), found, found + 1);
    return plan;
  }

  LabelTable labels_;
  std::shared_ptr<const Snapshot> snapshot_;
  backends::BodyReader reader_;
};

// Expects that `turn` begins with all hashes of `last`, and adds some.
void ExpectContinues(const PrefixHashes& last, const PrefixHashes& turn) {
  ASSERT_GT(turn.size(), last.size());
  EXPECT_TRUE(std::equal(last.begin(), last.end(), turn.begin()));
}

TEST_F(RequestPrefix, ATurnBeginsWithTheHashesOfTheTurnBefore) {
  PrefixHashes chat;
  PrefixHashes messages;
  PrefixHashes responses;
  for (int turns = 1; turns <= 8; ++turns) {
    const PrefixHashes next_chat = HashesOf(ChatBody(turns));
    ExpectContinues(chat, next_chat);
    const PrefixHashes next_messages =
        HashesOf(MessagesBody(turns, turns % 2 == 0), Endpoint::kMessages);
    ExpectContinues(messages, next_messages);
    const PrefixHashes next_responses = HashesOf(ResponsesBody(turns), Endpoint::kResponses);
    ExpectContinues(responses, next_responses);
    EXPECT_EQ(next_messages, next_responses) << "the same texts in another protocol";
    chat = next_chat;
    messages = next_messages;
    responses = next_responses;
  }
  EXPECT_GE(chat.size(), 15u);
}

TEST_F(RequestPrefix, AnotherQuestionSharesTheSystemPromptOnly) {
  const PrefixHashes one = HashesOf(ChatBody(1));
  std::string body = ChatBody(3);
  body.replace(body.find("What about"), 10, "And what's");
  const PrefixHashes other = HashesOf(body);
  ASSERT_GE(one.size(), 3u);
  EXPECT_TRUE(std::equal(one.begin(), one.begin() + 3, other.begin()));
  EXPECT_NE(HashesOf(ChatBody(3)).back(), other.back());
}

TEST_F(RequestPrefix, ToolsComeBeforeTheMessages) {
  EXPECT_NE(HashesOf(ChatBody(1)).front(), HashesOf(ChatBody(1, "[]")).front());
}

TEST_F(RequestPrefix, IsOfTheModelAndTheTeam) {
  const auto of = [this](std::string_view target, std::optional<std::size_t> key) {
    return HashesOf(ChatBody(2), Endpoint::kChat, target, key).front();
  };
  constexpr std::string_view kQwen = "qwen-2.5-32b@gpu";
  EXPECT_EQ(of(kQwen, 0), of(kQwen, 1)) << "two keys of a team";
  const std::vector<std::uint64_t> others = {of(kQwen, 0), of("gpt-4.1-mini@gpu", 0), of(kQwen, 2),
                                             of(kQwen, std::nullopt)};
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_EQ(std::count(others.begin(), others.end(), others[i]), 1) << i;
  }
}

TEST_F(RequestPrefix, NothingIsHashedWhereThereIsNoChoice) {
  EXPECT_FALSE(HashesOf(ChatBody(2)).empty());
  EXPECT_TRUE(HashesOf(ChatBody(2), Endpoint::kChat, "qwen-2.5-32b@single").empty());
  EXPECT_TRUE(HashesOf(ChatBody(2), Endpoint::kChat, "gpt-4.1@api").empty());
  EXPECT_TRUE(HashesOf(MessagesBody(2, true), Endpoint::kCountTokens).empty());
  EXPECT_TRUE(HashesOf(config::Concat(R"({"model":"m","input":)", Literal("Embed", 900), "}"),
                       Endpoint::kEmbeddings)
                  .empty());
  EXPECT_TRUE(HashesOf(R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})").empty())
      << "shorter than a block";
  EXPECT_TRUE(PrefixOf(reader_.view, RequestPlan(), RequestAccount()).empty()) << "no plan";
}

}  // namespace
}  // namespace headgate::gateway
