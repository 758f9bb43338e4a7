#include "gateway/explain/recent_decisions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"

namespace headgate::gateway {
namespace {

RequestId Id(std::size_t number) {
  RequestId id;
  const std::string text = absl::StrFormat("req_%024d", number);
  EXPECT_EQ(text.size(), id.text.size());
  std::copy(text.begin(), text.end(), id.text.begin());
  return id;
}

Snapshot Generation(std::uint64_t number) {
  return Snapshot{.generation = number,
                  .config = std::make_shared<const config::Config>(),
                  .policy = nullptr,
                  .fleet = nullptr,
                  .keys = policy::KeyRing({}),
                  .scrubber = policy::Scrubber({})};
}

TEST(RecentDecisions, are_the_last_ones) {
  RecentDecisions recent;
  const Snapshot snapshot = Generation(1);
  const RequestDecision made;
  for (std::size_t i = 0; i <= RecentDecisions::kKept; ++i) recent.Keep(Id(i), snapshot, made);
  EXPECT_FALSE(recent.Find(Id(0).View()));
  EXPECT_TRUE(recent.Find(Id(1).View()));
  EXPECT_TRUE(recent.Find(Id(RecentDecisions::kKept).View()));
  EXPECT_FALSE(recent.Find("request-unheard-of"));
}

TEST(RecentDecisions, know_which_requests_were_refused_afterwards) {
  RecentDecisions recent;
  const Snapshot snapshot = Generation(1);
  const RequestDecision made;
  recent.NoteRefused(0, Id(7), {Rejection::kQueueFull});  // nothing is kept yet
  constexpr std::size_t kDecisions = RecentDecisions::kKept + 10;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < kDecisions; ++i) {
    places.push_back(recent.Keep(Id(i), snapshot, made));
    if (i % 2 == 0) {
      recent.NoteRefused(places[i], Id(i), {Rejection::kShed, {{"gpu", "it made room"}}});
    }
  }
  recent.NoteRefused(places[11], Id(11), {Rejection::kQueueFull});  // long after its decision
  recent.NoteRefused(places[3], Id(3), {Rejection::kQueueFull});    // another has its place
  EXPECT_FALSE(recent.Find(Id(3).View()));
  EXPECT_FALSE(recent.Find(Id(RecentDecisions::kKept + 3).View())->refused);
  EXPECT_EQ(recent.Find(Id(kDecisions - 2).View())->refused->why, Rejection::kShed);
  EXPECT_EQ(recent.Find(Id(12).View())->refused->waits.at(0).how, "it made room");
  EXPECT_EQ(recent.Find(Id(11).View())->refused->why, Rejection::kQueueFull);
  EXPECT_FALSE(recent.Find(Id(13).View())->refused);
  EXPECT_FALSE(recent.Find(Id(kDecisions - 1).View())->refused);
}

TEST(RecentDecisions, outlive_some_reloads_with_the_configuration_that_made_them) {
  RecentDecisions recent;
  const RequestDecision made;
  std::shared_ptr<const config::Config> first;
  for (std::uint64_t number = 1; number <= RecentDecisions::kKeptConfigs; ++number) {
    const Snapshot snapshot = Generation(number);
    if (number == 1) first = snapshot.config;
    recent.Keep(Id(number), snapshot, made);
  }
  const auto found = recent.Find(Id(1).View());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->deciding.generation, 1u);
  EXPECT_EQ(found->deciding.config, first);
  recent.Keep(Id(99), Generation(RecentDecisions::kKeptConfigs + 1), made);
  EXPECT_FALSE(recent.Find(Id(1).View())) << "its configuration is no longer kept";
  EXPECT_TRUE(recent.Find(Id(2).View()));
}

}  // namespace
}  // namespace headgate::gateway
