#include "gateway/recording/recorded_prices.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace headgate::gateway {
namespace {

TEST(RecordedPrices, that_cannot_be_are_refused) {
  const auto read = [](std::string json) {
    json.resize(json.size() + simdjson::SIMDJSON_PADDING, ' ');
    simdjson::ondemand::parser parser;
    simdjson::ondemand::document document;
    simdjson::ondemand::value value;
    config::Prices prices;
    return parser.iterate(json.data(), json.size() - simdjson::SIMDJSON_PADDING, json.size())
                   .get(document) == simdjson::SUCCESS &&
           document.get_value().get(value) == simdjson::SUCCESS && ReadPrices(value, prices);
  };
  EXPECT_TRUE(read(R"({"standard":[1,-1,-1,2],"above":[]})")) << "an older recording";
  EXPECT_TRUE(read(R"({"standard":[1,-1,-1,2],"later":{"a":[1]}})"));
  for (const char* const wrong :
       {R"({"standard":[1,-1,2]})", R"({"standard":[-1,-1,-1,2]})", R"({"standard":[1,2,3,4,5,6]})",
        R"({"flex":-1})", R"({"flex":100000001})", R"({"flex":"half"})", R"({"hours":[[0,60]]})",
        R"({"hours":[[0,1441,5]]})", R"({"hours":[[-1,60,5]]})", R"({"hours":[[0,60,5,5]]})",
        R"({"hours":[[0,60,{"standard":[1]}]]})", R"({"request":-1})", R"({"search":"1"})",
        R"({"changes":[{"from":"x"}]})", R"({"changes":[1]})", R"([1])"}) {
    EXPECT_FALSE(read(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace headgate::gateway
