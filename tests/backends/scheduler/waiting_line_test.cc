#include "backends/scheduler/waiting_line.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

namespace headgate::backends {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1000h};

class Nobody : public SlotTaker {
 public:
  Try TryTake(TimePoint, ReservedSlots&) override { return Try::kNoRoom; }
  void Wake(Why) override {}
};

// A line whose waiters have names.
class Line {
 public:
  void Add(const std::string& name, const SlotDemand& demand) {
    Waiter& waiter = line_.Add(demand, takers_.emplace_back());
    names_[&waiter] = name;
    waiters_[name] = &waiter;
  }
  // Grants the head and returns its name.
  std::string Next(bool batch_below_floor = false, Duration expected = 1s) {
    Waiter* const head = line_.Head(batch_below_floor);
    if (head == nullptr) return "";
    std::string name = names_.at(head);
    line_.of(head->band).Charge(*head, expected);
    line_.Remove(*head);
    return name;
  }
  // A request of the team ends. It took longer than expected by `difference`.
  void End(const char* team, Duration difference) {
    line_.of(Band::kNormal).Ended(team, difference);
  }
  std::string NameOf(const Waiter* waiter) const { return waiter ? names_.at(waiter) : ""; }
  void Remove(const std::string& name) { line_.Remove(*waiters_.at(name)); }
  WaitingLine& line() { return line_; }

 private:
  std::deque<Nobody> takers_;
  WaitingLine line_;
  std::map<const Waiter*, std::string> names_;
  std::map<std::string, Waiter*> waiters_;
};

TEST(WaitingLineTest, TheMostUrgentBandGoesFirst) {
  Line line;
  line.Add("batch", {.band = Band::kBatch});
  line.Add("normal", {.band = Band::kNormal});
  line.Add("critical", {.band = Band::kLatencyCritical});
  EXPECT_EQ(line.line().size(), 3u);
  EXPECT_EQ(line.Next(), "critical");
  EXPECT_EQ(line.Next(), "normal");
  EXPECT_EQ(line.Next(), "batch");
  EXPECT_EQ(line.Next(), "");
  EXPECT_TRUE(line.line().empty());
}

TEST(WaitingLineTest, BatchBelowItsFloorGoesBeforeAll) {
  Line line;
  line.Add("critical", {.band = Band::kLatencyCritical});
  EXPECT_EQ(line.NameOf(line.line().Head(true)), "critical") << "no batch waits";
  line.Add("batch", {.band = Band::kBatch});
  EXPECT_EQ(line.Next(true), "batch");
}

TEST(WaitingLineTest, WithinATeamTheEarliestDeadlineThenTheFirstArrivalGoesFirst) {
  Line line;
  line.Add("late", {.deadline = kStart + 9s});
  line.Add("never", {});
  line.Add("soon", {.deadline = kStart + 1s});
  line.Add("soon too", {.deadline = kStart + 1s});
  for (const char* const name : {"soon", "soon too", "late", "never"}) EXPECT_EQ(line.Next(), name);
}

TEST(WaitingLineTest, WhoWasMovedAsideGoesBeforeTheBandInTheOrderOfReturns) {
  Line line;
  line.Add("other", {.band = Band::kBatch, .deadline = kStart});
  line.Add("first", {.band = Band::kBatch, .deadline = kStart + 9s, .front = true});
  line.Add("second", {.band = Band::kBatch, .deadline = kStart + 1s, .front = true});
  line.Add("normal", {});
  for (const char* const name : {"normal", "first", "second", "other"})
    EXPECT_EQ(line.Next(), name);
}

TEST(WaitingLineTest, TeamsTakeTurnsHoweverManyWait) {
  Line line;
  for (int i = 0; i < 9; ++i) line.Add("a" + std::to_string(i), {.team = "a"});
  line.Add("b0", {.team = "b"});
  line.Add("b1", {.team = "b"});
  EXPECT_EQ(line.Next(), "a0");
  EXPECT_EQ(line.Next(), "b0");
  EXPECT_EQ(line.Next(), "a1");
  EXPECT_EQ(line.Next(), "b1");
  EXPECT_EQ(line.Next(), "a2");
  EXPECT_EQ(line.Next(), "a3");
}

TEST(WaitingLineTest, TheShareIsTheWeightOfATeam) {
  Line line;
  for (int i = 0; i < 400; ++i) {
    line.Add("a", {.team = "a", .share = 3});
    line.Add("b", {.team = "b"});
    line.Add("c", {.team = "c"});
  }
  std::map<std::string, int> granted;
  for (int i = 0; i < 500; ++i) ++granted[line.Next()];
  EXPECT_NEAR(granted["a"], 300, 2);
  EXPECT_NEAR(granted["b"], 100, 2);
  EXPECT_NEAR(granted["c"], 100, 2);
}

TEST(WaitingLineTest, IdlenessEarnsNoCredit) {
  Line line;
  line.Add("b", {.team = "b"});
  EXPECT_EQ(line.Next(), "b");
  for (int i = 0; i < 100; ++i) line.Add("a", {.team = "a"});
  for (int i = 0; i < 50; ++i) line.Next();
  for (int i = 0; i < 10; ++i) line.Add("b", {.team = "b"});
  int granted_to_b = 0;
  for (int i = 0; i < 10; ++i) granted_to_b += line.Next() == "b" ? 1 : 0;
  EXPECT_NEAR(granted_to_b, 5, 1);
}

TEST(WaitingLineTest, ATeamThatWaitsWithOneRequestAtATimeKeepsItsDebt) {
  Line line;
  for (int i = 0; i < 100; ++i) line.Add("a", {.team = "a"});
  line.Add("b", {.team = "b"});
  int granted_to_b = 0;
  for (int i = 0; i < 100; ++i) {
    if (line.Next() != "b") continue;
    ++granted_to_b;
    line.Add("b", {.team = "b"});
  }
  EXPECT_NEAR(granted_to_b, 50, 1);
}

TEST(WaitingLineTest, ReleasesCorrectWhatWasCharged) {
  Line line;
  for (int i = 0; i < 400; ++i) {
    line.Add("a", {.team = "a"});
    line.Add("b", {.team = "b"});
  }
  // A request of a holds its slot three times as long as expected.
  std::map<std::string, int> granted;
  for (int i = 0; i < 400; ++i) {
    const std::string name = line.Next();
    ++granted[name];
    if (name == "a") line.End("a", 2s);
  }
  EXPECT_NEAR(granted["a"], 100, 2);
  EXPECT_NEAR(granted["b"], 300, 2);
}

TEST(WaitingLineTest, SettledTeamsAreForgotten) {
  Line line;
  line.Add("b", {.team = "b"});
  for (int i = 0; i < 3; ++i) line.Add("a", {.team = "a"});
  for (const char* const name : {"b", "a", "a", "a"}) EXPECT_EQ(line.Next(), name);
  line.End("b", 100s);
  line.Add("a", {.team = "a"});
  line.Add("b", {.team = "b"});
  EXPECT_EQ(line.Next(), "b") << "the correction came too late and is ignored";
}

TEST(WaitingLineTest, ADebtEndsWithTheBusyPeriod) {
  Line line;
  // Of two requests of a that were granted, each takes 10 min.
  for (int i = 0; i < 2; ++i) line.Add("a", {.team = "a"});
  line.Add("b", {.team = "b"});
  for (int i = 0; i < 3; ++i) line.Next();
  line.End("a", 10min);
  line.End("b", 0s);
  line.Add("b", {.team = "b"});
  line.Add("a", {.team = "a"});
  EXPECT_EQ(line.NameOf(line.line().Head(false)), "b") << "one of a still runs";
  EXPECT_EQ(line.Next(), "b");
  EXPECT_EQ(line.Next(), "a");
  line.End("b", 0s);
  line.End("a", 10min);
  line.End("a", 10min);
  // Later the pool fills again. Nobody waits behind what was before.
  for (const char* const team : {"a", "b", "a", "b"}) line.Add(team, {.team = team});
  for (const char* const team : {"a", "b", "a", "b"}) EXPECT_EQ(line.Next(), team);
}

TEST(WaitingLineTest, ADebtEndsIfTheLastWaiterLeavesAnIdleBand) {
  Line line;
  line.Add("a", {.team = "a"});
  line.Add("b", {.team = "b"});
  EXPECT_EQ(line.Next(), "a");
  line.End("a", 10min);
  line.Remove("b");
  line.Add("a", {.team = "a"});
  line.Add("b", {.team = "b"});
  EXPECT_EQ(line.Next(), "a");
}

TEST(WaitingLineTest, ShedsTheYoungestOfTheLowestBand) {
  Line line;
  EXPECT_EQ(line.line().YoungestBelow(Band::kLatencyCritical), nullptr);
  line.Add("normal", {});
  line.Add("old", {.band = Band::kBatch});
  line.Add("young", {.band = Band::kBatch, .deadline = kStart});
  line.Add("moved aside", {.band = Band::kBatch, .front = true});
  for (const Band band : {Band::kLatencyCritical, Band::kNormal}) {
    EXPECT_EQ(line.NameOf(line.line().YoungestBelow(band)), "young");
  }
  EXPECT_EQ(line.line().YoungestBelow(Band::kBatch), nullptr);
  line.Remove("young");
  line.Remove("old");
  EXPECT_EQ(line.NameOf(line.line().YoungestBelow(Band::kLatencyCritical)), "normal");
  EXPECT_EQ(line.line().YoungestBelow(Band::kNormal), nullptr) << "what was moved aside stays";
}

TEST(WaitingLineTest, TheLatestGrantLeavesTimeForTheFirstToken) {
  WaitingLine line;
  Nobody with_deadline;
  Nobody without;
  EXPECT_EQ(line.Add({.deadline = kStart + 2s, .lead = 500ms}, with_deadline).latest_grant,
            kStart + 1500ms);
  EXPECT_EQ(line.Add({.lead = 500ms}, without).latest_grant, TimePoint::max());
  EXPECT_NE(line.Find(without), nullptr);
  line.Remove(*line.Find(without));
  EXPECT_EQ(line.Find(without), nullptr);
}

TEST(WaitingLineTest, KnowsHowManyGoBeforeANewcomer) {
  Line line;
  const auto ahead = [&line](const char* team, int share) {
    return line.line().of(Band::kNormal).Ahead(team, share, 1s);
  };
  EXPECT_EQ(ahead("a", 1), 0u);
  for (int i = 0; i < 10; ++i) line.Add("a", {.team = "a"});
  EXPECT_EQ(ahead("a", 1), 10u);
  EXPECT_EQ(ahead("b", 1), 1u) << "one of a, then the newcomer's turn";
  line.Add("b", {.team = "b"});
  EXPECT_EQ(ahead("b", 1), 3u) << "its own first, and two of a";
  EXPECT_EQ(ahead("b", 4), 2u);
  EXPECT_EQ(ahead("a", 1), 11u);
  line.Add("moved aside", {.team = "c", .front = true});
  EXPECT_EQ(ahead("b", 1), 4u);
}

}  // namespace
}  // namespace headgate::backends
