// The report of one world for a browser: one file with everything in it, which asks nothing of any
// network. The page is in report.html, report.css and report_*.js; here the trace becomes its data.
#pragma once

#include <string>

#include "sim/report/outcome.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

// Texts from files and messages reach the page as JSON in which '<', '>' and '&' are escaped, and
// as an escaped title; nothing else of them is in its markup. A trace that kept no moments gives a
// report without diagrams, which says so.
std::string html_report(const Scenario& scenario, const Outcome& outcome, const Trace& trace);

}  // namespace lockstep::sim
