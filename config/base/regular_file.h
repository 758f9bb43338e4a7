#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>

namespace headgate {

// The content of the regular file at `path`, cut after `most` bytes. No value if it cannot be read
// or is a named pipe, a device, a socket or a folder: reading one may block for ever, and the
// thread that handles signals reads the files of a configuration. Not for command-line arguments,
// which may be pipes. Thread-safe.
std::optional<std::string> ReadRegularFile(
    const std::string& path, std::size_t most = std::numeric_limits<std::size_t>::max());

// Why ReadRegularFile has no value for `path`: the words of the system, such as "Permission
// denied", or what it is instead of a file. Empty if the file can be read. Thread-safe.
std::string WhyUnreadable(const std::string& path);

}  // namespace headgate
