#include "gateway/keeping/page_query.h"

#include <gtest/gtest.h>

#include <string_view>

#include "absl/status/status.h"
#include "gateway/keeping/store_error.h"

namespace headgate::gateway {
namespace {

TEST(QueryValueTest, FindsTheFirstOfAName) {
  constexpr std::string_view kQuery = "a=1&limit=2&b&limit=3&after=msg%5F1&empty=&x=a=b";
  EXPECT_EQ(QueryValue(kQuery, "a"), "1");
  EXPECT_EQ(QueryValue(kQuery, "limit"), "2");
  EXPECT_EQ(QueryValue(kQuery, "after"), "msg_1");
  EXPECT_EQ(QueryValue(kQuery, "x"), "a=b");
  for (const std::string_view absent : {"b", "empty", "imit", "limi", ""}) {
    EXPECT_EQ(QueryValue(kQuery, absent), "") << absent;
  }
  EXPECT_EQ(QueryValue("", "a"), "");
  EXPECT_EQ(QueryValue("&&a=2", "a"), "2");
}

TEST(ReadPageQueryTest, TakesWhatOpenAisClientsSend) {
  PageQuery page;
  EXPECT_FALSE(ReadPageQuery("", page));
  EXPECT_EQ(page.limit, 20);
  EXPECT_FALSE(page.ascending);
  EXPECT_TRUE(page.after.empty());
  EXPECT_FALSE(ReadPageQuery("limit=100&order=asc&after=msg_1&include[]=x", page));
  EXPECT_EQ(page.limit, 100);
  EXPECT_TRUE(page.ascending);
  EXPECT_EQ(page.after, "msg_1");
  EXPECT_FALSE(ReadPageQuery("order=desc&limit=1", page));
  EXPECT_EQ(page.limit, 1);
  EXPECT_FALSE(page.ascending);
}

TEST(ReadPageQueryTest, NamesWhatIsWrong) {
  for (const std::string_view query :
       {"limit=0", "limit=101", "limit=-1", "limit=x", "limit=5x", "limit=99999999999"}) {
    PageQuery page;
    const std::optional<ClientError> wrong = ReadPageQuery(query, page);
    ASSERT_TRUE(wrong) << query;
    EXPECT_EQ(wrong->status, 400);
    EXPECT_EQ(wrong->param, "limit");
  }
  PageQuery page;
  EXPECT_EQ(ReadPageQuery("order=up", page)->param, "order");
}

TEST(StoreErrorTest, HasTheStatusThatClientsKnow) {
  struct {
    absl::Status status;
    int code;
    std::optional<Rejection> rejection;
  } const cases[] = {
      {absl::NotFoundError("gone"), 404, Rejection::kNotFound},
      {absl::InvalidArgumentError("gone"), 400, Rejection::kBadBody},
      {absl::ResourceExhaustedError("gone"), 400, Rejection::kTooLarge},
      {absl::UnavailableError("gone"), 503, std::nullopt},
  };
  for (const auto& c : cases) {
    RequestAccount account;
    const ClientError error = StoreError(c.status, account);
    EXPECT_EQ(error.status, c.code);
    EXPECT_EQ(error.message, "gone");
    EXPECT_EQ(account.rejection, c.rejection);
    EXPECT_EQ(error.retry_after_s.has_value(), c.code == 503);
  }
}

}  // namespace
}  // namespace headgate::gateway
