#include "config/sections/tests.h"

#include <algorithm>

#include "config/base/text.h"
#include "config/reader/json.h"
#include "config/reader/timestamp.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

using std::string_view;

// RFC 8259 §6: -0.5e3, but neither 007 nor .5.
bool IsJsonNumber(string_view text) {
  const auto digits = [&] {
    const std::size_t before = text.size();
    while (!text.empty() && IsDigit(text.front())) text.remove_prefix(1);
    return before - text.size();
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero = text.starts_with('0');
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

// Appends the tree as JSON. A quoted scalar is a text. `${` is not resolved, because a prompt may
// be about shells.
void AppendJson(const YamlNode& node, std::string& out) {
  using Kind = YamlNode::Kind;
  if (node.kind == Kind::kNull) {
    out += "null";
  } else if (node.kind == Kind::kScalar) {
    const bool literal =
        !node.quoted && (node.text == "true" || node.text == "false" || IsJsonNumber(node.text));
    if (literal) {
      out += node.text;
    } else {
      AppendQuoted(node.text, out);
    }
  } else {
    const bool list = node.kind == Kind::kList;
    out += list ? '[' : '{';
    for (const YamlNode& child : node.children) {
      if (&child != &node.children.front()) out += ',';
      if (!list) {
        AppendQuoted(child.key, out);
        out += ':';
      }
      AppendJson(child, out);
    }
    out += list ? ']' : '}';
  }
}

struct RequestBody {
  static constexpr string_view kExpects = "a mapping: the request's body";
  static bool Read(const Value& value, std::string& out) {
    if (!value.IsMapping()) return value.FailType(kExpects);
    out.clear();
    AppendJson(value.node(), out);
    return true;
  }
  static Json JsonSchema(Definitions&) { return Json::Object({{"type", Json::Text("object")}}); }
};

struct RequestHeaders {
  static constexpr string_view kExpects = "a mapping of header names and values";
  static bool Read(const Value& value, std::map<std::string, std::string>& out) {
    std::map<std::string, std::string> written;
    if (!MapOf<HeaderName, Text>::Read(value, written)) return false;
    for (auto& [name, text] : written) out[Lower(name)] = std::move(text);
    return true;
  }
  static Json JsonSchema(Definitions& definitions) {
    return MapOf<HeaderName, Text>::JsonSchema(definitions);
  }
};

struct Timestamp {
  static constexpr string_view kExpects = "a time, for example \"2026-11-24T09:30:00+01:00\"";
  static bool Read(const Value& value, std::int64_t& out) {
    return ReadScalar(value, kExpects, ParseTimestamp, out);
  }
  static Json JsonSchema(Definitions&) {
    return TextSchema(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[Zz]|[+-][0-9]{2}:[0-9]{2})");
  }
};

struct Percentage {
  static constexpr string_view kExpects = "a percentage, for example 5%";
  static bool Read(const Value& value, std::int64_t& out) {
    return ReadScalar(value, kExpects, ParsePercentage, out);
  }
  static Json JsonSchema(Definitions&) { return TextSchema(kPercentagePattern); }
};

constexpr std::array kLoadFields = {
    Optional<TestLoad, &TestLoad::up, Flag>("up", "false: it does not answer."),
    Optional<TestLoad, &TestLoad::in_flight, Whole<0, 1'000'000>>(
        "in_flight", "Requests running, over all replicas."),
    Optional<TestLoad, &TestLoad::wait, Duration<0>>("wait", "The predicted wait for a slot."),
    Optional<TestLoad, &TestLoad::ttft_p95, Duration<0>>(
        "ttft_p95", "The 95th percentile of time to first token."),
    Optional<TestLoad, &TestLoad::ttft_median, Duration<0>>("ttft_median", "Its median."),
    Optional<TestLoad, &TestLoad::error_rate, Percentage>("error_rate",
                                                          "The share of attempts that failed."),
};

// The name of a backend or target; checked after everything is read.
struct AnyName {
  static constexpr string_view kPattern{};
  static bool Check(const Value&, const std::string&) { return true; }
};

// What a budget may have spent; also nothing.
struct SpentUsd {
  static constexpr string_view kExpects = Usd::kExpects;
  static bool Read(const Value& value, NanoUsd& out) {
    return ReadScalar(value, kExpects, ParseBudgetUsd, out);
  }
  static Json JsonSchema(Definitions&) {
    return NumberSchema("number", {0, kMaxBudget / kNanoPerUsd}, kUsdPattern);
  }
};

constexpr std::array kExpectFields = {
    Optional<PolicyTest, &PolicyTest::expect_class, Name>("class", "The request's class."),
    Optional<PolicyTest, &PolicyTest::expect_topic, Name>("topic", "Its topic."),
    Optional<PolicyTest, &PolicyTest::expect_urgency, OneOf<kUrgencies>>("urgency", "Its urgency."),
    Optional<PolicyTest, &PolicyTest::expect_route, Name>("route", "The route that it matches."),
    Optional<PolicyTest, &PolicyTest::expect_target, Text>("target", "The first target tried."),
    Optional<PolicyTest, &PolicyTest::expect_refused, OneOf<kRefusals>>("refused",
                                                                        "Why it is refused."),
};

constexpr std::array kTestFields = {
    Optional<PolicyTest, &PolicyTest::name, Text>("name", "What reports call the test."),
    Required<PolicyTest, &PolicyTest::request, RequestBody>("request", "The request's body."),
    Optional<PolicyTest, &PolicyTest::endpoint, OneOf<kEndpoints>>(
        "endpoint", "The endpoint that it is sent to; chat by default."),
    Optional<PolicyTest, &PolicyTest::headers, RequestHeaders>("headers", "The request's headers."),
    Optional<PolicyTest, &PolicyTest::key, Name>("key", "The name of the key it comes with."),
    Optional<PolicyTest, &PolicyTest::time, Timestamp>("time", "When it arrives (RFC 3339)."),
    Optional<PolicyTest, &PolicyTest::load,
             NamedItems<&TestLoad::name, AnyName, Mapping<kLoadFields>>>(
        "load", "The state of backends or targets; idle and healthy by default."),
    Optional<PolicyTest, &PolicyTest::spent, MapOf<AnyName, SpentUsd>>(
        "budgets", "US dollars that budgets have spent, by their names; nothing by default."),
    Nested<PolicyTest, kExpectFields>("expect", "The decision expected."),
};

}  // namespace

bool TestSection::Read(const Value& value, PolicyTest& test) {
  const bool good = Mapping<kTestFields>::Read(value, test);
  if (test.name.empty()) test.name = value.path();
  return good;
}

Json TestSection::JsonSchema(Definitions& definitions) {
  return Mapping<kTestFields>::JsonSchema(definitions);
}

}  // namespace headgate::config
