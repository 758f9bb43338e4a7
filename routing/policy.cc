#include "routing/policy.h"

#include "absl/strings/string_view.h"

namespace headgate::routing {

ModelRequest CompiledPolicy::Resolve(std::string_view written) const {
  const auto found = names_.find(absl::string_view(written.data(), written.size()));
  return found == names_.end() ? ModelRequest{} : found->second;
}

}  // namespace headgate::routing
