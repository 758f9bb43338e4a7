#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// The one matcher of globs, for checking a configuration and for matching requests. Pure and
// thread-safe.

// Whether `glob` matches `text`: `*` stands for any characters or none, `?` for one byte,
// everything else for itself. The case of ASCII letters does not count. Allocates nothing. Takes at
// most glob x text steps, so a pattern such as "*a*a*a*b" cannot stall a worker.
bool MatchesGlob(std::string_view glob, std::string_view text);

// Whether at least one of the globs matches.
bool MatchesAnyGlob(const std::vector<std::string>& globs, std::string_view text);

// Whether `wide` matches every text that `narrow` matches. May return false although it does ("*?"
// and "?*"), never true although it does not.
bool CoversGlob(std::string_view wide, std::string_view narrow);

// Whether `text` has a `*` or `?`.
bool IsGlob(std::string_view text);

}  // namespace headgate::config
