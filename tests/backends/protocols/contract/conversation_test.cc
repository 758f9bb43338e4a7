// Every conversation of a client reaches a backend of every protocol, and what is lost on the way
// is on a list.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>
#include <span>
#include <string>

#include "config/base/text.h"
#include "tests/backends/protocols/contract/aspects.h"
#include "tests/backends/protocols/contract/features.h"
#include "tests/backends/protocols/contract/losses.h"
#include "tests/backends/protocols/contract/protocols.h"

namespace headgate::backends::contract {
namespace {

using How = Loss::How;

// A conversation as a client says it, and as a backend of another protocol reads it.
struct Carried {
  Conversation said;
  Conversation arrived;
  DroppedFields dropped;
};

// Returns whether all four steps worked. What the client's protocol cannot say is not in `said`.
bool Carry(const Conversation& wanted, ChatProtocol from, ChatProtocol to, Carried& carried) {
  std::string body;
  DroppedFields unsaid;
  DroppedFields unread;
  BackendTraits client = TraitsOf(from);
  client.model = "client-model";
  std::optional<BodyProblem> problem = WriteConversation(from, wanted, client, unsaid, body);
  if (!problem) problem = ReadConversation(from, body, carried.said, carried.dropped);
  EXPECT_EQ(carried.dropped, DroppedFields{}) << body;
  body.clear();
  if (!problem) {
    problem = WriteConversation(to, carried.said, TraitsOf(to), carried.dropped, body);
  }
  if (!problem) problem = ReadConversation(to, body, carried.arrived, unread);
  EXPECT_EQ(unread, DroppedFields{}) << body;
  EXPECT_FALSE(problem) << problem->message;
  return !problem;
}

const Loss* FindLoss(ChatProtocol from, ChatProtocol to, std::string_view aspect) {
  const auto* const found =
      std::find_if(std::begin(kLosses), std::end(kLosses), [&](const Loss& loss) {
        return loss.from == from && loss.to == to && loss.aspect == aspect;
      });
  return found == std::end(kLosses) ? nullptr : found;
}

// Whether the client is told, and told nothing wrong.
void ExpectNames(const Carried& carried, const std::set<const Loss*>& losses) {
  const Aspects arrived = AspectsOf(carried.arrived);
  for (const Loss* const loss : losses) {
    if (loss->how != How::kDropped || arrived.contains(std::string(loss->aspect))) continue;
    EXPECT_TRUE(carried.dropped.contains(loss->name)) << loss->aspect;
  }
  for (const std::string& name : carried.dropped) {
    EXPECT_TRUE(std::any_of(losses.begin(), losses.end(),
                            [&](const Loss* loss) { return loss->name == name; }))
        << name << " is named, and was not lost";
  }
}

// Compares, and adds the losses to `seen`.
void ExpectCarried(const Conversation& wanted, ChatProtocol from, ChatProtocol to, bool combined,
                   std::set<const Loss*>& seen) {
  Carried carried;
  if (!Carry(wanted, from, to, carried)) return;
  EXPECT_EQ(carried.said.model, "client-model");
  EXPECT_EQ(carried.arrived.model, "backend-model");
  std::set<const Loss*> losses;
  for (const auto& [aspect, what] :
       DifferencesOf(AspectsOf(carried.said), AspectsOf(carried.arrived))) {
    const Loss* const loss = FindLoss(from, to, aspect);
    EXPECT_TRUE(loss != nullptr && (combined || loss->how != How::kCombined))
        << aspect << ": " << what;
    if (loss != nullptr) losses.insert(loss);
  }
  ExpectNames(carried, losses);
  seen.insert(losses.begin(), losses.end());
}

Conversation With(ChatProtocol from, const Feature& one, const Feature* other = nullptr) {
  Conversation wanted = PlainConversation();
  wanted.protocol = from;
  one.add(wanted);
  if (other != nullptr) other->add(wanted);
  return wanted;
}

// Calls check(from, to) for each two protocols that differ.
template <typename Check>
void ForEachPair(Check check) {
  for (const ChatProtocol from : kProtocols) {
    for (const ChatProtocol to : kProtocols) {
      SCOPED_TRACE(PairName(from, to));
      if (from != to) check(from, to);
    }
  }
}

void ExpectAllSeen(const std::set<const Loss*>& seen, bool combined) {
  for (const Loss& loss : kLosses) {
    if ((loss.how == How::kCombined) != combined) continue;
    EXPECT_TRUE(seen.contains(&loss))
        << PairName(loss.from, loss.to) << " does not lose " << loss.aspect;
  }
}

TEST(ConversationContract, WhatIsLostIsOnTheList) {
  std::set<const Loss*> seen;
  ForEachPair([&](ChatProtocol from, ChatProtocol to) {
    for (const Feature& feature : Features()) {
      SCOPED_TRACE(feature.name);
      ExpectCarried(With(from, feature), from, to, false, seen);
    }
  });
  ExpectAllSeen(seen, false);
}

TEST(ConversationContract, FeaturesCombine) {
  std::set<const Loss*> seen;
  std::size_t count = 0;
  ForEachPair([&](ChatProtocol from, ChatProtocol to) {
    const std::span<const Feature> features = Features();
    for (std::size_t i = 0; i < features.size(); ++i) {
      for (std::size_t j = i + 1; j < features.size(); ++j) {
        SCOPED_TRACE(std::string(features[i].name).append(" and ").append(features[j].name));
        ExpectCarried(With(from, features[i], &features[j]), from, to, true, seen);
        ++count;
      }
    }
  });
  ExpectAllSeen(seen, true);
  EXPECT_GT(count, 6000u);
}

// A protocol reads all that it writes.
TEST(ConversationContract, NothingIsLostOnTheWayBack) {
  for (const ChatProtocol protocol : kProtocols) {
    for (const Feature& feature : Features()) {
      SCOPED_TRACE(std::string(NameOf(protocol)).append(": ").append(feature.name));
      if (feature.name == "odd call id" && protocol == kMessages) continue;  // rewritten twice
      Carried carried;
      ASSERT_TRUE(Carry(With(protocol, feature), protocol, protocol, carried));
      EXPECT_EQ(DifferencesOf(AspectsOf(carried.said), AspectsOf(carried.arrived)), Aspects());
    }
  }
}

// A document is a text for every backend; its address is taken by two protocols.
TEST(ConversationContract, DocumentsOfMessages) {
  const auto written = [](ChatProtocol to, std::string_view source) {
    const std::string body = R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[)"
                             R"({"type":"document","title":"T","source":)" +
                             std::string(source) + "}]}]}";
    Conversation said;
    DroppedFields dropped;
    std::string out;
    EXPECT_FALSE(ReadConversation(kMessages, body, said, dropped));
    const std::optional<BodyProblem> problem =
        WriteConversation(to, said, TraitsOf(to), dropped, out);
    return problem ? problem->message : out;
  };
  const std::string_view text = R"({"type":"text","media_type":"text/plain","data":"words"})";
  const std::string_view url = R"({"type":"url","url":"https://example.com/a.pdf"})";
  EXPECT_NE(written(kChat, text).find(R"(T\nwords)"), std::string::npos);
  EXPECT_NE(written(kResponses, text).find(R"(T\n\nwords)"), std::string::npos);
  EXPECT_NE(written(kChat, url).find("is an address"), std::string::npos);
  EXPECT_NE(written(kResponses, url).find(R"("file_url":"https://example.com/a.pdf")"),
            std::string::npos);
}

// A body with members that nobody knows.
std::string StrangeBody(ChatProtocol protocol) {
  std::string body = protocol == kResponses
                         ? R"({"model":"m","input":"a")"
                         : R"({"model":"m","messages":[{"role":"user","content":"a"}])";
  body += R"(,"a b":1,"\r\nset-cookie: x":1,"\u00e9":1,"a,b":1,"plain_name":1,"\ud800":1,")";
  body += std::string(500, 'x') + "\":1";
  for (int i = 0; i < 45; ++i) body += ",\"z" + std::to_string(i) + "\":1";
  return body + "}";
}

// Names of dropped fields go into a header, whatever a client writes.
TEST(ConversationContract, NamesOfDroppedFieldsSuitAHeader) {
  for (const ChatProtocol protocol : kProtocols) {
    SCOPED_TRACE(NameOf(protocol));
    Conversation said;
    DroppedFields dropped;
    const std::optional<BodyProblem> problem =
        ReadConversation(protocol, StrangeBody(protocol), said, dropped);
    ASSERT_FALSE(problem) << problem->message;
    EXPECT_TRUE(dropped.contains("unknown"));
    EXPECT_TRUE(dropped.contains("plain_name"));
    EXPECT_LE(dropped.size(), 32u);
    for (const std::string& name : dropped) {
      EXPECT_LE(name.size(), 100u);
      EXPECT_TRUE(config::ConsistsOf(name, "_-.")) << name;
    }
  }
}

}  // namespace
}  // namespace headgate::backends::contract
