#include "gateway/responses/response_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/responses/ask_store.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

constexpr std::int64_t kDay = 86'400'000;

StoredResponse SmallResponse(std::string id, std::string before = {}) {
  return {.owner = "anna",
          .id = std::move(id),
          .created = 0,
          .object = R"({"output":[]})",
          .input = {{"i0", R"({"role":"user"})"}},
          .previous = std::move(before),
          .conversation = {}};
}

class ResponseStoreTest : public testing::Test {
 protected:
  std::unique_ptr<ResponseStore> Start() {
    return std::make_unique<ResponseStore>(
        folder_.path().string(), StoreBounds{.keep = kDay, .max_bytes = 64u << 20},
        [this] { return now_.load(); },
        [](bool, std::string_view what, std::string_view detail) {
          ADD_FAILURE() << what << ": " << detail;
        });
  }

  static absl::StatusOr<std::string> Get(ResponseStore& store, const std::string& id) {
    std::promise<absl::StatusOr<std::string>> answer;
    EXPECT_TRUE(store.Post([&answer, &id](ResponseDatabase& database, std::int64_t now) {
      answer.set_value(database.Get("anna", id, now));
    }));
    return answer.get_future().get();
  }

  TemporaryFolder folder_;
  std::atomic<std::int64_t> now_{1'700'000'000'000};
};

TEST_F(ResponseStoreTest, AQuestionSeesWhatWasPutBefore) {
  const std::unique_ptr<ResponseStore> store = Start();
  EXPECT_TRUE(store->Put(SmallResponse("resp_1")));
  EXPECT_EQ(Get(*store, "resp_1").value(), R"({"output":[]})");
  now_ += kDay;
  EXPECT_EQ(Get(*store, "resp_1").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ResponseStoreTest, WritesWhatWaitsBeforeItEnds) {
  std::unique_ptr<ResponseStore> store = Start();
  for (int i = 0; i < 200; ++i) EXPECT_TRUE(store->Put(SmallResponse(absl::StrCat("resp_", i))));
  store->Stop();
  EXPECT_FALSE(store->Put(SmallResponse("late")));
  store = Start();
  EXPECT_TRUE(Get(*store, "resp_199").ok());
  EXPECT_FALSE(Get(*store, "late").ok());
}

TEST_F(ResponseStoreTest, TurnsAwayMoreThanMayWait) {
  const std::unique_ptr<ResponseStore> store = Start();
  // The store's thread may begin the job when this test has ended.
  std::promise<void> go_on;
  const std::shared_future<void> goes_on = go_on.get_future().share();
  ASSERT_TRUE(store->Post([goes_on](ResponseDatabase&, std::int64_t) { goes_on.wait(); }));
  StoredResponse large = SmallResponse("large");
  large.object = std::string(ResponseStore::kMostWaitingBytes / 2, 'x');
  EXPECT_TRUE(store->Put(large));
  EXPECT_FALSE(store->Put(large));
  std::size_t taken = 0;
  while (store->Post([](ResponseDatabase&, std::int64_t) {})) ++taken;
  EXPECT_EQ(taken, ResponseStore::kMostWaitingJobs - 2);
  go_on.set_value();
}

TEST_F(ResponseStoreTest, CountsWhatItDoes) {
  const std::unique_ptr<ResponseStore> store = Start();
  store->Put(SmallResponse("resp_1"));
  StoredResponse large = SmallResponse("large");
  large.object = std::string(17u << 20, 'x');
  store->Put(large);
  store->CountLookup(absl::OkStatus());
  store->CountLookup(absl::InvalidArgumentError("found, but not such an item"));
  store->CountLookup(absl::NotFoundError(""));
  store->CountLookup(absl::UnavailableError(""));
  store->CountTooLarge();
  store->Stop();
  EXPECT_FALSE(store->Put(SmallResponse("late")));
  const StoreFigures figures = store->figures();
  EXPECT_EQ(figures.stored, 1);
  EXPECT_EQ(figures.lost_too_large, 2);
  EXPECT_EQ(figures.lost_busy, 1);
  EXPECT_EQ(figures.lost_disk, 0);
  EXPECT_EQ(figures.found, 2);
  EXPECT_EQ(figures.not_found, 1);
  EXPECT_EQ(figures.failed, 1);
  EXPECT_GT(figures.bytes, 4096u);
}

TEST_F(ResponseStoreTest, TakesOtherBoundsWhileItRuns) {
  const std::unique_ptr<ResponseStore> store = Start();
  store->Put(SmallResponse("resp_1"));
  ASSERT_TRUE(Get(*store, "resp_1").ok());
  now_ += 1000;
  store->SetBounds({.keep = 1000, .max_bytes = 64u << 20});
  EXPECT_FALSE(Get(*store, "resp_1").ok());
}

TEST_F(ResponseStoreTest, ManyThreadsUseItAtOnce) {
  const std::unique_ptr<ResponseStore> store = Start();
  constexpr int kThreads = 4;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&store, t] {
      std::string previous;
      for (int i = 0; i < 50; ++i) {
        const std::string id = absl::StrCat("resp_", t, "_", i);
        EXPECT_TRUE(store->Put(SmallResponse(id, previous)));
        EXPECT_TRUE(Get(*store, id).ok());
        previous = id;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::promise<std::size_t> items;
  store->Post([&items](ResponseDatabase& database, std::int64_t now) {
    items.set_value(database.History("anna", "resp_3_49", now)->size());
  });
  EXPECT_EQ(items.get_future().get(), 50u);
}

TEST_F(ResponseStoreTest, AWorkerGoesOnInItsOwnThread) {
  asio::io_context io(1);  // outlives the store, whose thread posts to it, as in App
  const std::unique_ptr<ResponseStore> store = Start();
  store->Put(SmallResponse("resp_1"));
  std::string object;
  std::thread::id thread;
  const auto ask = [&]() -> Awaitable<void> {
    absl::StatusOr<std::string> found = co_await AskStore<std::string>(
        *store, io.get_executor(), [](ResponseDatabase& database, std::int64_t now) {
          return database.Get("anna", "resp_1", now);
        });
    object = found.value();
    thread = std::this_thread::get_id();
  };
  asio::co_spawn(io, ask(), asio::detached);
  io.run();
  EXPECT_EQ(object, R"({"output":[]})");
  EXPECT_EQ(thread, std::this_thread::get_id());
  EXPECT_EQ(store->figures().found, 1);
}

}  // namespace
}  // namespace headgate::gateway
