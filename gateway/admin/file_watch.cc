#include "gateway/admin/file_watch.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace headgate::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kQuiet(250);
constexpr std::chrono::seconds kPatience(2);
constexpr int kMostLinks = 40;  // as the kernel: more of them are a loop

// IN_MODIFY is left out: an access log in the same folder would wake us for every block.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

void AddFolders(const fs::path& file, int links, std::set<std::string>& folders) {
  fs::path walked;
  for (auto part = file.begin(); part != file.end(); ++part) {
    const fs::path here = walked / *part;
    std::error_code error;
    const fs::path target = fs::read_symlink(here, error);
    if (error) {
      walked = here;
      continue;
    }
    folders.insert(walked.string());
    if (links == kMostLinks) return;
    fs::path rest = walked / target;  // an absolute target replaces the walked path
    for (auto next = std::next(part); next != file.end(); ++next) rest /= *next;
    AddFolders(rest.lexically_normal(), links + 1, folders);
    return;
  }
  folders.insert(walked.parent_path().string());
}

}  // namespace

std::vector<std::string> FoldersOf(const std::vector<std::string>& files) {
  std::set<std::string> folders;
  for (const std::string& file : files) {
    std::error_code error;
    const fs::path absolute = fs::absolute(file, error);
    if (!error) AddFolders(absolute.lexically_normal(), 0, folders);
  }
  return {folders.begin(), folders.end()};
}

std::string VersionOf(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return {};
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  return absl::StrCat(real.string(), " ", status.st_dev, " ", status.st_ino, " ", status.st_size,
                      " ", status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec, " ",
                      status.st_ctim.tv_sec, ".", status.st_ctim.tv_nsec);
}

FileWatch::FileWatch(asio::io_context& io, std::function<void()> changed)
    : io_(io), changed_(std::move(changed)), inotify_(io), quiet_(io) {}

bool FileWatch::Start() {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return false;
  inotify_.assign(fd);
  std::vector<std::string> files;
  for (const auto& [file, version] : versions_) files.push_back(file);
  SetFolders(FoldersOf(files));
  asio::co_spawn(io_, ReadLoop(), asio::detached);
  asio::co_spawn(io_, QuietLoop(), asio::detached);
  return true;
}

void FileWatch::NoteVersions(const std::vector<std::string>& files) {
  for (const std::string& file : files) versions_[file] = VersionOf(file);
}

void FileWatch::SetFiles(const std::vector<std::string>& files) {
  std::map<std::string, std::string> versions;
  for (const std::string& file : files) {
    const auto known = versions_.find(file);
    versions[file] = known != versions_.end() ? known->second : VersionOf(file);
  }
  versions_ = std::move(versions);
  SetFolders(FoldersOf(files));
}

void FileWatch::SetFolders(const std::vector<std::string>& folders) {
  if (!inotify_.is_open()) return;
  const int fd = inotify_.native_handle();
  std::map<std::string, int> watches;
  for (fs::path folder : folders) {
    int watch = inotify_add_watch(fd, folder.c_str(), kEvents);
    // A missing folder: its return shows in the nearest folder that exists.
    while (watch < 0 && folder.has_relative_path()) {
      folder = folder.parent_path();
      watch = inotify_add_watch(fd, folder.c_str(), kEvents);
    }
    if (watch >= 0) watches[folder.string()] = watch;
  }
  for (const auto& [folder, watch] : watches_) {
    const bool kept =
        std::any_of(watches.begin(), watches.end(),
                    [known = watch](const auto& other) { return other.second == known; });
    if (!kept) inotify_rm_watch(fd, watch);
  }
  watches_ = std::move(watches);
}

bool FileWatch::AnyChanged() const {
  return std::any_of(versions_.begin(), versions_.end(),
                     [](const auto& file) { return VersionOf(file.first) != file.second; });
}

// The changed entry is not examined: an event is only a reason to compare versions.
Awaitable<void> FileWatch::ReadLoop() {
  std::array<char, 4096> events{};
  for (;;) {
    auto [error, size] = co_await inotify_.async_read_some(asio::buffer(events), kAwait);
    if (error) co_return;
    last_event_ = SteadyClock::now();
    if (first_event_ == TimePoint::max()) {
      first_event_ = last_event_;
      quiet_.cancel();
    }
  }
}

Awaitable<void> FileWatch::QuietLoop() {
  for (;;) {
    const TimePoint due = first_event_ == TimePoint::max()
                              ? TimePoint::max()
                              : std::min(last_event_ + kQuiet, first_event_ + kPatience);
    if (SteadyClock::now() < due) {
      quiet_.expires_at(due);
      co_await quiet_.async_wait(kAwait);
      if (!inotify_.is_open()) co_return;
      continue;
    }
    first_event_ = TimePoint::max();
    std::vector<std::string> files;
    for (const auto& [file, version] : versions_) files.push_back(file);
    // Done again, because the watch on a folder or link ends when it is replaced.
    SetFolders(FoldersOf(files));
    if (AnyChanged()) changed_();
  }
}

}  // namespace headgate::gateway
