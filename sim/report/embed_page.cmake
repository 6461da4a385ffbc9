# Writes the page's files as string literals of a .cpp.
# cmake -DFROM=directory -DSCRIPTS="a.js,b.js" -DOUT=page.cpp -P embed_page.cmake
cmake_minimum_required(VERSION 3.25)

# A file as a literal of its own: compilers need not take longer ones than 65,536 octets.
function(literal file result)
  file(READ ${FROM}/${file} text)
  set(${result} "R\"lockstep(${text})lockstep\"" PARENT_SCOPE)
endfunction()

literal(report.html html)
literal(report.css css)
string(REPLACE "," ";" scripts "${SCRIPTS}")
set(additions "")
foreach(file IN LISTS scripts)
  literal(${file} script)
  string(APPEND additions "    text += ${script};\n")
endforeach()

file(
  WRITE ${OUT}
  "#include \"sim/report/page.h\"

namespace lockstep::sim::page {

const std::string_view report_html = ${html};
const std::string_view report_css = ${css};
std::string report_js() {
    std::string text;
${additions}    return text;
}

}  // namespace lockstep::sim::page
")
