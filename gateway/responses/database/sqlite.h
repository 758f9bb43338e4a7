#pragma once

#include <cstdint>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace headgate::gateway {

// One connection to an SQLite file. The first error stays until it is cleared, and everything after
// it does nothing, so a sequence of statements is checked once, at its end. The only place that
// includes SQLite's header is this unit. Thread-compatible.
class Sqlite {
 public:
  Sqlite() = default;
  ~Sqlite() { Close(); }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;

  // Opens `file`, which is made if it does not exist, readable by its owner alone.
  void Open(const std::string& file);
  void Close();
  bool is_open() const { return database_ != nullptr; }

  // Runs statements that return nothing.
  void Run(const char* statements);
  // Returns the number that `query` finds; 0 if there is none, or after an error.
  std::int64_t Number(const char* query);

  bool failed() const { return error_ != 0; }
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

// One statement with its values, for one use. Values are bound in the order of their `?`; texts
// must outlive the query. Thread-compatible.
class SqliteQuery {
 public:
  SqliteQuery(Sqlite& database, const char* statement);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  SqliteQuery& Bind(std::string_view text);
  SqliteQuery& Bind(std::int64_t number);

  // Takes the next row. Returns false if there is none, or after an error.
  bool Next();
  // The values of the present row, by column from 0. Texts are valid until the next row.
  std::string_view Text(int column) const;
  std::int64_t Number(int column) const;

 private:
  Sqlite& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace headgate::gateway
