# Writes OUTPUT, a C++ file with the function FUNCTION, which HEADER declares and which returns the bytes of INPUT. Run with cmake -P
# when INPUT has changed.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace headgate::routing {
namespace {
constexpr unsigned char k${FUNCTION}[] = {
${bytes}0};
}  // namespace

std::string_view ${FUNCTION}() {
  return {reinterpret_cast<const char*>(k${FUNCTION}), sizeof k${FUNCTION} - 1};
}

}  // namespace headgate::routing
")
