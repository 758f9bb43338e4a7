#include "gateway/connection/read_ahead.h"

#include <gtest/gtest.h>

#include <list>

namespace headgate::gateway {
namespace {

TEST(ReadAhead, ExpectsAnotherRequestLikeTheLast) {
  ReadAheadBudget budget;
  const std::size_t whole = budget.left;
  {
    ReadAhead connection(budget);
    EXPECT_EQ(connection.size(), ReadAhead::kUsual);
    connection.Expect(32'000);
    EXPECT_GE(connection.size(), 36'000u);  // the next turn of a conversation is longer
    connection.Expect(8'000);
    EXPECT_EQ(connection.size(), 10'000u);
    EXPECT_EQ(budget.left, whole - 10'000 + ReadAhead::kUsual);
  }
  EXPECT_EQ(budget.left, whole);
}

TEST(ReadAhead, TakesNothingWhereItDoesNotPay) {
  ReadAheadBudget budget;
  const std::size_t whole = budget.left;
  ReadAhead connection(budget);
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, ReadAhead::kUsual,
                                  ReadAhead::kMost + 1, std::size_t{32} << 20}) {
    connection.Expect(40'000);
    connection.Expect(bytes);
    EXPECT_EQ(connection.size(), ReadAhead::kUsual) << bytes;
    EXPECT_EQ(budget.left, whole) << bytes;
  }
}

TEST(ReadAhead, IsBoundedForAllConnectionsTogether) {
  ReadAheadBudget budget;
  const std::size_t whole = budget.left;
  std::list<ReadAhead> connections;
  std::size_t room = 0;
  for (int i = 0; i < 10'000; ++i) {
    ReadAhead& connection = connections.emplace_back(budget);
    connection.Expect(ReadAhead::kMost);
    room += connection.size() - ReadAhead::kUsual;
  }
  EXPECT_EQ(room, whole);
  EXPECT_EQ(budget.left, 0u);
  EXPECT_EQ(connections.back().size(), ReadAhead::kUsual);
  connections.clear();
  EXPECT_EQ(budget.left, whole);
}

}  // namespace
}  // namespace headgate::gateway
