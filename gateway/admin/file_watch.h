#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "backends/net/types.h"

namespace headgate::gateway {

// The folders in which an entry has to change for one of `files` to become another: its own, and
// for each symbolic link on the way the one that the link lies in and where it leads. So an editor
// that writes by rename is seen, and Kubernetes' swap of `..data` is. Absolute paths, each once;
// reads the file system.
std::vector<std::string> FoldersOf(const std::vector<std::string>& files);

// What tells one version of `file` from another without reading it: where it really is, inode, size
// and times. Empty when it is not there.
std::string VersionOf(const std::string& file);

// Tells when one of a set of files has changed (Linux inotify on FoldersOf them). Folders rather
// than files are watched, because a file that is replaced by rename takes its watch with it. Events
// only say that it is worth looking: what counts is that a VersionOf has changed, so that logs and
// swap files in the same folder do not matter. Bound to its io_context's thread.
class FileWatch {
 public:
  // `changed` is called when the files have been quiet for 250 ms, or 2 s after the first change.
  FileWatch(asio::io_context& io, std::function<void()> changed);

  // Starts to look; false: the system has no inotify left for us.
  bool Start();
  // Notes the present versions of `files`. Call it before the files are read, so that a change
  // during reading is seen.
  void NoteVersions(const std::vector<std::string>& files);
  // From now on these; those that are known already keep the version that was.
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
