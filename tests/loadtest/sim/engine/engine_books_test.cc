#include "loadtest/sim/engine/engine_books.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <memory>

namespace headgate::loadtest::sim {
namespace {

constexpr TimePoint kBooksStart{std::chrono::hours(1)};

TimePoint At(int seconds) { return kBooksStart + std::chrono::seconds(seconds); }

TEST(EngineBooksTest, PeaksAreOfAllModelsTogetherAndOfEach) {
  EngineBooks books(kBooksStart);
  EngineEntry a(books, "a", 0, At(0));
  EngineEntry b(books, "b", 3, At(0));
  a.Wait(At(0));
  b.Wait(At(0));
  a.Run(100, At(0));
  b.Run(50, At(1));
  b.Grow(10);
  b.End(At(2));
  a.Grow(20);
  EXPECT_EQ(books.total().peak_in_flight, 2);
  EXPECT_EQ(books.total().in_flight, 1);
  EXPECT_EQ(books.total().peak_running, 2);
  EXPECT_EQ(books.total().peak_waiting, 2);
  EXPECT_EQ(books.total().peak_kv_tokens, 160);
  EXPECT_EQ(books.total().kv_tokens, 120);
  const EngineLine& of_b = books.models().at("b");
  EXPECT_EQ(of_b.peak_in_flight, 1);
  EXPECT_EQ(of_b.peak_kv_tokens, 60);
  EXPECT_EQ(of_b.kv_tokens, 0);
  EXPECT_EQ(of_b.priorities.at(3), 1);
  EXPECT_EQ(books.total().priorities.size(), 2u);
}

TEST(EngineBooksTest, TimesCountWaitsAndSlots) {
  EngineBooks books(kBooksStart);
  EngineEntry first(books, "m", 0, At(0));
  EngineEntry second(books, "m", 0, At(0));
  first.Wait(At(0));
  first.Run(10, At(0));
  second.Wait(At(0));
  second.Run(10, At(4));
  first.End(At(4));
  second.Wait(At(6));  // loses its slot
  second.Run(12, At(7));
  const auto page = boost::json::serialize(books.ToJson(At(10)));
  const auto total = boost::json::parse(page).at("total");
  EXPECT_DOUBLE_EQ(total.at("queued_seconds").to_number<double>(), 4 + 1);
  EXPECT_DOUBLE_EQ(total.at("busy_slot_seconds").to_number<double>(), 4 + 2 + 3);
  EXPECT_EQ(total.at("preemptions").as_int64(), 1);
  EXPECT_EQ(total.at("running").as_int64(), 1);
  EXPECT_EQ(total.at("waiting").as_int64(), 0);
}

TEST(EngineBooksTest, EndsAreCountedOnceWhereverTheRequestWas) {
  EngineBooks books(kBooksStart);
  {
    EngineEntry refused(books, "m", 0, At(0));
    EngineEntry gone(books, "m", 0, At(0));
    gone.Wait(At(1));
    EngineEntry done(books, "m", 0, At(0));
    done.Wait(At(1));
    done.Run(5, At(1));
    done.CountPrompt(5, 2);
    done.End(At(2));
    done.End(At(3));
  }
  const EngineLine& total = books.total();
  EXPECT_EQ(total.in_flight, 0);
  EXPECT_EQ(total.waiting, 0);
  EXPECT_EQ(total.running, 0);
  EXPECT_EQ(total.kv_tokens, 0);
  EXPECT_EQ(total.requests, 3);
  EXPECT_EQ(total.started, 1);
  EXPECT_EQ(total.prompt_tokens, 5);
  EXPECT_EQ(total.cached_tokens, 2);
}

TEST(EngineBooksTest, ResetKeepsWhatGoesOn) {
  EngineBooks books(kBooksStart);
  EngineEntry stays(books, "m", 0, At(0));
  stays.Wait(At(0));
  stays.Run(7, At(0));
  { EngineEntry passing(books, "m", 0, At(1)); }
  books.Reset(At(5));
  EXPECT_EQ(books.total().requests, 0);
  EXPECT_EQ(books.total().peak_in_flight, 1);
  EXPECT_EQ(books.total().peak_kv_tokens, 7);
  EXPECT_EQ(books.models().at("m").running, 1);
  stays.End(At(8));
  EXPECT_EQ(books.total().busy, std::chrono::seconds(3));
  EXPECT_EQ(books.total().running, 0);
}

}  // namespace
}  // namespace headgate::loadtest::sim
