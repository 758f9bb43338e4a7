#include "gateway/cli/ledger/ledger_import.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <ostream>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "config/base/text.h"
#include "gateway/cli/ledger/logged_row.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kImportBatch = 5000;
constexpr std::int64_t kMostToldLines = 20;

absl::Status CannotRead(const policy::Sqlite& file, const std::string& path) {
  return absl::UnavailableError(config::Concat("cannot read ", path, ": ", file.ErrorText()));
}

}  // namespace

LedgerImport::LedgerImport(const config::Config& config, std::int64_t now,
                           policy::LedgerAlarm alarm)
    : config_(config),
      now_(now),
      folder_(LedgerFolder(config)),
      store_(folder_, std::move(alarm)) {}

absl::Status LedgerImport::Open() {
  makes_folder_ = ::access(folder_.c_str(), F_OK) != 0;
  return store_.Open();
}

absl::StatusOr<bool> LedgerImport::IsArchived(std::int64_t day) {
  const auto [place, is_new] = archived_.try_emplace(day, false);
  const std::string path = folder_ + "/archive.db";
  if (!is_new || ::access(path.c_str(), F_OK) != 0) return place->second;
  policy::Sqlite archive;
  archive.OpenForReading(path);
  policy::SqliteQuery hour(archive, "SELECT 1 FROM sums WHERE hour >= ? AND hour < ? LIMIT 1");
  hour.Bind(day * policy::kHoursPerDay).Bind((day + 1) * policy::kHoursPerDay);
  place->second = hour.Next();
  if (archive.failed()) return CannotRead(archive, path);
  return place->second;
}

absl::StatusOr<std::set<LedgerImport::RequestBytes>*> LedgerImport::RequestsOf(std::int64_t day) {
  const auto [place, is_new] = known_.try_emplace(day);
  std::set<RequestBytes>* const requests = &place->second;
  const std::string path = policy::DayFilePath(folder_, day);
  if (!is_new || ::access(path.c_str(), F_OK) != 0) return requests;
  policy::Sqlite file;
  file.OpenForReading(path);
  policy::VisitRows(file, 0, [&](const policy::StoredRow& row) { requests->insert(row.request); });
  if (file.failed()) return CannotRead(file, path);
  return requests;
}

// The log does not say exactly when a request was booked: one that waited over midnight may be in
// the day before or behind.
absl::StatusOr<bool> LedgerImport::IsThere(const policy::LedgerRow& row, std::int64_t day) {
  for (const std::int64_t near : {day - 1, day, day + 1}) {
    const absl::StatusOr<std::set<RequestBytes>*> requests = RequestsOf(near);
    if (!requests.ok()) return requests.status();
    if ((*requests)->contains(row.request)) return true;
  }
  known_[day].insert(row.request);
  return false;
}

absl::Status LedgerImport::AddLine(std::string_view line, std::string& problem) {
  LoggedRow logged = RowOfLogLine(line, config_, now_);
  ++(logged.is_line ? lines_ : unreadable_);
  problem = std::move(logged.problem);
  if (!problem.empty()) ++refused_;
  if (!logged.row) {
    if (logged.is_line && problem.empty()) ++without_cost_;
    return absl::OkStatus();
  }
  const std::int64_t day = policy::DayOf(logged.row->started);
  const absl::StatusOr<bool> archived = IsArchived(day);
  if (!archived.ok()) return archived.status();
  const absl::StatusOr<bool> there = *archived ? false : IsThere(*logged.row, day);
  if (!there.ok()) return there.status();
  if (*archived) {
    ++too_old_;
  } else if (*there) {
    ++there_;
  } else {
    ++added_;
    batch_.ended.push_back(std::move(*logged.row));
  }
  return batch_.ended.size() < kImportBatch ? absl::OkStatus() : Finish();
}

absl::Status LedgerImport::Finish() {
  absl::Status status = store_.Write(batch_);
  if (status.ok()) batch_.ended.clear();
  return status;
}

absl::Status LedgerImport::AddFile(std::istream& file, const std::string& name,
                                   std::ostream& errors) {
  const std::int64_t lines_before = lines_;
  std::int64_t number = 0;
  std::string line;
  std::string problem;
  while (std::getline(file, line)) {
    ++number;
    if (line.empty()) continue;
    absl::Status status = AddLine(line, problem);
    if (!status.ok()) return status;
    if (problem.empty() || refused_ > kMostToldLines) continue;
    errors << "headgate: " << name << ":" << number << ": " << problem << "; it is left out\n";
    if (refused_ == kMostToldLines) errors << "headgate: later lines are only counted\n";
  }
  if (lines_ > lines_before) return Finish();
  return absl::InvalidArgumentError(
      config::Concat(name, number == 0 ? " is empty" : " has no line of an access log",
                     "; name the file that `server.access_log` of the configuration writes"));
}

std::string LedgerImport::Summary() const {
  std::string text = config::Concat(added_, added_ == 1 ? " request" : " requests", " added");
  const auto also = [&text](std::int64_t count, std::string_view what) {
    if (count > 0) text += config::Concat("; ", count, " ", what);
  };
  also(there_, "were there already");
  also(too_old_, "left out: their days are in the archive");
  also(without_cost_, "left out: they were sent to no backend");
  also(unreadable_, "left out: they are no lines of an access log");
  also(refused_, "left out: they have an error");
  if (makes_folder_) {
    text += config::Concat("; made the folder ", folder_, ", which the user of headgate must own");
  }
  return text;
}

std::string ProblemOfLog(const std::string& path) {
  if (path == "-") return {};
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return path + " is a folder; name the files of the access log in it";
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return config::Concat("cannot read ", path, " (", std::strerror(errno), ")");
  std::string beginning(4, '\0');
  file.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
  beginning.resize(static_cast<std::size_t>(file.gcount()));
  if (beginning.empty()) return path + " is empty; leave it out";
  for (const auto& [magic, program] :
       {std::pair<std::string_view, std::string_view>{"\x1f\x8b", "zcat"},
        {"\x28\xb5\x2f\xfd", "zstdcat"},
        {"\xfd"
         "7zX",
         "xzcat"},
        {"BZh", "bzcat"}}) {
    if (!beginning.starts_with(magic)) continue;
    return config::Concat(path, " is compressed; write `", program, " ", path,
                          " | headgate ledger import -`");
  }
  return {};
}

}  // namespace headgate::gateway
