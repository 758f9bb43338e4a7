#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "routing/classify/topic_model.h"

namespace headgate::gateway {

// Files of topic models, as `headgate train` writes them and `headgate evaluate` reads them. Errors
// begin with the path and say why, in the words of the system if it is the system that refuses.
// Thread-safe, except that two processes must not write the same model at once.

absl::StatusOr<routing::TopicModel> ReadModelFile(const std::string& path);

// Whether a model can be written to `path`; to be asked before training. Returns
// kFailedPrecondition if `path` is one of `inputs`, also by another name of the same file, if there
// is a file that is not a topic model, or if no file can be made in its folder. `inputs` may have
// "-" and empty paths, which are ignored.
absl::Status CheckModelPath(const std::string& path, const std::vector<std::string>& inputs);

// Writes a file beside `path` and gives it that name: the file is the old model or the new model at
// any time, because a daemon may watch it.
absl::Status WriteModelFile(const std::string& path, std::string_view bytes);

}  // namespace headgate::gateway
