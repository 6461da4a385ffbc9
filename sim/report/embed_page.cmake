# Writes the page's files as string literals of a .cpp.
# cmake -DFROM=directory -DSCRIPTS="a.js,b.js" -DOUT=page.cpp -P embed_page.cmake
cmake_minimum_required(VERSION 3.25)

function(literal name)
  set(text "")
  foreach(file IN LISTS ARGN)
    file(READ ${FROM}/${file} part)
    string(APPEND text "${part}")
  endforeach()
  set(${name} "const std::string_view ${name} = R\"lockstep(${text})lockstep\";\n" PARENT_SCOPE)
endfunction()

string(REPLACE "," ";" scripts "${SCRIPTS}")
literal(report_html report.html)
literal(report_css report.css)
literal(report_js ${scripts})
file(
  WRITE ${OUT}
  "#include \"sim/report/page.h\"\n\nnamespace lockstep::sim::page {\n\n${report_html}${report_css}${report_js}\n}  // namespace lockstep::sim::page\n"
)
