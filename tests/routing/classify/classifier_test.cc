#include "routing/classify/classifier.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

constexpr std::string_view kAgentPatch = "*** Begin Patch\n*** Update File: a.c\n";

TEST(Classifier, class_is_explicit_then_urgency_then_code_then_general) {
  struct Case {
    std::string_view name;
    std::string_view text;
    void (*say)(Signals& signals);
    Class expected;
    Reason reason;
  };
  constexpr Case kCases[] = {
      {"nothing", "hello", [](Signals&) {}, Class::kGeneral, Reason::kAbstained},
      {"code", kAgentPatch, [](Signals&) {}, Class::kCode, Reason::kDiff},
      {"urgency over code", kAgentPatch, [](Signals& s) { s.service_tier = "flex"; }, Class::kBatch,
       Reason::kServiceTier},
      {"raised over code", kAgentPatch, [](Signals& s) { s.slo_ttft_header = "100"; },
       Class::kLatencyCritical, Reason::kSlo},
      {"explicit over urgency", "hello",
       [](Signals& s) {
         s.class_header = "code";
         s.service_tier = "flex";
       },
       Class::kCode, Reason::kExplicit},
      {"explicit general over code", kAgentPatch, [](Signals& s) { s.class_header = "general"; },
       Class::kGeneral, Reason::kExplicit},
  };
  for (const Case& c : kCases) {
    Signals signals = Chat({{Role::kUser, c.text}});
    c.say(signals);
    const Classification result = Classify(signals, HintTrust::All());
    EXPECT_EQ(ToString(result.request_class), ToString(c.expected)) << c.name;
    EXPECT_EQ(ToString(result.class_reason), ToString(c.reason)) << c.name;
  }
}

TEST(Classifier, explicit_class_does_not_stop_the_urgency_chain) {
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.class_header = "code";
  signals.service_tier = "flex";
  const Classification c = Classify(signals, HintTrust{});
  EXPECT_EQ(c.urgency, Urgency::kBatch);
  EXPECT_EQ(c.request_class, Class::kCode);
}

TEST(Classifier, a_refused_class_falls_back_to_the_topic) {
  Signals signals = Chat({{Role::kUser, kAgentPatch}});
  signals.class_header = "latency_critical";
  const Classification c = Classify(signals, HintTrust{});
  EXPECT_EQ(c.request_class, Class::kCode);
  EXPECT_EQ(c.class_reason, Reason::kDiff);
  EXPECT_EQ(c.urgency_reason, Reason::kClamped);
  EXPECT_TRUE(c.clamped);
}

TEST(Classifier, an_unknown_class_header_does_not_hide_the_metadata) {
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.class_header = "checkout";
  signals.metadata_class = "batch";
  EXPECT_EQ(Classify(signals, HintTrust{}).request_class, Class::kBatch);
}

TEST(Classifier, every_reason_has_a_label_of_its_own) {
  std::set<std::string_view> labels;
  for (int i = 0; i < kReasonCount; ++i) labels.insert(ToString(static_cast<Reason>(i)));
  EXPECT_EQ(labels.size(), static_cast<std::size_t>(kReasonCount));
  EXPECT_FALSE(labels.contains(""));
  EXPECT_EQ(ToString(Reason::kClamped), "clamped");
  EXPECT_EQ(ToString(Reason::kFillInTheMiddle), "fill_in_the_middle");
}

TEST(Classifier, trust_of_a_key_is_what_its_list_says) {
  const HintTrust trust = HintTrust::Of({config::Hint::kSlo, config::Hint::kFim});
  EXPECT_TRUE(trust.Has(config::Hint::kSlo));
  EXPECT_TRUE(trust.Has(config::Hint::kFim));
  EXPECT_FALSE(trust.Has(config::Hint::kClass));
  EXPECT_FALSE(HintTrust{}.Has(config::Hint::kSlo));
  EXPECT_TRUE(HintTrust::All().Has(config::Hint::kHeader));
}

}  // namespace
}  // namespace headgate::routing
