// Asio and Beast compiled once for the library (separate compilation), because their headers cost
// seconds in each file that would instantiate them; and what their assertions do.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
#include <string_view>

#include "sdk/base/assert.h"

namespace boost {

// One assertion of Beast 1.81 is wrong: http::basic_parser::parse_chunk_header expects five octets
// of a last chunk that it has seen the beginning of, where "0", CR, LF and one more may be all that
// has come. Anybody who sends them in such pieces would end the process; without the assertion the
// function goes on rightly and asks for more.
void assertion_failed(const char* expression, const char*, const char* file, long line) {
    if (std::string_view(expression) == "n >= 5") return;
    lockstep::detail::assertion_failed(expression, file, static_cast<int>(line));
}
void assertion_failed_msg(const char* expression, const char*, const char*, const char* file,
                          long line) {
    lockstep::detail::assertion_failed(expression, file, static_cast<int>(line));
}

}  // namespace boost
