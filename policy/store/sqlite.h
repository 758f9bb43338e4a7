#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace headgate::policy {

// One connection to an SQLite file. The first error stays until it is cleared, and everything after
// it does nothing, so a sequence of statements is checked once, at its end. The only place that
// includes SQLite's header is this unit. Thread-compatible.
class Sqlite {
 public:
  Sqlite() = default;
  ~Sqlite() { Close(); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // Another process may hold the file for a moment, such as a daemon that is about to end.
  static constexpr std::chrono::milliseconds kBusyWait{2000};

  // Opens `file`, which is made if it does not exist, readable by its owner alone. Waits for other
  // connections for at most `busy`.
  void Open(const std::string& file, std::chrono::milliseconds busy = kBusyWait);
  // Opens an existing file that another process may be writing, and writes nothing to it.
  void OpenForReading(const std::string& file);
  void Close();
  bool is_open() const { return database_ != nullptr; }

  // Runs statements that return nothing.
  void Run(const char* statements);
  // Returns the number that `query` finds; 0 if there is none, or after an error.
  std::int64_t Number(const char* query);

  bool failed() const { return error_ != 0; }
  // Makes it fail for a reason that SQLite does not know.
  void Fail(std::string why);
  // Returns whether the error says that the file is not a database, or a damaged one.
  bool damaged() const;
  // Returns the error in words; empty if there is none.
  std::string ErrorText() const;
  void ClearError();

 private:
  friend class SqliteQuery;
  void Note(int code);

  sqlite3* database_ = nullptr;
  int error_ = 0;
  std::string error_text_;
};

// One statement with its values. Values are bound in the order of their `?`; texts and bytes must
// outlive the query, or its next Restart. Thread-compatible.
class SqliteQuery {
 public:
  SqliteQuery(Sqlite& database, const char* statement);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  SqliteQuery& Bind(std::string_view text);
  SqliteQuery& Bind(std::int64_t number);
  SqliteQuery& BindBytes(std::string_view bytes);
  // Makes the statement ready for other values.
  SqliteQuery& Restart();

  // Takes the next row. Returns false if there is none, or after an error.
  bool Next();
  // The values of the present row, by column from 0. Texts are valid until the next row.
  std::string_view Text(int column) const;
  std::int64_t Number(int column) const;
  std::string_view Bytes(int column) const;

 private:
  Sqlite& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace headgate::policy
