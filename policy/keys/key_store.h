#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/config.h"
#include "policy/keys/run_time_keys.h"
#include "policy/store/sqlite.h"

namespace headgate::policy {

// The keys that were made while a daemon ran, in the file `keys.db` beside the ledger, the digests
// of the configuration's keys that were revoked, and a row for each time that a key was made,
// revoked or allowed again. Keys themselves are not in it: an entry is that of `keys` in a
// configuration, with a digest. Waits for the disk. Thread-compatible.
class KeyStore {
 public:
  // Opens or makes the file. `folder` exists. A damaged file is renamed (`.damaged`), and a new
  // file with all keys that can be read takes its place.
  static absl::StatusOr<std::unique_ptr<KeyStore>> Open(const std::string& folder);
  // Returns what the operator has to be told of a damaged file; empty if there was none.
  const std::string& damage() const { return damage_; }

  // Returns the entries in the order in which they were made.
  absl::StatusOr<std::vector<std::string>> Entries();
  // Returns the entries, and the digests that are denied.
  absl::StatusOr<RunTimeKeys> Read();
  // `now`: milliseconds since 1970. Each is one transaction, with its row in the table `events`.
  // If the name is known, or not known, the error says so by its code.
  absl::Status Add(std::string_view name, std::string_view entry, std::int64_t now);
  absl::Status Remove(std::string_view name, std::int64_t now);
  // Denies the digests of a key of the configuration, or allows them again.
  absl::Status Deny(const config::Key& key, std::int64_t now);
  absl::Status Allow(const config::Key& key, std::int64_t now);

 private:
  explicit KeyStore(std::string path) : path_(std::move(path)) {}
  void OpenFile();
  void Salvage();
  bool Has(std::string_view name);
  // Makes a row in `events` for each digest of the key, and runs `statement` with it.
  absl::Status ForDigests(const char* statement, std::string_view action, const config::Key& key,
                          std::int64_t now);
  // Returns what has happened to the statements since the last call.
  absl::Status Take();

  const std::string path_;
  Sqlite database_;
  std::string damage_;
};

}  // namespace headgate::policy
