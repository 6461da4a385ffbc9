// An invoice as one word that a person can copy: "lockstep1", then hexadecimal of its canonical
// octets and of the first four octets of their SHA-256, which catch a slip of the copier.
#pragma once

#include <string>

#include "connector/core/inputs.h"

namespace lockstep::api {

constexpr std::size_t max_invoice_code = 8192;

std::string write_invoice_code(const core::input::Invoice& invoice);
// The failure says what is wrong with the text.
Result<core::input::Invoice, Failure> read_invoice_code(std::string_view code);

}  // namespace lockstep::api
