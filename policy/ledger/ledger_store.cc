#include "policy/ledger/ledger_store.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

constexpr std::string_view kExtension = ".db";

struct RowsOfDay {
  std::vector<const LedgerRow*> ended;
  std::vector<const LedgerRow*> running;
};

}  // namespace

std::vector<std::int64_t> LedgerDays(const std::string& folder) {
  std::vector<std::int64_t> days;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != kExtension) continue;
    const std::optional<std::int64_t> day = ParseDay(entry.path().stem().string());
    if (day) days.push_back(*day);
  }
  std::sort(days.begin(), days.end());
  return days;
}

std::string DayFilePath(const std::string& folder, std::int64_t day) {
  return config::Concat(folder, "/", DayText(day), kExtension);
}

LedgerStore::LedgerStore(std::string folder, LedgerAlarm alarm)
    : folder_(std::move(folder)), alarm_(std::move(alarm)), archive_(folder_, alarm_) {}

DayFile& LedgerStore::FileOf(std::int64_t day) {
  std::unique_ptr<DayFile>& file = files_[day];
  if (!file) file = std::make_unique<DayFile>(DayFilePath(folder_, day), alarm_);
  return *file;
}

absl::Status LedgerStore::Open() {
  std::error_code error;
  if (std::filesystem::create_directories(folder_, error)) {
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return absl::UnavailableError(config::Concat("cannot make ", folder_, ": ", error.message()));
  }
  absl::StatusOr<FolderLock> lock = FolderLock::Take(folder_);
  if (!lock.ok()) return lock.status();
  lock_ = *std::move(lock);
  if (absl::Status status = archive_.Check(); !status.ok()) return status;
  for (const std::int64_t day : LedgerDays(folder_)) {
    DayFile& file = FileOf(day);
    absl::Status status = file.Open();
    if (status.ok()) status = file.Cover();
    if (!status.ok()) return status;
    found_running_ += file.found_running();
    files_.erase(day);
  }
  return absl::OkStatus();
}

absl::Status LedgerStore::Write(const LedgerBatch& batch) {
  std::map<std::int64_t, RowsOfDay> days;
  for (const LedgerRow& row : batch.ended) days[DayOf(row.started)].ended.push_back(&row);
  for (const LedgerRow& row : batch.running) days[DayOf(row.started)].running.push_back(&row);
  for (const auto& [day, rows] : days) {
    absl::Status status = FileOf(day).Write(rows.ended, rows.running);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status LedgerStore::Cover() {
  for (const auto& [day, file] : files_) {
    if (absl::Status status = file->Cover(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status LedgerStore::Tidy(std::int64_t now, const LedgerKeeping& keeping) {
  if (absl::Status status = Cover(); !status.ok()) return status;
  const std::int64_t today = DayOf(now);
  std::erase_if(files_, [today](const auto& entry) {
    return entry.first != today && !entry.second->HasRunning();
  });
  for (const std::int64_t day : LedgerDays(folder_)) {
    if (day + keeping.requests >= today || files_.contains(day)) continue;
    if (absl::Status status = archive_.Take(DayFilePath(folder_, day)); !status.ok()) return status;
  }
  return archive_.Expire((today - keeping.hourly) * kHoursPerDay);
}

}  // namespace headgate::policy
