#pragma once

#include <cstdint>
#include <string>

namespace headgate::policy {

// Returns how many frames of the log at `wal_path`, a `-wal` file of SQLite, are lost: SQLite stops
// silently at the first frame whose checksum is wrong, and never reads the transactions behind it.
// 0: none is lost, or there is no such file. Two kinds of frames at the end are not lost: those
// that were there before the log began anew, which have other salts, and those of a transaction
// that did not end. (SQLite file format, section 4, "The Write-Ahead Log", sqlite.org, 2026-11.)
// REQUIRES: nobody writes the file.
std::int64_t LostWalFrames(const std::string& wal_path);

}  // namespace headgate::policy
