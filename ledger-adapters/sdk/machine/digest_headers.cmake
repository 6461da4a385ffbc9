# Run as a script: writes OUT, a source file with SHA-256 over the headers below ROOT, each with its
# path, in order of their paths.
file(GLOB_RECURSE headers RELATIVE ${ROOT} ${ROOT}/*.h)
list(SORT headers)
set(all "")
foreach(header IN LISTS headers)
  file(SHA256 ${ROOT}/${header} digest)
  string(APPEND all "${header} ${digest}\n")
endforeach()
string(SHA256 digest "${all}")
file(CONFIGURE OUTPUT ${OUT} CONTENT
"#include \"sdk/machine/plugin.h\"

const char* lockstep::sdk_headers_digest() {
    return \"${digest}\";
}
" @ONLY)
