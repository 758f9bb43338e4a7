#include "loadtest/load/traffic/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace headgate::loadtest::load {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Request, prose_has_its_size_and_its_seed) {
  EXPECT_EQ(Prose(1000, 1).size(), 1000u);
  EXPECT_EQ(Prose(1000, 1), Prose(1000, 1));
  EXPECT_NE(Prose(1000, 1), Prose(1000, 2));
}

TEST(Request, a_body_says_what_the_entry_says) {
  MixEntry entry;
  entry.text = "say \"hi\"\n";
  entry.stream = true;
  entry.max_tokens = 3;
  entry.extra = R"("temperature":0)";
  const boost::json::value body = boost::json::parse(BodyOf(entry, {}, 1));
  EXPECT_EQ(body.at("model").as_string(), "auto");
  EXPECT_EQ(body.at("messages").at(0).at("content").as_string(), entry.text);
  EXPECT_EQ(body.at("stream").as_bool(), true);
  EXPECT_EQ(body.at("max_tokens").as_int64(), 3);
  EXPECT_EQ(body.at("temperature").as_int64(), 0);
  const boost::json::value given = boost::json::parse(BodyOf(entry, R"([{"role":"system"}])", 1));
  EXPECT_EQ(given.at("messages").at(0).at("role").as_string(), "system");
  entry.endpoint = Endpoint::kEmbeddings;
  EXPECT_EQ(boost::json::parse(BodyOf(entry, {}, 1)).at("input").as_string(), entry.text);
}

TEST(Request, the_key_stands_unless_the_entry_has_its_own) {
  MixEntry entry;
  EXPECT_EQ(HttpRequest(entry, "h:1", "/v1", "k", "{}"),
            "POST /v1/chat/completions HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\n"
            "User-Agent: headgate-load\r\nAuthorization: Bearer k\r\nContent-Length: 2\r\n\r\n{}");
  entry.headers = {{"Authorization", "Bearer mine"}, {"x-a", "b"}};
  const std::string own = HttpRequest(entry, "h:1", "", "k", "{}");
  EXPECT_THAT(own, HasSubstr("Authorization: Bearer mine\r\nx-a: b\r\n"));
  EXPECT_THAT(own, Not(HasSubstr("Bearer k")));
  EXPECT_THAT(HttpRequest(MixEntry{}, "h:1", "", "", "{}"), Not(HasSubstr("Authorization")));
}

}  // namespace
}  // namespace headgate::loadtest::load
