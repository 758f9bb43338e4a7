#include "policy/store/sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <utility>

namespace headgate::policy {
namespace {

constexpr int kPrimaryCode = 0xff;  // extended codes have the kind of error in their low byte

}  // namespace

void Sqlite::Open(const std::string& file, std::chrono::milliseconds busy) {
  Close();
  ClearError();
  // SQLite would make the file readable by everybody; its -wal and -shm files take this mode over.
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (made >= 0) ::close(made);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  Note(sqlite3_open_v2(file.c_str(), &database_, flags, nullptr));
  if (database_ != nullptr) {
    sqlite3_busy_timeout(database_, static_cast<int>(busy.count()));
  }
}

void Sqlite::OpenForReading(const std::string& file) {
  Close();
  ClearError();
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  Note(sqlite3_open_v2(file.c_str(), &database_, flags, nullptr));
  if (database_ != nullptr) sqlite3_busy_timeout(database_, static_cast<int>(kBusyWait.count()));
}

void Sqlite::Close() {
  sqlite3_close_v2(database_);
  database_ = nullptr;
}

void Sqlite::Run(const char* statements) {
  if (failed()) return;
  Note(sqlite3_exec(database_, statements, nullptr, nullptr, nullptr));
}

std::int64_t Sqlite::Number(const char* query) {
  SqliteQuery row(*this, query);
  return row.Next() ? row.Number(0) : 0;
}

bool Sqlite::damaged() const {
  const int kind = error_ & kPrimaryCode;
  return kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
}

std::string Sqlite::ErrorText() const { return error_text_; }

void Sqlite::Fail(std::string why) {
  if (failed()) return;
  error_ = SQLITE_ERROR;
  error_text_ = std::move(why);
}

void Sqlite::ClearError() {
  error_ = 0;
  error_text_.clear();
}

void Sqlite::Note(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE || failed()) return;
  error_ = code;
  error_text_ = database_ != nullptr ? sqlite3_errmsg(database_) : sqlite3_errstr(code);
}

SqliteQuery::SqliteQuery(Sqlite& database, const char* statement) : database_(database) {
  if (database.failed()) return;
  database.Note(sqlite3_prepare_v2(database.database_, statement, -1, &statement_, nullptr));
}

SqliteQuery::~SqliteQuery() { sqlite3_finalize(statement_); }

SqliteQuery& SqliteQuery::Bind(std::string_view text) {
  // A null pointer would bind NULL instead of an empty text.
  const char* const bytes = text.empty() ? "" : text.data();
  if (!database_.failed()) {
    database_.Note(
        sqlite3_bind_text64(statement_, ++bound_, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  }
  return *this;
}

SqliteQuery& SqliteQuery::Bind(std::int64_t number) {
  if (!database_.failed()) database_.Note(sqlite3_bind_int64(statement_, ++bound_, number));
  return *this;
}

SqliteQuery& SqliteQuery::BindBytes(std::string_view bytes) {
  const char* const first = bytes.empty() ? "" : bytes.data();
  if (!database_.failed()) {
    database_.Note(sqlite3_bind_blob64(statement_, ++bound_, first, bytes.size(), SQLITE_STATIC));
  }
  return *this;
}

SqliteQuery& SqliteQuery::Restart() {
  // It returns the error of the last step once more, which was noted then.
  sqlite3_reset(statement_);
  bound_ = 0;
  return *this;
}

bool SqliteQuery::Next() {
  if (database_.failed()) return false;
  const int code = sqlite3_step(statement_);
  database_.Note(code);
  return code == SQLITE_ROW;
}

std::string_view SqliteQuery::Text(int column) const {
  const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

std::int64_t SqliteQuery::Number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteQuery::Bytes(int column) const {
  const auto* const bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string_view()
                          : std::string_view(bytes, static_cast<std::size_t>(size));
}

}  // namespace headgate::policy
