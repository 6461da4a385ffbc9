#include <doctest/doctest.h>

#include "connector/api/invoice_code.h"

using namespace lockstep;

TEST_CASE("an invoice survives being copied, and a slip of the copier is noticed") {
    core::input::Invoice invoice;
    invoice.ledger = *Address::parse("test.sek");
    invoice.account = *Address::parse("test.sek.bob");
    invoice.asset = *AssetId::make("SEK", 2);
    invoice.amount = Amount{100'00};
    const std::string code = api::write_invoice_code(invoice);
    const auto read = api::read_invoice_code(code);
    REQUIRE(read);
    CHECK(read->account == invoice.account);
    CHECK(read->amount == invoice.amount);
    for (std::size_t i = 0; i < code.size(); i += 7) {
        std::string slip = code;
        slip[i] = slip[i] == '0' ? '1' : '0';
        CHECK_FALSE(api::read_invoice_code(slip));
    }
    CHECK_FALSE(api::read_invoice_code(code.substr(0, code.size() - 2)));
    CHECK_FALSE(api::read_invoice_code("lockstep1"));
    CHECK_FALSE(api::read_invoice_code(""));
    CHECK_FALSE(api::read_invoice_code(std::string(api::max_invoice_code + 1, 'a')));
}
