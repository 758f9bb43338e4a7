// GCC 12.2 destroys an aggregate twice when it is passed by value from a temporary into a
// coroutine. The house rule is to name it first and move it, or to give the type a constructor;
// this test checks the two safe forms under AddressSanitizer.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <string>
#include <utility>

#include "backends/net/types.h"

namespace headgate {
namespace {

struct Aggregate {
  std::string text;
  std::string more;
};

struct Constructed {
  Constructed(std::string t, std::string m) : text(std::move(t)), more(std::move(m)) {}
  std::string text;
  std::string more;
};

const char kLong[] = "longer than what fits into a string without an allocation";

Awaitable<std::size_t> TakeAggregate(Aggregate value) { co_return value.text.size(); }
Awaitable<std::size_t> TakeConstructed(Constructed value) { co_return value.text.size(); }

Awaitable<void> PassBoth(std::size_t& sum) {
  Aggregate named{kLong, kLong};
  sum += co_await TakeAggregate(std::move(named));
  sum += co_await TakeConstructed(Constructed(kLong, kLong));
}

TEST(CoroutineArgument, safe_forms_are_destroyed_once) {
  asio::io_context io(1);
  std::size_t sum = 0;
  asio::co_spawn(io, PassBoth(sum), asio::detached);
  io.run();
  EXPECT_EQ(sum, 2 * (sizeof kLong - 1));
}

}  // namespace
}  // namespace headgate
