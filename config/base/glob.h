#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

// The one matcher of globs: what checks a configuration and what matches requests agree, since both
// call it. Pure and thread-safe.

// Whether `text` is what `glob` describes: `*` stands for any characters, also none, `?` for one
// byte, everything else for itself. Case of ASCII letters does not count. Allocates nothing; takes
// at most glob x text steps, so a pattern such as "*a*a*a*b" is no way to stall a worker.
bool MatchesGlob(std::string_view glob, std::string_view text);

// Whether one of the globs matches.
bool MatchesAnyGlob(const std::vector<std::string>& globs, std::string_view text);

// Whether `wide` surely matches whatever `narrow` matches. May say no where it would have to think
// ("*?" and "?*"), never yes where it is not so.
bool CoversGlob(std::string_view wide, std::string_view narrow);

// Whether `text` has a `*` or `?`.
bool IsGlob(std::string_view text);

}  // namespace headgate::config
