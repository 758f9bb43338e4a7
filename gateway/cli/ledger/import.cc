#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "config/base/text.h"
#include "gateway/cli/ledger/commands.h"
#include "gateway/cli/ledger/logged_row.h"
#include "policy/ledger/ledger_store.h"
#include "policy/ledger/values/calendar.h"

namespace headgate::gateway {
namespace {

using RequestBytes = std::array<unsigned char, 12>;

// Adds rows to a ledger whose daemon does not run. Each request is added once, by its id, however
// often its line comes. Days that are in the archive take nothing more: who was there is not known.
class LedgerImport {
 public:
  explicit LedgerImport(const config::Config& config)
      : config_(config),
        folder_(LedgerFolder(config)),
        store_(folder_, [](bool, std::string_view what, std::string_view detail) {
          std::cerr << "headgate: " << what << ": " << detail << "\n";
        }) {}

  absl::Status Open() { return store_.Open(); }
  absl::Status Add(std::string_view line);
  absl::Status Finish();
  std::string Summary() const;

 private:
  bool IsArchived(std::int64_t day);
  std::set<RequestBytes>& RequestsOf(std::int64_t day);

  static constexpr std::size_t kBatch = 5000;
  const config::Config& config_;
  const std::string folder_;
  policy::LedgerStore store_;
  policy::LedgerBatch batch_;
  std::map<std::int64_t, std::set<RequestBytes>> known_;  // by day
  std::map<std::int64_t, bool> archived_;
  std::int64_t added_ = 0;
  std::int64_t there_ = 0;
  std::int64_t too_old_ = 0;
  std::int64_t without_cost_ = 0;
  std::int64_t unreadable_ = 0;
};

bool LedgerImport::IsArchived(std::int64_t day) {
  const auto [place, is_new] = archived_.try_emplace(day, false);
  const std::string path = folder_ + "/archive.db";
  if (!is_new || ::access(path.c_str(), F_OK) != 0) return place->second;
  policy::Sqlite archive;
  archive.OpenForReading(path);
  policy::SqliteQuery hour(archive, "SELECT 1 FROM sums WHERE hour >= ? AND hour < ? LIMIT 1");
  hour.Bind(day * policy::kHoursPerDay).Bind((day + 1) * policy::kHoursPerDay);
  place->second = hour.Next();
  return place->second;
}

std::set<RequestBytes>& LedgerImport::RequestsOf(std::int64_t day) {
  const auto [place, is_new] = known_.try_emplace(day);
  std::set<RequestBytes>& requests = place->second;
  const std::string path = policy::DayFilePath(folder_, day);
  if (!is_new || ::access(path.c_str(), F_OK) != 0) return requests;
  policy::Sqlite file;
  file.OpenForReading(path);
  policy::VisitRows(file, 0, [&](const policy::StoredRow& row) { requests.insert(row.request); });
  return requests;
}

absl::Status LedgerImport::Add(std::string_view line) {
  bool readable = false;
  std::optional<policy::LedgerRow> row = RowOfLogLine(line, config_, readable);
  if (!row) {
    ++(readable ? without_cost_ : unreadable_);
    return absl::OkStatus();
  }
  const std::int64_t day = policy::DayOf(row->started);
  if (IsArchived(day)) {
    ++too_old_;
  } else if (!RequestsOf(day).insert(row->request).second) {
    ++there_;
  } else {
    ++added_;
    batch_.ended.push_back(std::move(*row));
  }
  return batch_.ended.size() < kBatch ? absl::OkStatus() : Finish();
}

absl::Status LedgerImport::Finish() {
  absl::Status status = store_.Write(batch_);
  if (status.ok()) batch_.ended.clear();
  return status;
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
  return text;
}

}  // namespace

int ImportAccessLog(const LedgerImportOptions& options) {
  const std::optional<config::Config> config = ConfigWithLedger(options.config);
  if (!config) return 1;
  std::ifstream file(options.file);
  if (!file) return FailLedger("cannot read " + options.file);
  LedgerImport import(*config);
  absl::Status status = import.Open();
  std::string line;
  while (status.ok() && std::getline(file, line)) {
    if (!line.empty()) status = import.Add(line);
  }
  if (status.ok()) status = import.Finish();
  if (!status.ok()) return FailLedger(std::string(status.message()));
  std::cout << import.Summary() << "\n";
  return 0;
}

}  // namespace headgate::gateway
