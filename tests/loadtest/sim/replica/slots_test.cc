#include "loadtest/sim/replica/slots.h"

#include <gtest/gtest.h>

namespace headgate::loadtest::sim {
namespace {

struct User final : SlotUser {
  void OnSlot() override { runs = true; }
  bool runs = false;
};

TEST(SlotsTest, ServesInOrderOfArrival) {
  Slots slots(1);
  User first, second, third;
  for (User* user : {&first, &second, &third}) slots.Enter(*user);
  EXPECT_TRUE(first.runs);
  EXPECT_FALSE(second.runs);
  EXPECT_EQ(slots.waiting(), 2);
  slots.Leave(first);
  EXPECT_TRUE(second.runs);
  EXPECT_FALSE(third.runs);
  EXPECT_EQ(slots.running(), 1);
}

TEST(SlotsTest, WhoLeavesTheQueueIsSkipped) {
  Slots slots(1);
  User first, second, third;
  for (User* user : {&first, &second, &third}) slots.Enter(*user);
  slots.Leave(second);
  slots.Leave(first);
  EXPECT_FALSE(second.runs);
  EXPECT_TRUE(third.runs);
  slots.Leave(first);
  EXPECT_EQ(slots.running(), 1);
}

TEST(SlotsTest, ZeroIsNoLimit) {
  Slots slots(0);
  User users[100];
  for (User& user : users) slots.Enter(user);
  EXPECT_EQ(slots.running(), 100);
  EXPECT_EQ(slots.waiting(), 0);
}

}  // namespace
}  // namespace headgate::loadtest::sim
