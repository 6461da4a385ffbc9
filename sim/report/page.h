// The page's source files as the build embedded them.
#pragma once

#include <string_view>

namespace lockstep::sim::page {

extern const std::string_view report_html;  // with the places named below
extern const std::string_view report_css;
extern const std::string_view report_js;  // all scripts, one after another

}  // namespace lockstep::sim::page
