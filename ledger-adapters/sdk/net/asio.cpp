// Asio and Beast compiled once for the library (separate compilation), because their headers cost
// seconds in each file that would instantiate them.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
