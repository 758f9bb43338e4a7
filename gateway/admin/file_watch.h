#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "backends/net/types.h"

namespace headgate::gateway {

// Returns the folders in which an entry has to change for one of `files` to change. These are the
// file's own folder and, for each symbolic link on the way, the folder of the link and the folder
// of its target. So an editor that writes by rename is noticed, and so is Kubernetes' swap of
// `..data`. Absolute paths, each once; reads the file system.
std::vector<std::string> FoldersOf(const std::vector<std::string>& files);

// Returns what distinguishes versions of `file` without reading it: its real path, inode, size and
// times. Returns an empty text if the file is absent.
std::string VersionOf(const std::string& file);

// Tells when one of a set of files has changed (Linux inotify on FoldersOf them). Folders are
// watched instead of files, because a watch on a file ends when the file is replaced by rename. An
// event is only a reason to check: a change counts if a VersionOf has changed, so logs and swap
// files in the same folder are ignored. Bound to its io_context's thread.
class FileWatch {
 public:
  // `changed` is called when the files have been quiet for 250 ms, or 2 s after the first change.
  FileWatch(asio::io_context& io, std::function<void()> changed);

  // Starts to watch. Returns false if the system has no inotify left for us.
  bool Start();
  // Notes the present versions of `files`. Call it before the files are read, so that a change
  // during reading is seen.
  void NoteVersions(const std::vector<std::string>& files);
  // Watches these files from now on. Files that are known already keep their noted version.
  void SetFiles(const std::vector<std::string>& files);

 private:
  Awaitable<void> ReadLoop();
  Awaitable<void> QuietLoop();
  void SetFolders(const std::vector<std::string>& folders);
  bool AnyChanged() const;

  asio::io_context& io_;
  const std::function<void()> changed_;
  asio::posix::basic_stream_descriptor<Executor> inotify_;
  asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor> quiet_;
  std::map<std::string, std::string> versions_;  // by file
  std::map<std::string, int> watches_;           // by folder
  TimePoint first_event_ = TimePoint::max();
  TimePoint last_event_{};
};

}  // namespace headgate::gateway
