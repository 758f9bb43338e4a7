#include "gateway/recording/traffic.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace headgate::gateway {
namespace {

constexpr std::size_t kBuffer = 4u << 20;
constexpr std::size_t kLongestLine = 64u << 20;

absl::Status Unreadable(const std::string& path, int reason) {
  return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(reason)));
}

// Compares files and not names: the requests of a file given twice would count twice.
absl::Status CheckGivenOnce(const std::vector<std::string>& files) {
  std::map<std::pair<dev_t, ino_t>, const std::string*> names;
  for (const std::string& file : files) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return Unreadable(file, errno);
    const auto [other, added] = names.try_emplace({status.st_dev, status.st_ino}, &file);
    if (!added) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": is the same file as ", *other->second, "; name it once"));
    }
  }
  return absl::OkStatus();
}

// Returns whether a file begins as gzip, zstd or xz does.
bool IsCompressed(std::string_view beginning) {
  constexpr std::array<std::string_view, 3> kBeginnings = {"\x1f\x8b", "\x28\xb5\x2f\xfd",
                                                           "\xfd"
                                                           "7zXZ"};
  return std::any_of(kBeginnings.begin(), kBeginnings.end(), [&](std::string_view known) {
    return beginning.substr(0, known.size()) == known;
  });
}

// A file of a recording: FILE.2 was rotated before FILE.1, and FILE.1 before FILE.
struct Part {
  std::string recording;
  int age = 0;
};

Part PartOf(const std::string& file) {
  constexpr std::size_t kLongestAge = 4;  // longer: a date, as other programs append
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(file, error).lexically_normal();
  const std::string extension = path.extension().string();
  int age = 0;
  if (extension.size() > kLongestAge + 1 || extension.empty() ||
      !absl::SimpleAtoi(extension.substr(1), &age) || age < 0) {
    return {path.string(), 0};
  }
  return {(path.parent_path() / path.stem()).string(), age};
}

// Puts the files of one recording together, in the order of their writing: conversations are
// followed through them. Recordings keep the order of their first files.
void SortAsWritten(std::vector<std::string>& files) {
  std::map<std::string, std::size_t> places;
  std::vector<std::tuple<std::size_t, int, std::string>> order;
  for (std::string& file : files) {
    const auto [recording, age] = PartOf(file);
    const std::size_t place = places.try_emplace(recording, places.size()).first->second;
    order.emplace_back(place, -age, std::move(file));
  }
  std::sort(order.begin(), order.end());
  std::transform(order.begin(), order.end(), files.begin(),
                 [](auto& entry) { return std::move(std::get<2>(entry)); });
}

}  // namespace

absl::StatusOr<std::vector<std::string>> TrafficFiles(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      if (!fs::exists(path, error)) return Unreadable(path, ENOENT);
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
      const bool recording = entry.path().filename().string().find(".jsonl") != std::string::npos;
      if (recording && entry.is_regular_file(error)) found.push_back(entry.path().string());
    }
    if (error) return Unreadable(path, error.value());
    if (found.empty()) return absl::NotFoundError(absl::StrCat(path, ": no .jsonl file in it"));
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  if (absl::Status status = CheckGivenOnce(files); !status.ok()) return status;
  SortAsWritten(files);
  return files;
}

// Reads the whole lines in the first `size` bytes of the buffer, and returns their number of bytes.
std::size_t TrafficReader::ReadLines(std::size_t size, const OnRequest& on_request) {
  std::size_t start = 0;
  while (start < size) {
    const void* const end = std::memchr(buffer_.data() + start, '\n', size - start);
    if (end == nullptr) break;
    const auto stop = static_cast<std::size_t>(static_cast<const char*>(end) - buffer_.data());
    if (stop > start) {
      switch (reader_.Read(std::string_view(buffer_.data() + start, stop - start))) {
        case RecordReader::Line::kRequest:
          ++counts_.requests;
          on_request(reader_.request());
          break;
        case RecordReader::Line::kPolicy:
          break;
        case RecordReader::Line::kMalformed:
          ++counts_.malformed;
          break;
        case RecordReader::Line::kOtherVersion:
          ++counts_.other_version;
          break;
      }
    }
    start = stop + 1;
  }
  return start;
}

absl::Status TrafficReader::ReadFile(const std::string& path, const OnRequest& on_request,
                                     const OnBytes& on_bytes) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Unreadable(path, errno);
  buffer_.resize(std::max(buffer_.size(), kBuffer));
  std::size_t held = 0;  // bytes of a line that has not ended yet
  bool first = true;
  absl::Status status;
  for (;;) {
    if (held + RecordReader::kPadding >= buffer_.size()) {
      if (buffer_.size() > kLongestLine) {
        status = absl::InvalidArgumentError(absl::StrCat(path, ": is not a recording"));
        break;
      }
      buffer_.resize(2 * buffer_.size());
    }
    const ssize_t n =
        ::read(fd, buffer_.data() + held, buffer_.size() - RecordReader::kPadding - held);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) status = Unreadable(path, errno);
    if (n <= 0) break;
    if (first && IsCompressed({buffer_.data(), static_cast<std::size_t>(n)})) {
      status = absl::InvalidArgumentError(
          absl::StrCat(path, ": is compressed; unpack it first (gunzip, unzstd, unxz)"));
      break;
    }
    first = false;
    held += static_cast<std::size_t>(n);
    const std::size_t done = ReadLines(held, on_request);
    std::memmove(buffer_.data(), buffer_.data() + done, held - done);
    held -= done;
    on_bytes(static_cast<std::uint64_t>(n));
  }
  ::close(fd);
  // The last line of a recording that is being written may be incomplete.
  if (status.ok() && held > 0) ++counts_.malformed;
  return status;
}

}  // namespace headgate::gateway
