// The steady state of a stream takes no memory.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "backends/openai/event_stream.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// The array and nothrow forms end up in these two.
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace headgate::backends::openai {
namespace {

constexpr std::string_view kPlain =
    R"(data: {"id":"c","choices":[{"index":0,"delta":{"content":"word"},"finish_reason":null}]})"
    "\n\n";
constexpr std::string_view kWithUsage =
    R"(data: {"id":"c","service_tier":"default","choices":[{"index":1,"delta":{"content":"word"}}],)"
    R"("usage":{"prompt_tokens":9,"completion_tokens":2}})"
    "\n\n";

TEST(EventStreamAllocationTest, EventsTakeNoneOnceThereIsRoom) {
  EventStream stream(false);
  std::string out;
  const auto feed = [&] {
    out.clear();
    for (const std::string_view event : {kPlain, kWithUsage}) {
      stream.Feed(event, out);
      stream.Feed(event.substr(0, 30), out);
      stream.Feed(event.substr(30), out);
    }
  };
  feed();
  const std::size_t before = allocations.load(std::memory_order_relaxed);
  for (int i = 0; i < 1000; ++i) feed();
  EXPECT_EQ(allocations.load(std::memory_order_relaxed) - before, 0u);
  EXPECT_EQ(stream.token_events(), 4004);
  delete new std::string(100, 'x');
  EXPECT_GT(allocations.load(std::memory_order_relaxed), before);
}

}  // namespace
}  // namespace headgate::backends::openai
