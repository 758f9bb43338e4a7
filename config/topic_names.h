#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace headgate::config {

// The topics that the first line of a model names; empty for any other file.
std::vector<std::string> TopicsOfModel(const TopicModelFile& file);

}  // namespace headgate::config
