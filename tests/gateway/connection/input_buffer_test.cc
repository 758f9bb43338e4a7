#include "gateway/connection/input_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace headgate::gateway {
namespace {

constexpr auto kNoMoves = [](const char*, const char*) {};

void Append(InputBuffer& buffer, std::string_view bytes) {
  char* const tail = buffer.Tail(bytes.size(), kNoMoves);
  if (!bytes.empty()) std::memcpy(tail, bytes.data(), bytes.size());
  buffer.Commit(bytes.size());
}

TEST(InputBuffer, ReservesExactlyWhatIsAnnounced) {
  InputBuffer buffer;
  Append(buffer, "head");
  buffer.Reserve(150'123, kNoMoves);
  EXPECT_EQ(buffer.capacity(), 150'123u);
  EXPECT_EQ(buffer.TailRoom(), 150'119u);
  EXPECT_EQ(buffer.data(), "head");
  const char* const before = buffer.begin();
  buffer.Reserve(100'000, kNoMoves);
  Append(buffer, std::string(150'119, 'x'));
  EXPECT_EQ(buffer.begin(), before);
  EXPECT_EQ(buffer.TailRoom(), 0u);
}

TEST(InputBuffer, MakesRoomInFrontBeforeItGrows) {
  InputBuffer buffer;
  Append(buffer, std::string(4000, 'a') + "rest");
  buffer.Consume(4000);
  const std::size_t capacity = buffer.capacity();
  buffer.Reserve(capacity, kNoMoves);
  EXPECT_EQ(buffer.capacity(), capacity);
  EXPECT_EQ(buffer.data(), "rest");
  EXPECT_EQ(buffer.TailRoom(), capacity - 4);
}

TEST(InputBuffer, KeepsItsDataWhenItGrowsAndGivesTheMemoryBack) {
  InputBuffer buffer;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    Append(buffer, piece);
    expected += piece;
    if (i % 7 == 0) {
      buffer.Consume(std::min<std::size_t>(expected.size(), 90));
      expected.erase(0, 90);
    }
    ASSERT_TRUE(buffer.data() == expected) << i;
  }
  buffer.Consume(buffer.size());
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0u);
}

TEST(InputBuffer, SaysWhereItsDataWentWhileBothPlacesAreThere) {
  InputBuffer buffer;
  Append(buffer, "method path");
  std::string_view method = buffer.data().substr(0, 6);
  int moves = 0;
  const auto follow = [&](const char* from, const char* to) {
    ++moves;
    method = {to + (method.data() - from), method.size()};
  };
  buffer.Reserve(100'000, follow);
  EXPECT_EQ(moves, 1);
  EXPECT_EQ(method, "method");
  EXPECT_EQ(method.data(), buffer.begin());
  buffer.Tail(10, follow);  // there is room
  EXPECT_EQ(moves, 1);
}

}  // namespace
}  // namespace headgate::gateway
