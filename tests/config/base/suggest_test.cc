#include "config/base/suggest.h"

#include <gtest/gtest.h>

#include <string_view>

namespace headgate::config {
namespace {

TEST(InsteadOfKeyTest, says_what_was_meant_where_money_and_limits_are) {
  struct Case {
    UnknownKey key;
    std::string_view instead;
  };
  for (const Case& c : {
           Case{{"keys.a.limits.rpm", "rpm", "60"}, "did you mean `requests_per_minute`?"},
           Case{{"teams.a.limits.tpm", "tpm", "400k"}, "did you mean `tokens_per_minute`?"},
           Case{{"budgets[0].period", "period", "day"}, "did you mean `per`?"},
           Case{{"budgets[0].000", "000", ""},
                "it is the end of a number with a comma: write 1000, not 1,000"},
           Case{{"budgets[0].0000", "0000", ""}, "use `limit`"},
           Case{{"budgets[0].000", "000", "5"}, "use `limit`"},
       }) {
    EXPECT_EQ(InsteadOfKey(c.key, {"limit"}), c.instead) << c.key.path;
  }
}

}  // namespace
}  // namespace headgate::config
