# Writes OUTPUT, a C++ file that holds the text of INPUT. Run with cmake -P when INPUT has changed.
file(READ ${INPUT} text)
file(WRITE ${OUTPUT} "#include \"config/catalog.h\"

namespace headgate::config {

std::string_view CatalogText() {
  return R\"catalog(${text})catalog\";
}

}  // namespace headgate::config
")
