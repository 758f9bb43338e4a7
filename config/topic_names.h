#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace headgate::config {

// The topics that the first line of a model names; none when it is no such file.
std::vector<std::string> TopicsOfModel(const TopicModelFile& file);

}  // namespace headgate::config
