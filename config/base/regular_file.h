#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>

namespace headgate {

// The content of the regular file at `path`, cut after `most` bytes. No value where there is
// nothing that can be read, and for a named pipe, a device, a socket or a folder: opening or
// reading one may wait for ever, and what the configuration names is read by the thread that takes
// signals. Not for arguments of the command line, which may be pipes. Thread-safe.
std::optional<std::string> ReadRegularFile(
    const std::string& path, std::size_t most = std::numeric_limits<std::size_t>::max());

}  // namespace headgate
