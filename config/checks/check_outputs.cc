#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "config/base/text.h"
#include "config/checks/checks.h"

namespace headgate::config {
namespace {

namespace fs = std::filesystem;

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return fs::path(a).lexically_normal() == fs::path(b).lexically_normal() ||
         (fs::equivalent(a, b, error) && !error);
}

void CheckOutput(ReadContext& context, const std::string& path, const std::string& file) {
  if (file.empty() || context.HasProblem(path)) return;
  std::error_code ignored;
  if (fs::is_directory(file, ignored)) {
    context.ReportAt(path, "is a folder", Concat("write a file in it: ", file, "/headgate.jsonl"));
    return;
  }
  for (const std::vector<std::string>* const some : {&context.files(), &context.dependencies()}) {
    for (const std::string& read : *some) {
      if (!SameFile(file, read)) continue;
      context.ReportAt(path, "is a file that this configuration is read from",
                       "write another one; the daemon would write over it");
      return;
    }
  }
}

}  // namespace

void CheckOutputs(ReadContext& context, const Config& config) {
  const std::string& log = config.server.access_log;
  const bool to_file = log != "stdout" && log != "stderr" && log != "off";
  if (to_file) CheckOutput(context, "server.access_log", log);
  if (!config.recording) return;
  CheckOutput(context, "recording.file", config.recording->file);
  if (to_file && !context.HasProblem("recording.file") && SameFile(log, config.recording->file)) {
    context.ReportAt("recording.file", "is the access log too", "write another file");
  }
}

}  // namespace headgate::config
