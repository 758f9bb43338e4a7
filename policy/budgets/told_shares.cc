#include "policy/budgets/told_shares.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/base/text.h"

namespace headgate::policy {
namespace {

constexpr std::string_view kRefuses = "refuses";

std::string PathIn(const std::string& folder) { return folder + "/told_budgets"; }

absl::Status WriteProblem(const std::string& path) {
  return absl::UnavailableError(config::Concat("cannot write ", path, ": ", std::strerror(errno)));
}

}  // namespace

std::vector<ToldLine> ReadTold(const std::string& folder) {
  std::vector<ToldLine> lines;
  std::ifstream file(PathIn(folder));
  for (std::string text; std::getline(file, text);) {
    std::istringstream fields(text);
    ToldLine line;
    if (fields >> line.begin >> line.told.limit >> line.told.share >> line.budget) {
      std::string more;
      line.told.refuses = fields >> more && more == kRefuses;
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

ToldShare FindTold(const std::vector<ToldLine>& lines, std::string_view budget,
                   std::int64_t begin) {
  const auto found = std::find_if(lines.begin(), lines.end(), [&](const ToldLine& line) {
    return line.budget == budget && line.begin == begin;
  });
  return found == lines.end() ? ToldShare{} : found->told;
}

absl::Status NoteTold(const std::string& folder, const ToldLine& line) {
  std::vector<ToldLine> lines = ReadTold(folder);
  std::erase_if(lines, [&](const ToldLine& known) { return known.budget == line.budget; });
  lines.push_back(line);
  const std::string path = PathIn(folder);
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  for (const ToldLine& one : lines) {
    file << one.begin << ' ' << one.told.limit << ' ' << one.told.share << ' ' << one.budget;
    if (one.told.refuses) file << ' ' << kRefuses;
    file << '\n';
  }
  file.close();
  if (file.fail() || std::rename(fresh.c_str(), path.c_str()) != 0) return WriteProblem(path);
  return absl::OkStatus();
}

}  // namespace headgate::policy
