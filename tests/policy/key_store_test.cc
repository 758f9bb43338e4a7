#include "policy/keys/key_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "policy/store/sqlite.h"
#include "tests/policy/overwrite_table.h"
#include "tests/support/temporary_folder.h"

namespace headgate::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class KeyStoreTest : public testing::Test {
 protected:
  std::unique_ptr<KeyStore> Open() {
    absl::StatusOr<std::unique_ptr<KeyStore>> store = KeyStore::Open(folder_.path().string());
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  TemporaryFolder folder_;
};

TEST_F(KeyStoreTest, keeps_keys_over_a_restart) {
  {
    const std::unique_ptr<KeyStore> store = Open();
    EXPECT_THAT(*store->Entries(), IsEmpty());
    EXPECT_TRUE(store->Add("web", "{name: web}", 1000).ok());
    EXPECT_TRUE(store->Add("app", "{name: app}", 2000).ok());
  }
  const std::unique_ptr<KeyStore> store = Open();
  EXPECT_THAT(*store->Entries(), ElementsAre("{name: web}", "{name: app}"));
  EXPECT_TRUE(store->Remove("web", 3000).ok());
  EXPECT_THAT(*store->Entries(), ElementsAre("{name: app}"));
}

TEST_F(KeyStoreTest, names_are_unique_and_may_come_again) {
  const std::unique_ptr<KeyStore> store = Open();
  EXPECT_TRUE(store->Add("web", "first", 1).ok());
  EXPECT_EQ(store->Add("web", "second", 2).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(store->Remove("app", 3).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store->Remove("web", 4).ok());
  EXPECT_TRUE(store->Add("web", "third", 5).ok());
  EXPECT_THAT(*store->Entries(), ElementsAre("third"));
}

TEST_F(KeyStoreTest, denies_digests_of_configured_keys) {
  config::Key web;
  web.name = "web";
  web.digests = {{1, 2, 3}, {0xff}};
  {
    const std::unique_ptr<KeyStore> store = Open();
    EXPECT_TRUE(store->Read()->empty());
    EXPECT_TRUE(store->Deny(web, 1000).ok());
    EXPECT_TRUE(store->Deny(web, 2000).ok()) << "once more changes nothing";
  }
  const std::unique_ptr<KeyStore> store = Open();
  EXPECT_THAT(store->Read()->denied, testing::UnorderedElementsAreArray(web.digests));
  EXPECT_TRUE(store->Allow(web, 3000).ok());
  EXPECT_TRUE(store->Read()->empty());
}

TEST_F(KeyStoreTest, notes_who_came_and_went) {
  const std::unique_ptr<KeyStore> store = Open();
  EXPECT_TRUE(store->Add("web", "entry", 1000).ok());
  EXPECT_TRUE(store->Remove("web", 2000).ok());
  Sqlite database;
  database.OpenForReading((folder_.path() / "keys.db").string());
  SqliteQuery query(database, "SELECT time, action, name, entry FROM events ORDER BY number");
  std::vector<std::string> events;
  while (query.Next()) {
    events.push_back(std::to_string(query.Number(0)) + " " + std::string(query.Text(1)) + " " +
                     std::string(query.Text(2)) + " " + std::string(query.Text(3)));
  }
  EXPECT_THAT(events, ElementsAre("1000 made web entry", "2000 revoked web entry"));
}

TEST_F(KeyStoreTest, begins_a_new_file_instead_of_a_damaged_one_with_the_keys_that_can_be_read) {
  for (const std::string table : {"events", "keys"}) {
    EXPECT_TRUE(Open()->Add(table, table, 1).ok());
    config::Key revoked;
    revoked.digests = {{7}};
    EXPECT_TRUE(Open()->Deny(revoked, 1).ok());
    OverwriteTable(folder_.Path("keys.db"), table);
    const std::unique_ptr<KeyStore> store = Open();
    EXPECT_THAT(store->damage(), HasSubstr("keys.db.damaged"));
    EXPECT_EQ(store->Entries()->size(), table == "events" ? 1u : 0u);
    EXPECT_EQ(store->Read()->denied.size(), 1u) << "a revoked key must not come back";
    EXPECT_TRUE(store->Add("new", "new", 2).ok());
    EXPECT_TRUE(store->Remove("new", 3).ok());
  }
  EXPECT_EQ(Open()->damage(), "");
}

TEST_F(KeyStoreTest, says_that_the_file_cannot_be_opened) {
  EXPECT_EQ(KeyStore::Open("/nowhere").status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace headgate::policy
