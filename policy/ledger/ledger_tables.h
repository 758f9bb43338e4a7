#pragma once

#include <cstdint>
#include <functional>

#include "policy/ledger/values/interned.h"
#include "policy/ledger/values/sums.h"
#include "policy/store/sqlite.h"

namespace headgate::policy {

// The tables that every file of the ledger has: names by their numbers, sums by hour, and facts
// about the file. Errors stay in the database.

inline constexpr std::int64_t kLedgerVersion = 1;  // PRAGMA user_version of every file

// Makes the tables, if they are not there, and the fact "identity", a random number. A file of
// another version is an error.
void MakeLedgerTables(Sqlite& database, const char* further_tables);

// The names of one file. Numbers given by IdOf reach the file with the next Write.
// Thread-compatible.
class LedgerNames {
 public:
  std::int64_t IdOf(const LedgerLabels& labels) { return labels_.IdOf(labels); }
  std::int64_t IdOf(const LedgerTarget& target) { return targets_.IdOf(target); }
  bool Has(const SumKey& key) const { return labels_.Has(key.labels) && targets_.Has(key.target); }
  // REQUIRES: the number was given by IdOf, or read.
  const LedgerLabels& Labels(std::int64_t id) const { return labels_.At(id); }
  const LedgerTarget& Target(std::int64_t id) const { return targets_.At(id); }
  bool HasTarget(std::int64_t id) const { return targets_.Has(id); }
  bool HasLabels(std::int64_t id) const { return labels_.Has(id); }

  // Reads all names of a file. REQUIRES: no names yet.
  void Read(Sqlite& database);
  // Writes the names that the file has not got, inside a transaction.
  void Write(Sqlite& database);
  // The transaction is in the file.
  void Written() {
    labels_in_file_ = labels_.size();
    targets_in_file_ = targets_.size();
  }
  // Looks up how many names the file has: it may be a new one, or may have lost a transaction.
  void CountInFile(Sqlite& database);

 private:
  Interned<LedgerLabels> labels_;
  Interned<LedgerTarget> targets_;
  std::int64_t labels_in_file_ = 0;
  std::int64_t targets_in_file_ = 0;
};

// Adds sums to those of the file, inside a transaction.
void AddSums(const SumTable& sums, Sqlite& database);

// Calls visit for all sums of hours in [since, until).
void VisitSums(Sqlite& database, std::int64_t since, std::int64_t until,
               const std::function<void(const SumKey&, const LedgerSums&)>& visit);

// A number that is kept in the file, such as "covered"; 0 if it was never set.
std::int64_t ReadFact(Sqlite& database, std::string_view name);
void WriteFact(Sqlite& database, std::string_view name, std::int64_t value);

}  // namespace headgate::policy
