#include "gateway/dialect/gather_list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::gateway {
namespace {

std::string Joined(const GatherList& list) {
  std::string all;
  for (const boost::asio::const_buffer& piece : list) {
    EXPECT_GT(piece.size(), 0u);
    all.append(static_cast<const char*>(piece.data()), piece.size());
  }
  return all;
}

struct GatherCase {
  std::vector<std::size_t> sizes;
  std::size_t listed;
};

TEST(Gather, ListsLongPiecesWhereTheyLieAndCopiesShortOnes) {
  constexpr std::size_t kLong = kShortPiece;
  const std::vector<GatherCase> cases = {
      {{}, 1},
      {{1}, 1},
      {{kLong - 1}, 1},
      {{kLong}, 2},
      {{20, 8, 1000}, 1},
      {{20, 8, 100000}, 2},  // the usual long prompt: the model stands before the messages
      {{100000, 8, 1}, 3},   // or behind them
      {{kLong, kLong, kLong}, 4},
      {{kLong, 1, 2, kLong, 3}, 5},
  };
  for (const GatherCase& c : cases) {
    for (const std::string& head : {std::string("head"), std::string(9000, 'h')}) {
      std::string text = head;
      std::string expected = head;
      std::vector<std::string> owners;
      for (std::size_t i = 0; i < c.sizes.size(); ++i) {
        owners.emplace_back(c.sizes[i], static_cast<char>('a' + i));
        expected += owners.back();
      }
      const std::vector<std::string_view> pieces(owners.begin(), owners.end());
      const GatherList list = Gather(text, pieces);
      EXPECT_TRUE(Joined(list) == expected) << testing::PrintToString(c.sizes);
      EXPECT_EQ(list.size(), c.listed) << testing::PrintToString(c.sizes);
      EXPECT_LT(text.size(), head.size() + 3 * kShortPiece);
      for (const std::string& owner : owners) {
        const auto lies_there = [&](const auto& piece) { return piece.data() == owner.data(); };
        EXPECT_EQ(std::any_of(list.begin(), list.end(), lies_there), owner.size() >= kShortPiece);
      }
    }
  }
}

TEST(Gather, OfNothingIsNothing) {
  std::string text;
  EXPECT_TRUE(Gather(text, {}).empty());
}

}  // namespace
}  // namespace headgate::gateway
