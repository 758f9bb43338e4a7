#include "policy/ledger/ledger_store.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "config/base/text.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::policy {
namespace {

constexpr std::string_view kExtension = ".db";
constexpr std::string_view kLastDay = "last_day";

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
  ReadLastDay();
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

absl::Status LedgerStore::TidyFiles(std::int64_t now) {
  if (absl::Status status = Cover(); !status.ok()) return status;
  const std::int64_t today = DayOf(now);
  for (const auto& [day, file] : files_) file->EmptyLog();
  std::erase_if(files_, [today](const auto& entry) {
    return entry.first != today && !entry.second->HasRunning();
  });
  return absl::OkStatus();
}

absl::Status LedgerStore::Tidy(std::int64_t now, const LedgerKeeping& keeping) {
  absl::Status status = TidyFiles(now);
  return status.ok() ? Expire(DayOf(now), keeping) : status;
}

bool LedgerStore::IsOld(std::int64_t day, const LedgerKeeping& keeping, std::int64_t today) const {
  return day + keeping.requests < today && !files_.contains(day);
}

bool LedgerStore::HasOld(std::int64_t today, const LedgerKeeping& keeping) const {
  const std::vector<std::int64_t> days = LedgerDays(folder_);
  return std::any_of(days.begin(), days.end(),
                     [&](std::int64_t day) { return IsOld(day, keeping, today); }) ||
         archive_.HasBefore((today - keeping.hourly) * kHoursPerDay);
}

absl::Status LedgerStore::Expire(std::int64_t today, const LedgerKeeping& keeping) {
  NoteLastDay(today);
  for (const std::int64_t day : LedgerDays(folder_)) {
    if (!IsOld(day, keeping, today)) continue;
    const std::string path = DayFilePath(folder_, day);
    if (absl::Status status = archive_.Take(path); !status.ok()) return status;
    alarm_(false, "an old day of the ledger has moved to its archive",
           config::Concat(path, ": its sums by hour are in archive.db, its requests are removed"));
  }
  return archive_.Expire((today - keeping.hourly) * kHoursPerDay);
}

void LedgerStore::ReadLastDay() {
  std::ifstream file(folder_ + "/" + std::string(kLastDay));
  std::string text;
  if (std::getline(file, text)) last_day_ = ParseDay(text);
  if (last_day_) return;
  const std::vector<std::int64_t> days = LedgerDays(folder_);
  std::optional<std::int64_t> newest;
  if (const std::optional<std::int64_t> hour = archive_.NewestHour()) newest = DayOfHour(*hour);
  if (!days.empty()) newest = std::max(newest.value_or(days.back()), days.back());
  if (newest) NoteLastDay(*newest);
}

// If it cannot be written, the next start knows the newest day instead.
void LedgerStore::NoteLastDay(std::int64_t today) {
  if (last_day_ == today) return;
  last_day_ = today;
  const std::string path = folder_ + "/" + std::string(kLastDay);
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << DayText(today) << '\n';
  file.close();
  if (!file.fail()) std::rename(fresh.c_str(), path.c_str());
}

}  // namespace headgate::policy
