#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace headgate::config {

// The topics that the first line of a topic model names; empty if the file is not a topic model.
// Pure and thread-safe.
std::vector<std::string> TopicsOfModel(const TopicModelFile& file);

}  // namespace headgate::config
