#include "gateway/responses/database/response_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "config/base/text.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kHour = 3'600'000;

StoredResponse Response(const std::string& id, std::string previous = {}) {
  return {
      .owner = "anna",
      .id = id,
      .created = kNow,
      .object = config::Concat(R"({"id":")", id, R"(","output":[{"type":"message","says":")", id,
                               R"("}]})"),
      .input = {{config::Concat("msg_", id, "_0"), config::Concat(R"({"asks":")", id, R"("})")}},
      .previous = std::move(previous),
      .conversation = {}};
}

StoredResponse Large(const std::string& id, std::size_t bytes) {
  StoredResponse response = Response(id);
  response.object = config::Concat(R"({"output":[],"text":")", std::string(bytes, 'x'), R"("})");
  return response;
}

class ResponseDatabaseTest : public testing::Test {
 protected:
  ResponseDatabase Open() {
    return ResponseDatabase(
        folder_.path().string(), bounds_,
        [this](bool failing, std::string_view what, std::string_view detail) {
          told_.push_back(config::Concat(failing ? "- " : "+ ", what, ": ", detail));
        });
  }

  TemporaryFolder folder_;
  StoreBounds bounds_{.keep = 24 * kHour, .max_bytes = 8u << 20};
  std::vector<std::string> told_;
};

TEST_F(ResponseDatabaseTest, GivesTheObjectAsItWasPut) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  EXPECT_EQ(database.Get("anna", "resp_1", kNow).value(), Response("resp_1").object);
  const absl::StatusOr<std::string> other = database.Get("anna", "resp_2", kNow);
  EXPECT_EQ(other.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(other.status().message(), HasSubstr("'resp_2' not found"));
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ResponseDatabaseTest, BeginsAnewIfItsFolderIsRemoved) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(database.Get("anna", "resp_1", kNow).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(database.Put(Response("resp_2"), kNow).ok());
  EXPECT_TRUE(std::filesystem::exists(folder_.Path("responses.db")));
  EXPECT_EQ(database.Get("anna", "resp_2", kNow).value(), Response("resp_2").object);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("was removed or replaced")));
}

TEST_F(ResponseDatabaseTest, OnlyTheOwnerOfTheFileMayReadIt) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  for (const char* const part : {"", "-wal", "-shm"}) {
    struct stat info = {};
    ASSERT_EQ(::stat((folder_.Path("responses.db") + part).c_str(), &info), 0) << part;
    EXPECT_EQ(info.st_mode & 0777, 0600u) << part;
  }
}

TEST_F(ResponseDatabaseTest, KeysSeeOnlyTheirOwn) {
  ResponseDatabase database = Open();
  StoredResponse response = Response("resp_1");
  response.conversation = "conv_1";
  ASSERT_TRUE(database.Put(response, kNow).ok());
  for (const std::string_view owner : {"berta", ""}) {
    EXPECT_EQ(database.Get(owner, "resp_1", kNow).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(database.InputItems(owner, "resp_1", {}, kNow).status().code(),
              absl::StatusCode::kNotFound);
    EXPECT_EQ(database.History(owner, "resp_1", kNow).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(database.Delete(owner, "resp_1", kNow).code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(database.ConversationHistory(owner, "conv_1", kNow).value(), IsEmpty());
  }
  // The same id of another key is another response.
  response.owner = "berta";
  response.object = "{}";
  ASSERT_TRUE(database.Put(response, kNow).ok());
  EXPECT_EQ(database.Get("anna", "resp_1", kNow).value(), Response("resp_1").object);
  EXPECT_EQ(database.Get("berta", "resp_1", kNow).value(), "{}");
}

TEST_F(ResponseDatabaseTest, HistoryIsTheWholeChainInOrder) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("a"), kNow).ok());
  ASSERT_TRUE(database.Put(Response("b", "a"), kNow).ok());
  ASSERT_TRUE(database.Put(Response("c", "b"), kNow).ok());
  ASSERT_TRUE(database.Put(Response("other", "a"), kNow).ok());  // a branch
  EXPECT_THAT(database.History("anna", "c", kNow).value(),
              ElementsAre(R"({"asks":"a"})", R"({"type":"message","says":"a"})", R"({"asks":"b"})",
                          R"({"type":"message","says":"b"})", R"({"asks":"c"})",
                          R"({"type":"message","says":"c"})"));
  ASSERT_TRUE(database.Delete("anna", "a", kNow).ok());
  EXPECT_THAT(database.History("anna", "c", kNow).status().message(), HasSubstr("'a' not found"));
}

TEST_F(ResponseDatabaseTest, AConversationIsAllThatNamedIt) {
  ResponseDatabase database = Open();
  for (const char* const id : {"a", "b"}) {
    StoredResponse response = Response(id);
    response.conversation = "conv_1";
    ASSERT_TRUE(database.Put(response, kNow).ok());
  }
  ASSERT_TRUE(database.Put(Response("c"), kNow).ok());
  EXPECT_THAT(database.ConversationHistory("anna", "conv_1", kNow).value(),
              ElementsAre(R"({"asks":"a"})", R"({"type":"message","says":"a"})", R"({"asks":"b"})",
                          R"({"type":"message","says":"b"})"));
  EXPECT_THAT(database.ConversationHistory("anna", "", kNow).value(), IsEmpty());
}

TEST_F(ResponseDatabaseTest, AResponseOfAConversationHasItsPast) {
  ResponseDatabase database = Open();
  for (const char* const id : {"a", "b", "c"}) {
    StoredResponse response = Response(id);
    response.conversation = "conv_1";
    ASSERT_TRUE(database.Put(response, kNow).ok());
  }
  ASSERT_TRUE(database.Put(Response("d", "b"), kNow).ok());
  EXPECT_THAT(database.History("anna", "d", kNow).value(),
              ElementsAre(R"({"asks":"a"})", R"({"type":"message","says":"a"})", R"({"asks":"b"})",
                          R"({"type":"message","says":"b"})", R"({"asks":"d"})",
                          R"({"type":"message","says":"d"})"));
}

TEST_F(ResponseDatabaseTest, HistoryIsBounded) {
  bounds_.history_depth = 2;
  bounds_.history_bytes = 2000;
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("a"), kNow).ok());
  ASSERT_TRUE(database.Put(Response("b", "a"), kNow).ok());
  ASSERT_TRUE(database.Put(Response("c", "b"), kNow).ok());
  EXPECT_TRUE(database.History("anna", "b", kNow).ok());
  EXPECT_EQ(database.History("anna", "c", kNow).status().code(),
            absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(database.Put(Large("large", 3000), kNow).ok());
  EXPECT_EQ(database.History("anna", "large", kNow).status().code(),
            absl::StatusCode::kResourceExhausted);
  // An id that comes again makes no ring: what continued the first one still has it as its past.
  ASSERT_TRUE(database.Put(Response("a", "b"), kNow).ok());
  EXPECT_TRUE(database.History("anna", "b", kNow).ok());
}

TEST_F(ResponseDatabaseTest, ExpiresAfterItsTime) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  EXPECT_TRUE(database.Get("anna", "resp_1", kNow + 24 * kHour - 1).ok());
  EXPECT_FALSE(database.Get("anna", "resp_1", kNow + 24 * kHour).ok());
  EXPECT_FALSE(database.Expire(kNow + 24 * kHour));
  EXPECT_FALSE(database.Get("anna", "resp_1", kNow).ok());  // it is really gone
}

TEST_F(ResponseDatabaseTest, ExpiresManyInSmallSteps) {
  ResponseDatabase database = Open();
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(database.Put(Response(config::Concat("resp_", i)), kNow).ok());
  }
  EXPECT_TRUE(database.Expire(kNow + 24 * kHour));
  EXPECT_FALSE(database.Expire(kNow + 24 * kHour));
}

TEST_F(ResponseDatabaseTest, AUseRenewsTheWholeChain) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("a"), kNow).ok());
  ASSERT_TRUE(database.Put(Response("b", "a"), kNow).ok());
  ASSERT_TRUE(database.History("anna", "b", kNow + 20 * kHour).ok());
  EXPECT_TRUE(database.History("anna", "b", kNow + 40 * kHour).ok());
  EXPECT_FALSE(database.History("anna", "b", kNow + 70 * kHour).ok());
}

TEST_F(ResponseDatabaseTest, KeepsWithinItsBytesByRemovingTheLeastRecentlyUsed) {
  ResponseDatabase database = Open();
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(database.Put(Large(config::Concat("resp_", i), 400'000), kNow + i).ok());
    EXPECT_LE(database.UsedBytes(), bounds_.max_bytes);
  }
  EXPECT_FALSE(database.Get("anna", "resp_0", kNow).ok());
  EXPECT_FALSE(database.Get("anna", "resp_18", kNow).ok());
  EXPECT_TRUE(database.Get("anna", "resp_39", kNow).ok());
  EXPECT_TRUE(database.Get("anna", "resp_30", kNow).ok());
  // The file itself is at most one answer longer.
  EXPECT_LE(std::filesystem::file_size(folder_.Path("responses.db")),
            bounds_.max_bytes + 1'000'000);
}

TEST_F(ResponseDatabaseTest, RefusesAResponseThatIsTooLarge) {
  ResponseDatabase database = Open();
  EXPECT_EQ(database.Put(Large("resp_1", 3u << 20), kNow).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ResponseDatabaseTest, PagesInputItems) {
  ResponseDatabase database = Open();
  StoredResponse response = Response("resp_1");
  response.input = {{"i0", "{}"}, {"i1", "{}"}, {"i2", "{}"}};
  ASSERT_TRUE(database.Put(response, kNow).ok());
  const auto ids = [&](const PageQuery& query) {
    const absl::StatusOr<ItemPage> page = database.InputItems("anna", "resp_1", query, kNow);
    std::vector<std::string> found;
    for (const StoredItem& item : page.value().items) found.push_back(item.id);
    if (page->has_more) found.emplace_back("…");
    return found;
  };
  EXPECT_THAT(ids({}), ElementsAre("i2", "i1", "i0"));
  EXPECT_THAT(ids({.ascending = true}), ElementsAre("i0", "i1", "i2"));
  EXPECT_THAT(ids({.limit = 2, .ascending = true}), ElementsAre("i0", "i1", "…"));
  EXPECT_THAT(ids({.limit = 3, .ascending = true}), ElementsAre("i0", "i1", "i2"));
  EXPECT_THAT(ids({.limit = 2, .ascending = true, .after = "i1"}), ElementsAre("i2"));
  EXPECT_THAT(ids({.limit = 1, .after = "i2"}), ElementsAre("i1", "…"));
  EXPECT_THAT(ids({.after = "i0"}), IsEmpty());
  EXPECT_EQ(database.InputItems("anna", "resp_1", {.after = "nothing"}, kNow).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ResponseDatabaseTest, DeletesWithItsItems) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  EXPECT_TRUE(database.Delete("anna", "resp_1", kNow).ok());
  EXPECT_EQ(database.Delete("anna", "resp_1", kNow).code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(database.InputItems("anna", "resp_1", {}, kNow).ok());
}

TEST_F(ResponseDatabaseTest, SurvivesARestart) {
  {
    ResponseDatabase database = Open();
    ASSERT_TRUE(database.Put(Response("a"), kNow).ok());
  }
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("b", "a"), kNow).ok());
  EXPECT_EQ(database.History("anna", "b", kNow)->size(), 4u);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ResponseDatabaseTest, SetsAFileAsideThatIsNoDatabase) {
  std::ofstream(folder_.Path("responses.db")) << std::string(10000, '!');
  ResponseDatabase database = Open();
  EXPECT_THAT(told_, ElementsAre(HasSubstr("were set aside, and new ones are kept in a new file")));
  EXPECT_TRUE(std::filesystem::exists(folder_.Path("responses.db") + ".damaged"));
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  EXPECT_TRUE(database.Get("anna", "resp_1", kNow).ok());
}

TEST_F(ResponseDatabaseTest, SetsADamagedFileAsideWhenItIsFound) {
  {
    ResponseDatabase database = Open();
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(database.Put(Large(config::Concat("resp_", i), 20'000), kNow).ok());
    }
  }
  {
    std::fstream file(folder_.Path("responses.db"),
                      std::ios::in | std::ios::out | std::ios::binary);
    const auto size = std::filesystem::file_size(folder_.Path("responses.db"));
    file.seekp(4096);  // the first page stays: the damage shows only later
    file << std::string(size - 4096, '!');
  }
  ResponseDatabase database = Open();
  EXPECT_EQ(database.Get("anna", "resp_50", kNow).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("were set aside")));
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  EXPECT_TRUE(database.Get("anna", "resp_1", kNow).ok());
}

TEST_F(ResponseDatabaseTest, SetsAFileOfAnotherVersionAside) {
  {
    ResponseDatabase database = Open();
    policy::Sqlite file;
    file.Open(folder_.Path("responses.db"));
    file.Run("PRAGMA user_version=7");
  }
  ResponseDatabase database = Open();
  EXPECT_THAT(told_, ElementsAre(HasSubstr("version 7 instead of 1")));
  EXPECT_TRUE(database.Put(Response("resp_1"), kNow).ok());
}

TEST_F(ResponseDatabaseTest, TellsOnceThatItCannotWriteAndGoesOnLater) {
  ResponseDatabase database = Open();
  ASSERT_TRUE(database.Put(Response("resp_1"), kNow).ok());
  // Another connection that holds the file stands for a disk that cannot be written.
  policy::Sqlite holder;
  holder.Open(folder_.Path("responses.db"));
  holder.Run("BEGIN IMMEDIATE");
  EXPECT_EQ(database.Put(Response("resp_2"), kNow).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(database.Put(Response("resp_2"), kNow).code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("- responses cannot be stored: ")));
  // What can still be done does not mean that the disk can be written again.
  EXPECT_TRUE(database.Get("anna", "resp_1", kNow).ok());
  EXPECT_GT(database.UsedBytes(), 0u);
  EXPECT_EQ(told_.size(), 1u);
  holder.Run("ROLLBACK");
  database.Expire(kNow);
  EXPECT_EQ(told_.size(), 1u);
  EXPECT_TRUE(database.Put(Response("resp_2"), kNow).ok());
  EXPECT_TRUE(database.Put(Response("resp_3"), kNow).ok());
  EXPECT_EQ(told_.size(), 1u) << "a full disk takes one now and then";
  holder.Run("BEGIN IMMEDIATE");
  EXPECT_FALSE(database.Put(Response("resp_4"), kNow).ok());
  holder.Run("ROLLBACK");
  EXPECT_EQ(told_.size(), 1u);
  for (const char* const id : {"resp_5", "resp_6", "resp_7", "resp_8"}) {
    EXPECT_TRUE(database.Put(Response(id), kNow).ok());
  }
  EXPECT_EQ(told_.size(), 2u);
  EXPECT_THAT(told_.back(), HasSubstr("+ responses can be stored again"));
}

TEST_F(ResponseDatabaseTest, SaysSoIfTheFolderIsGone) {
  std::filesystem::remove_all(folder_.path());
  ResponseDatabase database = Open();
  EXPECT_EQ(database.Put(Response("resp_1"), kNow).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(database.Get("anna", "resp_1", kNow).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(told_, ElementsAre(HasSubstr("unable to open database file")));
  std::filesystem::create_directory(folder_.path());
  EXPECT_TRUE(database.Put(Response("resp_1"), kNow).ok());
}

}  // namespace
}  // namespace headgate::gateway
