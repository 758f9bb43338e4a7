#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <string>

#include "gateway/decide/dry_run.h"
#include "tests/routing/fixture.h"

namespace headgate::gateway {
namespace {

namespace json = boost::json;

std::string Text(const json::object& object, json::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value != nullptr ? std::string(value->as_string()) : std::string();
}

// Requests as SDKs, editors and agents send them, each with its expected classification. Without
// a `key` every hint is trusted, as with `auth: none`; the hints of the key `plain` are not.
TEST(Envelopes, every_request_is_what_it_looks_like) {
  config::Config config = routing::WithRoute(routing::RouteTo("all", {}));
  config.server.auth = config::AuthMode::kNone;  // all hints are trusted without a key
  config.keys = {routing::KeyNamed("plain")};
  const auto policy = routing::Compiled(config);
  std::ifstream file(HEADGATE_ENVELOPES);
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const json::object envelope = json::parse(line).as_object();
    SCOPED_TRACE(Text(envelope, "name"));
    DryRunRequest dry_run;
    dry_run.body = json::serialize(envelope.at("body"));
    if (envelope.contains("endpoint")) {
      dry_run.endpoint = EndpointNamed(Text(envelope, "endpoint")).value();
    }
    if (const json::value* const headers = envelope.if_contains("headers")) {
      for (const auto& [name, value] : headers->as_object()) {
        dry_run.headers.emplace_back(name, value.as_string());
      }
    }
    dry_run.key = Text(envelope, "key");
    const DryRunResult result = DryRun(*policy, dry_run, QuietLoad(config, *policy));
    ASSERT_FALSE(result.problem) << result.problem->message;
    const routing::Classification& c = result.input.classification;
    const json::object& expect = envelope.at("expect").as_object();
    EXPECT_EQ(policy->NameOf(c.request_class), Text(expect, "class"));
    const auto check = [&](json::string_view key, std::string_view is) {
      if (expect.contains(key)) {
        EXPECT_EQ(is, Text(expect, key))
            << std::string_view(key.data(), key.size()) << ", confidence " << c.topic_confidence;
      }
    };
    check("topic", policy->NameOf(c.topic));
    check("topic_reason", ToString(c.topic_reason));
    check("urgency_reason", ToString(c.urgency_reason));
  }
  EXPECT_GE(count, 150);
}

}  // namespace
}  // namespace headgate::gateway
