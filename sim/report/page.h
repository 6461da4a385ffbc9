// The page's source files as the build embedded them.
#pragma once

#include <string>
#include <string_view>

namespace lockstep::sim::page {

extern const std::string_view
    report_html;  // with places {{title}}, {{style}}, {{data}}, {{script}}
extern const std::string_view report_css;
// All scripts, one after another.
std::string report_js();

}  // namespace lockstep::sim::page
