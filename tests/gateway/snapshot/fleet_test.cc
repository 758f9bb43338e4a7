#include "gateway/snapshot/fleet.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/snapshot/snapshot.h"
#include "tests/backends/upstream/take_replica.h"
#include "tests/gateway/snapshot/fleet_fixture.h"

namespace headgate::gateway {
namespace {

using Clock = FleetReload::Clock;
using Admission = backends::ReplicaSet::Admission;

TEST_F(FleetReload, ReplicasAreKnownByTheirAddressWhateverTheirPlace) {
  Reload(Gpu("http://127.0.0.1:1, http://127.0.0.1:2"));
  const auto lease = backends::Take(*Backend().replicas, 0, Clock::now(), 1, Admission::kUsable);
  ASSERT_EQ(lease->replica(), 0u);
  Reload(Gpu("http://127.0.0.1:3, http://127.0.0.1:1", 8));
  EXPECT_EQ(Backend().replicas->State(0, Clock::now()).in_flight, 0);
  EXPECT_EQ(Backend().replicas->State(1, Clock::now()).in_flight, 1);
  EXPECT_EQ(Backend().replicas->limits().slots, 8);
  EXPECT_EQ(Backend().rent[1], Before().rent[0]);
  EXPECT_EQ(Backend().replica_numbers[1], Before().replica_numbers[0]);
}

std::string Named(const std::string& name) {
  return absl::StrCat("  gpu: {hosting: self_hosted, replicas: \"dns://", name,
                      "\", models: {qwen-2.5-32b: q}, slots: 4, cost: {per_replica_hour: 2}}\n");
}

std::vector<config::Url> At(const std::vector<std::string>& hosts) {
  std::vector<config::Url> urls;
  urls.reserve(hosts.size());
  for (const std::string& host : hosts) {
    urls.push_back({.tls = false, .host = host, .port = 8000, .path = "/v1"});
  }
  return urls;
}

TEST_F(FleetReload, ReplicasBehindANameComeAndGoWithoutAReload) {
  Reload(Named("gpu.svc:8000"));
  ASSERT_EQ(Backend().replicas->size(), 1u) << "the name itself, until it is looked up";
  EXPECT_EQ(Backend().upstream->replicas()[0].host, "gpu.svc");
  const auto use = [this](const std::vector<std::string>& hosts) {
    std::shared_ptr<const Snapshot> next = *WithReplicas(*now_, {{"gpu.svc:8000/v1", At(hosts)}});
    next->fleet->AdoptFrom(*next->config, *now_->fleet, Clock::now());
    before_ = std::move(now_);
    now_ = std::move(next);
  };
  use({"10.0.0.5", "10.0.0.6"});
  EXPECT_EQ(now_->generation, 1u);
  ASSERT_EQ(Backend().replicas->size(), 2u);
  EXPECT_EQ(Backend().rent.size(), 2u);
  const auto lease = backends::Take(*Backend().replicas, 0, Clock::now(), 1, Admission::kUsable);
  ASSERT_EQ(lease->replica(), 0u);
  use({"10.0.0.6", "10.0.0.7"});
  // The replica that stayed keeps all, the one that left drains, and the new one starts slowly.
  EXPECT_EQ(Backend().replica_numbers[0], Before().replica_numbers[1]);
  EXPECT_EQ(Backend().rent[0], Before().rent[1]);
  EXPECT_EQ(Before().replicas->State(0, Clock::now()).in_flight, 1);
  EXPECT_EQ(Backend().replicas->InFlight(), 0);
  EXPECT_TRUE(Backend().replicas->circuit(0).Admits(Clock::now(), 1));
  EXPECT_FALSE(Backend().replicas->circuit(1).Admits(Clock::now(), 1));
  EXPECT_TRUE(now_->fleet->retired_rent().Find("gpu", "http://10.0.0.5:8000/v1") != nullptr);
}

TEST_F(FleetReload, AReloadKeepsWhatANameWasFoundToBeAndAnotherNameIsUnknown) {
  Reload(Named("gpu.svc:8000"));
  before_ = now_;
  now_ = *WithReplicas(*before_, {{"gpu.svc:8000/v1", At({"10.0.0.5", "10.0.0.6"})}});
  Reload(Named("gpu.svc:8000"));
  EXPECT_EQ(Backend().replicas->size(), 2u);
  Reload(Named("other.svc:8000"));
  EXPECT_EQ(Backend().replicas->size(), 1u);
  EXPECT_TRUE(now_->fleet->found().empty());
}

TEST_F(FleetReload, AnotherProxyIsAnotherWay) {
  const auto api = [](const std::string& proxy) {
    return "  api: {hosting: paid_api, url: \"https://a.example.com/v1\", api_key: secret, proxy: "
           "\"" +
           proxy + "\", models: {gpt-4.1: g}}\n";
  };
  Reload(api("http://one:3128"));
  Reload(api("http://one:3128"));
  EXPECT_EQ(Backend().replica_numbers, Before().replica_numbers);
  Reload(api("http://two:3128"));
  EXPECT_NE(Backend().replica_numbers, Before().replica_numbers);
  Reload(api("http://user:password@two:3128"));
  EXPECT_NE(Backend().replica_numbers, Before().replica_numbers);
  EXPECT_NE(now_->scrubber.Scrub("say password"), "say password");
}

TEST_F(FleetReload, ConnectionsAreNotUsedForAnotherAddress) {
  Reload(Api("https://a.example.com/v1") + Gpu("http://127.0.0.1:1"));
  Reload(Api("https://b.example.com/v1") + Gpu("http://127.0.0.1:1"));
  EXPECT_NE(Backend(0).replica_numbers[0], Before(0).replica_numbers[0]);
  EXPECT_EQ(Backend(1).replica_numbers[0], Before(1).replica_numbers[0]);
  Reload(Api("https://a.example.com/v1") + Gpu("http://127.0.0.1:1"));
  // A replica number is never used again, even for the same address.
  EXPECT_EQ(Backend(0).replica_numbers[0], 3u);
}

TEST_F(FleetReload, ARefusalOfStreamOptionsIsForgottenWithTheBackendThatRefused) {
  Reload(Api("https://a.example.com/v1") + Gpu("http://127.0.0.1:1"));
  *Backend(0).refuses_stream_options = true;
  Reload(Api("https://a.example.com/v1") + Gpu("http://127.0.0.1:2", 8));
  EXPECT_TRUE(*Backend(0).refuses_stream_options);
  EXPECT_FALSE(*Backend(1).refuses_stream_options);
  // Requests of the old generation and of the new generation learn together.
  EXPECT_EQ(Backend(0).refuses_stream_options, Before(0).refuses_stream_options);
  EXPECT_NE(Backend(1).refuses_stream_options, Before(1).refuses_stream_options);
  Reload(Api("https://b.example.com/v1"));
  EXPECT_FALSE(*Backend(0).refuses_stream_options);
}

TEST_F(FleetReload, WhatATargetTaughtStaysUnderItsName) {
  Reload(Gpu("http://127.0.0.1:1") + Api("https://a.example.com/v1"));
  now_->fleet->learned(1).ObserveTokens(1000, 250, 10, routing::Class::kGeneral);
  Reload(Api("https://b.example.com/v1"));
  EXPECT_EQ(now_->fleet->learned(0).TokensPerByte(), 0.25f);
}

// Makes five requests in a row fail in the same way at the only replica of the only target.
template <typename Fail>
void FailFiveTimes(const Fleet& fleet, Fail&& fail) {
  for (int i = 0; i < 5; ++i) {
    fail(*backends::Take(*fleet.backend(0).replicas, 0, Clock::now(), std::nullopt,
                         Admission::kUsable, &fleet.model_circuits(0)));
  }
}

TEST_F(FleetReload, TheQueueIsToldWhichReplicasAreEjected) {
  Reload(Gpu("http://127.0.0.1:1"));
  const auto swept = [this](Clock::time_point now) {
    now_->fleet->SweepQueues(now);
    return now_->fleet->backend(0).replicas->slots(0).down();
  };
  EXPECT_FALSE(swept(Clock::now()));
  FailFiveTimes(*now_->fleet, [](backends::ReplicaSet::Lease lease) {
    lease.Failed(backends::CircuitBreaker::Failure::kTransient, Clock::now());
  });
  EXPECT_TRUE(swept(Clock::now()));
  EXPECT_FALSE(swept(Clock::now() + std::chrono::hours(1))) << "it may be tried again";
}

TEST_F(FleetReload, AnotherKeyIsAFreshStartAndTheSameOneIsNot) {
  using Lease = backends::ReplicaSet::Lease;
  const auto usable = [this] {
    const auto now = Clock::now();
    return now_->fleet->NextTry(0, now) == now;
  };
  const auto api = [](const std::string& key, const std::string& model) {
    return "  api: {hosting: paid_api, url: \"https://a.example.com/v1\", api_key: " + key +
           ", models: {gpt-4.1: " + model + "}}\n";
  };
  Reload(api("wrong", "g"));
  FailFiveTimes(*now_->fleet, [](Lease lease) {
    lease.Failed(backends::CircuitBreaker::Failure::kTransient, Clock::now());
  });
  EXPECT_FALSE(usable());
  Reload(api("wrong", "g"));
  EXPECT_FALSE(usable());
  Reload(api("right", "g"));
  EXPECT_TRUE(usable());
  FailFiveTimes(*now_->fleet, [](Lease lease) { lease.RejectedModel(Clock::now()); });
  EXPECT_FALSE(usable());
  Reload(api("right", "g"));
  EXPECT_FALSE(usable());
  Reload(api("right", "other"));
  EXPECT_TRUE(usable());
  FailFiveTimes(*now_->fleet, [](Lease lease) { lease.RejectedModel(Clock::now()); });
  EXPECT_FALSE(usable());
  Reload(api("another", "other"));
  EXPECT_TRUE(usable());
}

TEST_F(FleetReload, WhatAnAccountHasSentStaysWithTheAccount) {
  const auto api = [](const std::string& key, int requests) {
    return absl::StrCat(
        "  api: {hosting: paid_api, url: \"https://a.example.com/v1\", api_key: ", key,
        ", models: {gpt-4.1: g}, limits: {requests_per_minute: ", requests, "}}\n");
  };
  const auto now = backends::Clock::now();
  const auto until = [&] { return now_->fleet->LimitedUntil(0, {}, now); };
  Reload(api("first", 1));
  EXPECT_EQ(until(), now);
  now_->fleet->configured_limits(0).Take(10, now);
  EXPECT_GT(until(), now);
  Reload(api("first", 2));
  EXPECT_EQ(until(), now) << "the new limit counts";
  now_->fleet->configured_limits(0).Take(10, now);
  EXPECT_GT(until(), now) << "and so does what was sent before";
  backends::RateLimitFields said;
  said.any = true;
  said.requests = {
      .limit = {}, .remaining = 0, .reset_in = std::chrono::minutes(5), .reset_at = {}};
  now_->fleet->heard_limits(0).Heard(said, now, {});
  Reload(api("first", 100));
  EXPECT_EQ(until(), now + std::chrono::minutes(5));
  Reload(api("second", 100));
  EXPECT_EQ(until(), now) << "another account";
}

TEST_F(FleetReload, RentOfARemovedReplicaStaysInTheBooks) {
  Reload(Gpu("http://127.0.0.1:1, http://127.0.0.1:2"));
  const auto accrued = Backend().rent[1]->Read(Clock::now()).accrued;
  Reload(Gpu("http://127.0.0.1:1"));
  const auto retired = now_->fleet->retired_rent().Read(Clock::now());
  EXPECT_GE(retired.at("gpu").accrued, accrued);
  EXPECT_EQ(now_->fleet->retired_rent().Read(Clock::now()).at("gpu").accrued,
            retired.at("gpu").accrued);
}

TEST_F(FleetReload, AReplicaThatComesBackWhileItDrainsGoesOnWithItsMeter) {
  Reload(Gpu("http://127.0.0.1:1, http://127.0.0.1:2"));
  const std::shared_ptr<const Snapshot> request_holds = now_;
  const auto meter = Backend().rent[1];
  Reload(Gpu("http://127.0.0.1:1"));
  Reload(Gpu("http://127.0.0.1:1, http://127.0.0.1:2"));
  EXPECT_EQ(Backend().rent[1], meter);
  EXPECT_EQ(now_->fleet->retired_rent().Find("gpu", "http://127.0.0.1:2"), nullptr);
}

TEST_F(FleetReload, ASnapshotThatIsThrownAwayHasChangedNothing) {
  Reload(Gpu("http://127.0.0.1:1", 4));
  const auto slot = Backend().rent[0]->Acquire(Clock::now());
  {
    const auto unused =
        Snapshot::Make(LoadBackends(Api("https://a.example.com/v1")), now_.get(), labels_);
  }
  EXPECT_TRUE(now_->fleet->retired_rent().Read(Clock::now()).empty());
  Backend().rent[0]->Release(slot, Clock::now());
  EXPECT_EQ(Backend().rent[0]->Read(Clock::now()).holders, 0);
}

TEST_F(FleetReload, GenerationsCountUpAndRemovedTargetsKeepTheirHosting) {
  Reload(Gpu("http://127.0.0.1:1"));
  const LabelId target = now_->target_labels[0];
  const Snapshot& next = Reload(Api("https://a.example.com/v1"));
  EXPECT_EQ(next.generation, 2u);
  EXPECT_EQ(next.target_hosting.at(target), config::Hosting::kSelfHosted);
}

}  // namespace
}  // namespace headgate::gateway
