#include "gateway/cli/classifier/model_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include "config/base/regular_file.h"
#include "config/base/text.h"

namespace headgate::gateway {
namespace {

using config::Concat;

constexpr std::string_view kHeading = "headgate-topics ";  // how each topic model begins

absl::Status Refuse(const std::string& path, std::string_view why) {
  return absl::FailedPreconditionError(Concat(path, ": ", why));
}

std::string SystemWords(int error) { return std::generic_category().message(error); }

// The name of the file until it is complete.
std::string FreshName(const std::string& path) { return path + ".new"; }

// The file that the path leads to, so that a link stays a link.
std::string Followed(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0;
}

// Returns why the file cannot be written; 0 if it was.
int Write(const std::string& path, std::string_view bytes) {
  constexpr mode_t kMode = 0644;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kMode);
  if (fd < 0) return errno;
  const int error = WriteAll(fd, bytes) ? 0 : errno;
  ::close(fd);
  return error;
}

}  // namespace

absl::StatusOr<routing::TopicModel> ReadModelFile(const std::string& path) {
  const std::optional<std::string> bytes = ReadRegularFile(path);
  if (!bytes) return Refuse(path, Concat("cannot be read: ", WhyUnreadable(path)));
  absl::StatusOr<routing::TopicModel> model = routing::TopicModel::Parse(*bytes);
  if (!model.ok()) {
    const absl::string_view why = model.status().message();
    return Refuse(path, {why.data(), why.size()});
  }
  return model;
}

absl::Status CheckModelPath(const std::string& path, const std::vector<std::string>& inputs) {
  std::error_code error;
  for (const std::string& input : inputs) {
    if (input.empty() || input == "-") continue;
    if (input != path && !std::filesystem::equivalent(input, path, error)) continue;
    return Refuse(path, "is a file to read, and the model would replace it; write another --out");
  }
  const bool exists = std::filesystem::exists(path, error);
  if (exists) {
    const std::optional<std::string> head = ReadRegularFile(path, kHeading.size());
    if (!head) return Refuse(path, Concat("cannot be replaced: ", WhyUnreadable(path)));
    if (*head != kHeading) {
      return Refuse(path,
                    "is a file that is not a topic model, and would be lost; write another --out, "
                    "or remove it first");
    }
  }
  const std::string fresh = FreshName(Followed(path));
  if (std::filesystem::exists(fresh, error)) {
    const std::optional<std::string> head = ReadRegularFile(fresh, kHeading.size());
    if (!head || !std::string_view(*head).starts_with(kHeading.substr(0, head->size()))) {
      return Refuse(fresh,
                    "is in the way: the model is written there before it gets its name; "
                    "remove it");
    }
  }
  const int why = Write(fresh, {});
  if (why != 0) return Refuse(path, Concat("cannot be written: ", SystemWords(why)));
  std::filesystem::remove(fresh, error);
  return absl::OkStatus();
}

absl::Status WriteModelFile(const std::string& path, std::string_view bytes) {
  const std::string target = Followed(path);
  const std::string fresh = FreshName(target);
  int why = Write(fresh, bytes);
  if (why == 0 && std::rename(fresh.c_str(), target.c_str()) != 0) why = errno;
  if (why == 0) return absl::OkStatus();
  std::error_code error;
  std::filesystem::remove(fresh, error);
  return Refuse(path, Concat("cannot be written: ", SystemWords(why)));
}

}  // namespace headgate::gateway
