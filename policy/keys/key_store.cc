#include "policy/keys/key_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "config/base/text.h"
#include "policy/store/set_aside.h"

namespace headgate::policy {
namespace {

constexpr std::int64_t kKeysVersion = 1;
constexpr char kKeyTables[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS keys("
    "  number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, entry TEXT NOT NULL,"
    "  made INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS events("
    "  number INTEGER PRIMARY KEY, time INTEGER NOT NULL, action TEXT NOT NULL,"
    "  name TEXT NOT NULL, entry TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS denied(digest TEXT PRIMARY KEY) WITHOUT ROWID;"
    "PRAGMA user_version=1;";
constexpr char kDeny[] = "INSERT OR IGNORE INTO denied(digest) VALUES(?)";
constexpr char kAllow[] = "DELETE FROM denied WHERE digest = ?";
constexpr char kAddEvent[] = "INSERT INTO events(time, action, name, entry) VALUES(?, ?, ?, ?)";

struct StoredKey {
  std::string name;
  std::string entry;
  std::int64_t made = 0;
};

std::string HexOf(const config::Sha256& digest) {
  std::string hex;
  for (const std::uint8_t byte : digest) config::AppendHex(byte, hex);
  return hex;
}

// Returns nullopt if the text is not a digest.
std::optional<config::Sha256> DigestOfHex(const std::string& hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  config::Sha256 digest{};
  if (bytes.size() != digest.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

// Returns all denied digests, as far as they can be read.
std::vector<config::Sha256> ReadDenied(Sqlite& database) {
  std::vector<config::Sha256> denied;
  SqliteQuery query(database, "SELECT digest FROM denied");
  while (query.Next()) {
    if (const auto digest = DigestOfHex(std::string(query.Text(0)))) denied.push_back(*digest);
  }
  return denied;
}

// Returns all keys, as far as they can be read.
std::vector<StoredKey> ReadKeys(Sqlite& database) {
  std::vector<StoredKey> keys;
  SqliteQuery query(database, "SELECT name, entry, made FROM keys ORDER BY number");
  while (query.Next()) {
    keys.push_back({std::string(query.Text(0)), std::string(query.Text(1)), query.Number(2)});
  }
  return keys;
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeyStore>> KeyStore::Open(const std::string& folder) {
  std::unique_ptr<KeyStore> store(new KeyStore(config::Concat(folder, "/keys.db")));
  store->OpenFile();
  // Damage must be found here, where the file can be set aside.
  ReadKeys(store->database_);
  ReadDenied(store->database_);
  store->database_.Number("SELECT count(*) FROM events");
  if (store->database_.damaged()) store->Salvage();
  if (absl::Status status = store->Take(); !status.ok()) return status;
  return store;
}

void KeyStore::OpenFile() {
  database_.Open(path_);
  const std::int64_t version = database_.Number("PRAGMA user_version");
  if (!database_.failed() && version > kKeysVersion) {
    database_.Fail("a newer version of headgate has made it");
  }
  database_.Run(kKeyTables);
}

void KeyStore::Salvage() {
  const std::string why = database_.ErrorText();
  database_.Close();
  const std::string aside = SetAsideDamaged(path_);
  Sqlite damaged;
  damaged.OpenForReading(aside);
  const std::vector<config::Sha256> denied = ReadDenied(damaged);
  damaged.ClearError();  // one table may be damaged alone
  const std::vector<StoredKey> keys = ReadKeys(damaged);
  OpenFile();
  database_.Run("BEGIN IMMEDIATE");
  {
    SqliteQuery add(database_, "INSERT OR IGNORE INTO keys(name, entry, made) VALUES(?, ?, ?)");
    for (const StoredKey& key : keys) {
      add.Restart().Bind(key.name).Bind(key.entry).Bind(key.made).Next();
    }
    SqliteQuery deny(database_, kDeny);
    for (const config::Sha256& digest : denied) deny.Restart().Bind(HexOf(digest)).Next();
  }
  database_.Run("COMMIT");
  damage_ = config::Concat(path_, " cannot be used: ", why, "; it is now ", aside, ". ",
                           keys.size(), " keys that could be read are in the new file");
}

absl::StatusOr<std::vector<std::string>> KeyStore::Entries() {
  std::vector<std::string> entries;
  {
    SqliteQuery query(database_, "SELECT entry FROM keys ORDER BY number");
    while (query.Next()) entries.emplace_back(query.Text(0));
  }
  if (absl::Status status = Take(); !status.ok()) return status;
  return entries;
}

absl::StatusOr<RunTimeKeys> KeyStore::Read() {
  absl::StatusOr<std::vector<std::string>> entries = Entries();
  if (!entries.ok()) return entries.status();
  RunTimeKeys keys{.entries = *std::move(entries), .denied = ReadDenied(database_)};
  if (absl::Status status = Take(); !status.ok()) return status;
  return keys;
}

bool KeyStore::Has(std::string_view name) {
  SqliteQuery query(database_, "SELECT 1 FROM keys WHERE name = ?");
  query.Bind(name);
  return query.Next();
}

absl::Status KeyStore::Add(std::string_view name, std::string_view entry, std::int64_t now) {
  if (Has(name)) return absl::AlreadyExistsError("a key of this name was made already");
  database_.Run("BEGIN IMMEDIATE");
  {
    SqliteQuery add(database_, "INSERT INTO keys(name, entry, made) VALUES(?, ?, ?)");
    add.Bind(name).Bind(entry).Bind(now).Next();
    SqliteQuery note(database_, kAddEvent);
    note.Bind(now).Bind("made").Bind(name).Bind(entry).Next();
  }
  database_.Run("COMMIT");
  return Take();
}

absl::Status KeyStore::Remove(std::string_view name, std::int64_t now) {
  const bool known = Has(name);
  if (absl::Status status = Take(); !status.ok()) return status;
  if (!known) return absl::NotFoundError("no key of this name was made while a daemon ran");
  database_.Run("BEGIN IMMEDIATE");
  {
    SqliteQuery note(database_,
                     "INSERT INTO events(time, action, name, entry)"
                     " SELECT ?, 'revoked', name, entry FROM keys WHERE name = ?");
    note.Bind(now).Bind(name).Next();
    SqliteQuery remove(database_, "DELETE FROM keys WHERE name = ?");
    remove.Bind(name).Next();
  }
  database_.Run("COMMIT");
  return Take();
}

absl::Status KeyStore::Deny(const config::Key& key, std::int64_t now) {
  return ForDigests(kDeny, "revoked", key, now);
}

absl::Status KeyStore::Allow(const config::Key& key, std::int64_t now) {
  return ForDigests(kAllow, "allowed", key, now);
}

absl::Status KeyStore::ForDigests(const char* statement, std::string_view action,
                                  const config::Key& key, std::int64_t now) {
  database_.Run("BEGIN IMMEDIATE");
  {
    SqliteQuery note(database_, kAddEvent);
    SqliteQuery change(database_, statement);
    for (const config::Sha256& digest : key.digests) {
      const std::string hex = HexOf(digest);
      note.Restart().Bind(now).Bind(action).Bind(key.name).Bind("sha256:" + hex).Next();
      change.Restart().Bind(hex).Next();
    }
  }
  database_.Run("COMMIT");
  return Take();
}

absl::Status KeyStore::Take() {
  if (!database_.failed()) return absl::OkStatus();
  absl::Status status = absl::UnavailableError(config::Concat(path_, ": ", database_.ErrorText()));
  database_.ClearError();
  database_.Run("ROLLBACK");  // fails if nothing has begun
  database_.ClearError();
  return status;
}

}  // namespace headgate::policy
