#include "routing/classify/urgency.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/routing/fixture.h"

namespace headgate::routing {
namespace {

using config::Hint;

// The hints of one request about its urgency.
struct Said {
  std::string_view name;
  void (*say)(Signals& signals);
  Urgency urgency;  // for a key whose hints are all trusted
  Reason reason;
};

constexpr Said kSaid[] = {
    {"nothing", [](Signals&) {}, Urgency::kNormal, Reason::kDefault},

    {"class batch", [](Signals& s) { s.class_header = "batch"; }, Urgency::kBatch,
     Reason::kExplicit},
    {"class latency_critical", [](Signals& s) { s.class_header = "latency_critical"; },
     Urgency::kLatencyCritical, Reason::kExplicit},
    {"class in capitals", [](Signals& s) { s.class_header = " BATCH "; }, Urgency::kBatch,
     Reason::kExplicit},
    {"class by metadata", [](Signals& s) { s.metadata_class = "latency_critical"; },
     Urgency::kLatencyCritical, Reason::kExplicit},
    {"header before metadata",
     [](Signals& s) {
       s.class_header = "batch";
       s.metadata_class = "latency_critical";
     },
     Urgency::kBatch, Reason::kExplicit},
    {"unknown class", [](Signals& s) { s.class_header = "urgent"; }, Urgency::kNormal,
     Reason::kDefault},
    {"topic class", [](Signals& s) { s.class_header = "code"; }, Urgency::kNormal,
     Reason::kDefault},
    {"class before tier",
     [](Signals& s) {
       s.class_header = "batch";
       s.service_tier = "priority";
     },
     Urgency::kBatch, Reason::kExplicit},

    {"tier flex", [](Signals& s) { s.service_tier = "flex"; }, Urgency::kBatch,
     Reason::kServiceTier},
    {"tier priority", [](Signals& s) { s.service_tier = "priority"; }, Urgency::kLatencyCritical,
     Reason::kServiceTier},
    {"tier fast", [](Signals& s) { s.service_tier = "fast"; }, Urgency::kLatencyCritical,
     Reason::kServiceTier},
    {"tier ultrafast", [](Signals& s) { s.service_tier = "ultrafast"; }, Urgency::kLatencyCritical,
     Reason::kServiceTier},
    {"tier default", [](Signals& s) { s.service_tier = "default"; }, Urgency::kNormal,
     Reason::kDefault},
    {"tier auto", [](Signals& s) { s.service_tier = "auto"; }, Urgency::kNormal, Reason::kDefault},
    {"tier before slo",
     [](Signals& s) {
       s.service_tier = "flex";
       s.slo_ttft_header = "100";
     },
     Urgency::kBatch, Reason::kServiceTier},

    {"slo 0", [](Signals& s) { s.slo_ttft_header = "0"; }, Urgency::kLatencyCritical, Reason::kSlo},
    {"slo 1000", [](Signals& s) { s.slo_ttft_header = "1000"; }, Urgency::kLatencyCritical,
     Reason::kSlo},
    {"slo 1000.5", [](Signals& s) { s.slo_ttft_header = "1000.5"; }, Urgency::kNormal,
     Reason::kSlo},
    {"slo 29999", [](Signals& s) { s.slo_ttft_header = " 29999 "; }, Urgency::kNormal,
     Reason::kSlo},
    {"slo 30000", [](Signals& s) { s.slo_ttft_header = "30000"; }, Urgency::kBatch, Reason::kSlo},
    {"slo negative", [](Signals& s) { s.slo_ttft_header = "-1"; }, Urgency::kNormal,
     Reason::kDefault},
    {"slo with unit", [](Signals& s) { s.slo_ttft_header = "200ms"; }, Urgency::kNormal,
     Reason::kDefault},
    {"slo nan", [](Signals& s) { s.slo_ttft_header = "nan"; }, Urgency::kNormal, Reason::kDefault},
    {"slo inf", [](Signals& s) { s.slo_ttft_header = "inf"; }, Urgency::kNormal, Reason::kDefault},
    {"slo blank", [](Signals& s) { s.slo_ttft_header = "  "; }, Urgency::kNormal, Reason::kDefault},
    {"slo before fim",
     [](Signals& s) {
       s.slo_ttft_header = "5000";
       s.has_suffix = true;
     },
     Urgency::kNormal, Reason::kSlo},

    {"suffix", [](Signals& s) { s.has_suffix = true; }, Urgency::kLatencyCritical,
     Reason::kFillInTheMiddle},
    {"fim before agent",
     [](Signals& s) {
       s.has_suffix = true;
       s.initiator_header = "agent";
     },
     Urgency::kLatencyCritical, Reason::kFillInTheMiddle},

    {"agent", [](Signals& s) { s.initiator_header = "agent"; }, Urgency::kNormal, Reason::kAgent},
    {"tool loop", [](Signals& s) { s.tool_loop = true; }, Urgency::kNormal, Reason::kAgent},
    {"user in a tool loop",
     [](Signals& s) {
       s.tool_loop = true;
       s.initiator_header = "user";
     },
     Urgency::kNormal, Reason::kDefault},
    {"agent before max_tokens",
     [](Signals& s) {
       s.initiator_header = "Agent";
       s.stream = true;
       s.max_tokens = 8;
     },
     Urgency::kNormal, Reason::kAgent},

    {"16 tokens streamed",
     [](Signals& s) {
       s.stream = true;
       s.max_tokens = 16;
     },
     Urgency::kLatencyCritical, Reason::kMaxTokens},
    {"17 tokens streamed",
     [](Signals& s) {
       s.stream = true;
       s.max_tokens = 17;
     },
     Urgency::kNormal, Reason::kDefault},
    {"1 token at once", [](Signals& s) { s.max_tokens = 1; }, Urgency::kNormal, Reason::kDefault},
    {"0 tokens streamed",
     [](Signals& s) {
       s.stream = true;
       s.max_tokens = 0;
     },
     Urgency::kNormal, Reason::kDefault},
    {"streamed without limit", [](Signals& s) { s.stream = true; }, Urgency::kNormal,
     Reason::kDefault},
};

TEST(Urgency, first_hit_of_the_chain_wins_and_keeps_its_reason) {
  for (const Said& said : kSaid) {
    Signals signals = Chat({{Role::kUser, "hello"}});
    said.say(signals);
    const Classification c = Classify(signals, HintTrust::All());
    EXPECT_EQ(ToString(c.urgency), ToString(said.urgency)) << said.name;
    EXPECT_EQ(ToString(c.urgency_reason), ToString(said.reason)) << said.name;
    EXPECT_FALSE(c.clamped) << said.name;
  }
}

TEST(Urgency, nothing_raises_it_for_a_key_without_trust) {
  for (const Said& said : kSaid) {
    Signals signals = Chat({{Role::kUser, "hello"}});
    said.say(signals);
    const Classification c = Classify(signals, HintTrust{});
    EXPECT_NE(ToString(c.urgency), "latency_critical") << said.name;
    EXPECT_NE(ToString(c.request_class), "latency_critical") << said.name;
    EXPECT_EQ(c.clamped, said.urgency == Urgency::kLatencyCritical) << said.name;
    if (said.urgency != Urgency::kLatencyCritical) {
      EXPECT_EQ(ToString(c.urgency), ToString(said.urgency)) << said.name;
      EXPECT_EQ(ToString(c.urgency_reason), ToString(said.reason)) << said.name;
    } else {
      EXPECT_EQ(ToString(c.urgency_reason), "clamped") << said.name;
      if (c.request_class == Class::kGeneral) {
        EXPECT_EQ(ToString(c.class_reason), "clamped") << said.name;
      }
    }
  }
}

TEST(Urgency, each_raise_needs_its_own_hint) {
  struct Raise {
    std::string_view name;
    void (*say)(Signals& signals);
    Hint needs;
  };
  constexpr Raise kRaises[] = {
      {"header", [](Signals& s) { s.class_header = "latency_critical"; }, Hint::kClass},
      {"metadata", [](Signals& s) { s.metadata_class = "latency_critical"; }, Hint::kClass},
      {"tier", [](Signals& s) { s.service_tier = "priority"; }, Hint::kServiceTier},
      {"slo", [](Signals& s) { s.slo_ttft_header = "200"; }, Hint::kSlo},
      {"fim", [](Signals& s) { s.has_suffix = true; }, Hint::kFim},
      {"typing",
       [](Signals& s) {
         s.stream = true;
         s.max_tokens = 4;
       },
       Hint::kFim},
  };
  constexpr Hint kHints[] = {Hint::kClass, Hint::kServiceTier, Hint::kSlo, Hint::kFim,
                             Hint::kHeader};
  for (const Raise& raise : kRaises) {
    Signals signals = Chat({{Role::kUser, "hello"}});
    raise.say(signals);
    for (const Hint hint : kHints) {
      const Classification c = Classify(signals, HintTrust::Of({hint}));
      EXPECT_EQ(c.urgency == Urgency::kLatencyCritical, hint == raise.needs) << raise.name;
      EXPECT_EQ(c.clamped, hint != raise.needs) << raise.name;
    }
    EXPECT_EQ(Classify(signals, HintTrust::All()).urgency, Urgency::kLatencyCritical);
  }
}

TEST(Urgency, a_refused_raise_does_not_hide_what_is_allowed) {
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.class_header = "latency_critical";
  signals.service_tier = "priority";
  const Classification raised = Classify(signals, HintTrust::Of({Hint::kServiceTier}));
  EXPECT_EQ(raised.urgency, Urgency::kLatencyCritical);
  EXPECT_EQ(raised.urgency_reason, Reason::kServiceTier);
  EXPECT_EQ(raised.class_reason, Reason::kServiceTier);
  EXPECT_TRUE(raised.clamped);

  signals.slo_ttft_header = "60000";
  const Classification lowered = Classify(signals, HintTrust{});
  EXPECT_EQ(lowered.urgency, Urgency::kBatch);
  EXPECT_EQ(lowered.urgency_reason, Reason::kSlo);
  EXPECT_TRUE(lowered.clamped);
}

TEST(Urgency, fill_in_the_middle_tokens_count_in_prompts_only) {
  const std::string filler(50'000, 'x');
  struct Case {
    std::string name;
    std::string prompt;
    bool expected;
  };
  const Case cases[] = {
      {"qwen", "<|fim_prefix|>int a = <|fim_suffix|>;\n<|fim_middle|>", true},
      {"qwen with a file before",
       "<|repo_name|>r<|file_sep|>a.c\nint x;<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>", true},
      {"starcoder", "<fim_prefix>def f():<fim_suffix>return x<fim_middle>", true},
      {"codellama", "<PRE> int f( <SUF>) {} <MID>", true},
      {"deepseek", "<｜fim▁begin｜>a<｜fim▁hole｜>b<｜fim▁end｜>", true},
      {"codestral", "[SUFFIX]return x[PREFIX]def f():", true},
      {"long prefix", "<fim_prefix>" + filler + "<fim_suffix>b<fim_middle>", true},
      {"html", "<PRE>hello</PRE>", false},
      {"one token", "what is <|fim_prefix|>?", false},
      {"plain", "once upon a time", false},
      {"empty", "", false},
  };
  for (const Case& c : cases) {
    Signals signals = Chat({{Role::kPrompt, c.prompt}});
    signals.endpoint = Endpoint::kCompletions;
    const Classification prompt = Classify(signals, HintTrust::All());
    EXPECT_EQ(prompt.urgency_reason == Reason::kFillInTheMiddle, c.expected) << c.name;
    EXPECT_EQ(prompt.topic_reason == Reason::kFillInTheMiddle, c.expected) << c.name;

    const Classification chat = Classify(Chat({{Role::kUser, c.prompt}}), HintTrust::All());
    EXPECT_EQ(chat.urgency, Urgency::kNormal) << c.name;
  }
}

TEST(Urgency, hard_thinking_is_not_waited_for_by_the_word) {
  for (const std::string_view effort : {"high", "xhigh", "max"}) {
    Signals signals = Chat({{Role::kUser, "hello"}});
    signals.stream = true;
    signals.max_tokens = 8;
    EXPECT_EQ(Classify(signals, HintTrust::All()).urgency_reason, Reason::kMaxTokens);
    signals.reasoning_effort = effort;
    const Classification c = Classify(signals, HintTrust::All());
    EXPECT_EQ(c.urgency, Urgency::kNormal) << effort;
    EXPECT_EQ(c.urgency_reason, Reason::kThinking) << effort;
  }
}

TEST(Urgency, a_subagent_is_waited_for_by_nobody_unless_the_client_says_so) {
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.subagent = true;
  EXPECT_EQ(Classify(signals, HintTrust::All()).urgency_reason, Reason::kAgent);
  signals.initiator_header = "user";
  EXPECT_EQ(Classify(signals, HintTrust::All()).urgency_reason, Reason::kDefault);
}

TEST(Urgency, the_operator_says_what_each_rule_makes_of_a_request) {
  using config::UrgencyMeaning;
  using config::UrgencyRules;
  struct Case {
    UrgencyMeaning UrgencyRules::*rule;
    void (*set)(Signals&);
  };
  const Case cases[] = {
      {&UrgencyRules::flex, [](Signals& s) { s.service_tier = "flex"; }},
      {&UrgencyRules::priority, [](Signals& s) { s.service_tier = "priority"; }},
      {&UrgencyRules::soon, [](Signals& s) { s.slo_ttft_header = "100"; }},
      {&UrgencyRules::patient, [](Signals& s) { s.slo_ttft_header = "90000"; }},
      {&UrgencyRules::fill_in_the_middle, [](Signals& s) { s.has_suffix = true; }},
      {&UrgencyRules::agent, [](Signals& s) { s.initiator_header = "agent"; }},
      {&UrgencyRules::thinking, [](Signals& s) { s.reasoning_effort = "high"; }},
      {&UrgencyRules::typing,
       [](Signals& s) {
         s.stream = true;
         s.max_tokens = 4;
       }},
  };
  for (const Case& c : cases) {
    Signals signals = Chat({{Role::kUser, "hello"}});
    if (c.rule == &UrgencyRules::fill_in_the_middle) signals.endpoint = Endpoint::kCompletions;
    c.set(signals);
    const auto urgency = [&](UrgencyMeaning meaning) {
      ClassifierOptions options;
      options.urgency.*c.rule = meaning;
      return Classify(signals, HintTrust::All(), options);
    };
    EXPECT_EQ(urgency(UrgencyMeaning::kBatch).urgency, Urgency::kBatch);
    EXPECT_EQ(urgency(UrgencyMeaning::kNormal).urgency, Urgency::kNormal);
    EXPECT_NE(urgency(UrgencyMeaning::kNormal).urgency_reason, Reason::kDefault);
    EXPECT_EQ(urgency(UrgencyMeaning::kLatencyCritical).urgency, Urgency::kLatencyCritical);
    EXPECT_EQ(urgency(UrgencyMeaning::kIgnored).urgency_reason, Reason::kDefault);
    // A rule that the operator set to urgent needs a trusted hint too.
    ClassifierOptions raised;
    raised.urgency.*c.rule = UrgencyMeaning::kLatencyCritical;
    EXPECT_EQ(Classify(signals, HintTrust{}, raised).urgency, Urgency::kNormal);
    EXPECT_TRUE(Classify(signals, HintTrust{}, raised).clamped);
  }
}

TEST(Urgency, the_operator_moves_the_bounds) {
  ClassifierOptions options;
  options.urgency.soon_within = config::Milliseconds{300};
  options.urgency.patient_from = config::Milliseconds{5000};
  options.urgency.typing_tokens = 64;
  Signals signals = Chat({{Role::kUser, "hello"}});
  signals.slo_ttft_header = "500";
  EXPECT_EQ(Classify(signals, HintTrust::All(), options).urgency, Urgency::kNormal);
  signals.slo_ttft_header = "5000";
  EXPECT_EQ(Classify(signals, HintTrust::All(), options).urgency, Urgency::kBatch);
  signals.slo_ttft_header = "";
  signals.stream = true;
  signals.max_tokens = 64;
  EXPECT_EQ(Classify(signals, HintTrust::All(), options).urgency, Urgency::kLatencyCritical);
}

}  // namespace
}  // namespace headgate::routing
