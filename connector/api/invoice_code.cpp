#include "connector/api/invoice_code.h"

#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::api {

namespace {
constexpr std::string_view prefix = "lockstep1";
constexpr std::size_t check_size = 4;
}  // namespace

std::string write_invoice_code(const core::input::Invoice& invoice) {
    Bytes octets = encode_fields(invoice);
    const Hash hash = sha256(octets);
    append(octets, hash.view().first(check_size));
    return std::string(prefix) + to_hex(octets);
}

Result<core::input::Invoice, Failure> read_invoice_code(std::string_view code) {
    if (!code.starts_with(prefix) || code.size() > max_invoice_code)
        return fail("malformed", "an invoice begins with \"lockstep1\"");
    const auto octets = from_hex(code.substr(prefix.size()));
    if (!octets || octets->size() <= check_size)
        return fail("malformed", "the invoice is cut off or holds a wrong character");
    const ByteView body = ByteView(*octets).first(octets->size() - check_size);
    const ByteView check = ByteView(*octets).last(check_size);
    if (!equal(sha256(body).view().first(check_size), check))
        return fail("malformed", "the invoice was not copied correctly: its check does not match");
    const auto invoice = decode_fields<core::input::Invoice>(body);
    if (!invoice) return fail("malformed", "the invoice cannot be decoded; is it of this version?");
    return *invoice;
}

}  // namespace lockstep::api
