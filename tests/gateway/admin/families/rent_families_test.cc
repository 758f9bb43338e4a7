// What self-hosted backends cost and are worth, as metrics and as a part of /status.
#include "gateway/admin/families/rent_families.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <chrono>
#include <map>
#include <sstream>
#include <string>

#include "prometheus/text_serializer.h"
#include "tests/gateway/daemon_fixture.h"

namespace headgate::gateway {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::int64_t kMidday = 1'795'910'400 + 12 * 3600;  // 2026-11-29

// Two replicas at $3 an hour by day and $1 by night, beside a paid target at $1/$4.
const char* const kPolicy = R"(
server: {auth: none}
models:
  own: {context: 32k}
  small: {context: 128k, price: {input: 1, output: 4}}
  vectors: {context: 8k, price: {input: 0.02, output: 0}}
backends:
  gpu: {hosting: self_hosted, replicas: ["http://127.0.0.1:1", "http://127.0.0.1:2"], slots: 4, models: {own: own},
        cost: {per_replica_hour: 3, rent: {from: "20:00", to: "08:00", per_replica_hour: 1}}}
  api: {hosting: paid_api, url: "http://127.0.0.1:3/v1", api_key: k, models: {small: small, vectors: vectors}}
  unpriced: {hosting: paid_api, url: "http://127.0.0.1:4/v1", api_key: k, models: {own: own}}
routes: [{name: all, targets: [own@gpu, small@api]}]
)";

class RentFamilies : public testing::Test {
 protected:
  // The value of a series; nullopt if there is none.
  std::optional<double> Series(const std::string& name) {
    FamilySet::Families families;
    AddRentFamilies(fleet(), *snapshot_->policy, kMidday, now_, families);
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    std::istringstream lines(std::move(out).str());
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    }
    return std::nullopt;
  }
  const Fleet& fleet() const { return *snapshot_->fleet; }
  const BackendState& gpu() const { return fleet().backend(0); }
  // Nobody asks for `time`, at the rents of noon.
  void Idle(backends::Duration time) {
    ChargeRents(fleet(), kMidday, now_);
    now_ += time;
  }

  std::shared_ptr<const Snapshot> snapshot_ = InForce(kPolicy);
  backends::TimePoint now_ = backends::Clock::now() + hours(1000);
};

TEST_F(RentFamilies, sayNothingBeforeTheFirstSample) {
  Idle(minutes(1));
  EXPECT_FALSE(Series(R"(headgate_self_hosted_utilisation_ratio{backend="gpu",window="5m"})"));
  EXPECT_TRUE(EconomyJson(gpu(), {}, *snapshot_->policy, kMidday, now_).empty());
  EXPECT_TRUE(Series(R"(headgate_self_hosted_cost_usd_total{backend="gpu",state="idle"})"));
}

// Two replicas at $3 for an hour are $6. 1M tokens of input and 0.5M of output cost $1 + $2 at the
// paid target. A day's rent is 2 * (12 * $3 + 12 * $1) = $96, as much as 32 times these tokens.
TEST_F(RentFamilies, compareTheRentWithTheBillElsewhere) {
  ChargeRents(fleet(), kMidday, now_);
  SampleServed(fleet(), now_);
  gpu().served->Add({.input = 1'000'000, .output = 500'000});
  Idle(hours(1));
  EXPECT_NEAR(*Series(R"(headgate_self_hosted_utilisation_ratio{backend="gpu",window="1h"})"), 0,
              1e-12);
  EXPECT_NEAR(
      *Series(R"(headgate_effective_price_usd_per_million_tokens{backend="gpu",window="24h"})"), 4,
      1e-9);
  const std::string elsewhere =
      R"(headgate_self_hosted_bill_elsewhere_usd{backend="gpu",against=")";
  EXPECT_NEAR(*Series(elsewhere + R"(small@api",window="1h"})"), 3, 1e-9);
  EXPECT_FALSE(Series(elsewhere + R"(vectors@api",window="1h"})")) << "for embeddings";
  EXPECT_FALSE(Series(elsewhere + R"(own@unpriced",window="1h"})"));
  EXPECT_NEAR(*Series(R"(headgate_break_even_tokens_per_day{backend="gpu",against="small@api"})"),
              32 * 1.5e6, 1);
}

TEST_F(RentFamilies, haveNoPriceWhileNothingIsServed) {
  SampleServed(fleet(), now_);
  Idle(minutes(10));
  EXPECT_TRUE(Series(R"(headgate_self_hosted_utilisation_ratio{backend="gpu",window="5m"})"));
  EXPECT_FALSE(
      Series(R"(headgate_effective_price_usd_per_million_tokens{backend="gpu",window="5m"})"));
  EXPECT_FALSE(Series(R"(headgate_break_even_tokens_per_day{backend="gpu",against="small@api"})"));
}

TEST_F(RentFamilies, areAPartOfTheStatus) {
  ChargeRents(fleet(), kMidday, now_);
  SampleServed(fleet(), now_);
  gpu().served->Add({.input = 1'000'000, .output = 500'000});
  Idle(hours(1));
  const RentByBackend rents = RentOfBackends(fleet(), now_);
  const boost::json::object json =
      EconomyJson(gpu(), rents.at("gpu"), *snapshot_->policy, kMidday, now_);
  const boost::json::object& hour = json.at("1h").as_object();
  EXPECT_NEAR(hour.at("usd_per_million_tokens").as_double(), 4, 1e-9);
  EXPECT_EQ(hour.at("tokens").as_int64(), 1'500'000);
  EXPECT_EQ(json.at("against").as_object().size(), 1u);
}

// At the hour at which the night begins, the meters change to the rent of the night.
TEST_F(RentFamilies, rentsFollowTheClock) {
  ChargeRents(fleet(), kMidday, now_);
  const auto idle = [&] {
    return *Series(R"(headgate_self_hosted_cost_usd_total{backend="gpu",state="idle"})");
  };
  const double before = idle();
  now_ += hours(1);
  const double day = idle();
  ChargeRents(fleet(), kMidday + std::int64_t{8} * 3600, now_);
  now_ += hours(1);
  EXPECT_NEAR(day - before, 6, 1e-6);
  EXPECT_NEAR(idle() - day, 2, 1e-6);
}

}  // namespace
}  // namespace headgate::gateway
