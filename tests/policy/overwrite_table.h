#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "policy/store/sqlite.h"

namespace headgate::policy {

// Damages the first page of a table. Moves everything from the log to the file before.
inline void OverwriteTable(const std::string& path, const std::string& table) {
  constexpr std::int64_t kPageBytes = 4096;
  Sqlite file;
  file.Open(path);
  file.Run("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::int64_t page =
      file.Number(("SELECT rootpage FROM sqlite_schema WHERE name = '" + table + "'").c_str());
  file.Close();
  std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp((page - 1) * kPageBytes);
  bytes << std::string(kPageBytes, '\x7b');
}

}  // namespace headgate::policy
