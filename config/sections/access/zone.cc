#include "config/sections/access/zone.h"

#include <utility>

#include "config/base/regular_file.h"
#include "config/base/text.h"
#include "config/reader/value_types.h"

namespace headgate::config {
namespace {

bool IsZone(const std::string& zone) {
  if (!ConsistsOf(zone, "_+-/") || !IsLetter(zone.front())) return false;
  return ReadRegularFile(Concat("/usr/share/zoneinfo/", zone), 4) == "TZif";
}

}  // namespace

bool Zone::Read(const Value& value, std::string& out) {
  std::string zone;
  if (!Text::Read(value, zone)) return false;
  if (zone != "UTC" && !IsZone(zone)) {
    return value.FailWritten(
        {"is not a time zone of this system",
         "write UTC or an IANA name such as Europe/Berlin (its file belongs in "
         "/usr/share/zoneinfo; Debian's package is tzdata)"});
  }
  out = std::move(zone);
  return true;
}

Json Zone::JsonSchema(Definitions&) { return TextSchema("[A-Za-z][A-Za-z0-9_+/-]*"); }

}  // namespace headgate::config
