#include "gateway/responses/database/item_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/text.h"
#include "gateway/responses/database/response_database.h"
#include "tests/support/temporary_folder.h"

namespace headgate::gateway {
namespace {

using testing::ElementsAre;

constexpr std::int64_t kStart = 1'700'000'000'000;
constexpr std::int64_t kAnHour = 3'600'000;

StoredResponse Answering(std::string_view id, std::string_view output) {
  return {
      .owner = "anna",
      .id = std::string(id),
      .created = kStart,
      .object = config::Concat(R"({"output":[)", output, "]}"),
      .input = {{config::Concat("msg_", id, "_0"), config::Concat(R"({"asks":")", id, R"("})")}},
      .previous = {},
      .conversation = {}};
}

class ItemLookupTest : public testing::Test {
 protected:
  ResponseDatabase OpenStore() {
    return ResponseDatabase(folder_.path().string(), bounds_,
                            [](bool, std::string_view what, std::string_view detail) {
                              ADD_FAILURE() << what << ": " << detail;
                            });
  }

  TemporaryFolder folder_;
  StoreBounds bounds_{.keep = 24 * kAnHour, .max_bytes = 8u << 20};
};

TEST_F(ItemLookupTest, ItemsAreFoundByTheirIds) {
  ResponseDatabase database = OpenStore();
  ASSERT_TRUE(
      database
          .Put(Answering("a", R"({"type":"reasoning","id":"rs_1","summary":[]},)"
                              R"({"type":"function_call","id":"fc_1","call_id":"c","name":"f"},)"
                              R"({"type":"message"},{"type":"message","id":"msg_1","content":[]})"),
               kStart)
          .ok());
  EXPECT_THAT(
      database.ItemsById("anna", {"msg_1", "fc_1", "rs_1", "msg_a_0", "msg_1"}, kStart).value(),
      ElementsAre(R"({"type":"message","id":"msg_1","content":[]})",
                  R"({"type":"function_call","call_id":"c","name":"f"})", "", R"({"asks":"a"})",
                  R"({"type":"message","id":"msg_1","content":[]})"));
  const absl::Status unknown = database.ItemsById("anna", {"fc_1", "fc_2"}, kStart).status();
  EXPECT_EQ(unknown.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(unknown.message(), "Item with id 'fc_2' not found.");
  for (const char* const id : {"fc_1", "msg_a_0"}) {
    EXPECT_EQ(database.ItemsById("berta", {id}, kStart).status().code(),
              absl::StatusCode::kNotFound);
  }
  ASSERT_TRUE(database.Delete("anna", "a", kStart).ok());
  for (const char* const id : {"fc_1", "msg_a_0"}) {
    EXPECT_EQ(database.ItemsById("anna", {id}, kStart).status().code(),
              absl::StatusCode::kNotFound);
  }
}

TEST_F(ItemLookupTest, AnOutputIsFoundBeforeAnInputAndALaterOneFirst) {
  ResponseDatabase database = OpenStore();
  ASSERT_TRUE(database.Put(Answering("a", R"({"id":"i","from":"a"})"), kStart).ok());
  StoredResponse later = Answering("b", R"({"id":"j","from":"b"})");
  later.input = {{"i", R"({"id":"i","from":"input"})"}, {"k", R"({"id":"k","from":"b"})"}};
  ASSERT_TRUE(database.Put(later, kStart).ok());
  later.id = "c";
  later.input = {{"k", R"({"id":"k","from":"c"})"}};
  later.object = R"({"output":[{"id":"j","from":"c"}]})";
  ASSERT_TRUE(database.Put(later, kStart).ok());
  EXPECT_THAT(database.ItemsById("anna", {"i", "j", "k"}, kStart).value(),
              ElementsAre(R"({"id":"i","from":"a"})", R"({"id":"j","from":"c"})",
                          R"({"id":"k","from":"c"})"));
  // The same response stored again has only its new items.
  later.object = R"({"output":[]})";
  later.input.clear();
  ASSERT_TRUE(database.Put(later, kStart).ok());
  EXPECT_THAT(database.ItemsById("anna", {"j", "k"}, kStart).value(),
              ElementsAre(R"({"id":"j","from":"b"})", R"({"id":"k","from":"b"})"));
}

TEST_F(ItemLookupTest, ItemsByIdAreBounded) {
  bounds_.history_bytes = 2000;
  ResponseDatabase database = OpenStore();
  const std::string item = config::Concat(R"({"id":"i","text":")", std::string(1500, 'x'), R"("})");
  ASSERT_TRUE(database.Put(Answering("a", item), kStart).ok());
  EXPECT_TRUE(database.ItemsById("anna", {"i"}, kStart).ok());
  for (const std::vector<std::string>& ids :
       {std::vector<std::string>(2, "i"), std::vector<std::string>(10001, "unknown")}) {
    EXPECT_EQ(database.ItemsById("anna", ids, kStart).status().code(),
              absl::StatusCode::kResourceExhausted);
  }
  // What lies around the item in its response is read too.
  ASSERT_TRUE(database
                  .Put(Answering("b", config::Concat(R"({"id":"small"},{"text":")",
                                                     std::string(3000, 'x'), R"("})")),
                       kStart)
                  .ok());
  EXPECT_EQ(database.ItemsById("anna", {"small"}, kStart).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(ItemLookupTest, AReferenceRenewsTheResponsesOfItsItems) {
  ResponseDatabase database = OpenStore();
  ASSERT_TRUE(database.Put(Answering("a", R"({"id":"i"})"), kStart).ok());
  ASSERT_TRUE(database.Put(Answering("b", R"({"id":"j"})"), kStart).ok());
  ASSERT_TRUE(database.ItemsById("anna", {"i"}, kStart + 20 * kAnHour).ok());
  EXPECT_TRUE(database.ItemsById("anna", {"i"}, kStart + 40 * kAnHour).ok());
  EXPECT_FALSE(database.ItemsById("anna", {"j"}, kStart + 40 * kAnHour).ok());
  EXPECT_TRUE(database.Get("anna", "a", kStart + 60 * kAnHour).ok());
  EXPECT_FALSE(database.ItemsById("anna", {"msg_a_0"}, kStart + 70 * kAnHour).ok());
}

}  // namespace
}  // namespace headgate::gateway
