#include "gateway/http/decimal_json.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cstdlib>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace headgate::gateway {
namespace {

TEST(DecimalJson, WritesNumbersWithoutAnExponent) {
  const std::vector<std::pair<double, std::string>> cases = {
      {0.001, "0.001"},
      {5, "5"},
      {-2.5, "-2.5"},
      {0, "0"},
      {0.25, "0.25"},
      {1e-9, "0.000000001"},
      {123456789012345680.0, "123456789012345680"},
      {1e21, "1000000000000000000000"},
      {std::numeric_limits<double>::infinity(), "null"},
      {std::numeric_limits<double>::quiet_NaN(), "null"},
  };
  for (const auto& [number, text] : cases) EXPECT_EQ(DecimalJson(number), text);
  for (const double number : {std::numeric_limits<double>::denorm_min(),
                              std::numeric_limits<double>::lowest(), 0.1 + 0.2}) {
    const std::string text = DecimalJson(number);
    EXPECT_EQ(text.find_first_of("eE"), std::string::npos) << text;
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), number);  // std::stod refuses the smallest
  }
}

TEST(DecimalJson, KeepsEverythingElse) {
  const std::string text =
      R"({"a":[],"b":{},"c":[1,-2,18446744073709551615,true,null,"{\"\n"],"\"d":{"e":"","f":[[0.5]]}})";
  EXPECT_EQ(DecimalJson(boost::json::parse(text)), text);
}

}  // namespace
}  // namespace headgate::gateway
