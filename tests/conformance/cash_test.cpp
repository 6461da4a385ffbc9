// The cash ledger and its adapter against the conformance kit, in this process; and adapters that
// the kit must catch.
#include "cash/adapter/cash_adapter.h"
#include "tests/conformance/cash_in_process.h"

using namespace lockstep;
using namespace lockstep::conformance;

namespace {

using MakeAdapter = Result<std::unique_ptr<LedgerAdapter>, Failure> (*)(const AdapterSetup&);

// The cash adapter with one vice.
class Flawed : public LedgerAdapter {
public:
    explicit Flawed(const AdapterSetup& setup)
        : inner_(std::move(cash::make_adapter(setup).value())) {}
    void restore(const std::vector<Put>& puts) override { inner_->restore(puts); }
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        inner_->step(at, inputs, out);
        spoil(out);
    }
    std::optional<Timestamp> next_wake() const override { return inner_->next_wake(); }

private:
    virtual void spoil(AdapterOutputs& out) = 0;
    std::unique_ptr<LedgerAdapter> inner_;
};

// Records nothing before it sends.
class Forgetful final : public Flawed {
    using Flawed::Flawed;
    void spoil(AdapterOutputs& out) override {
        std::erase_if(out.puts, [](const Put& put) { return put.key.at(0) != 'c'; });
    }
};
// Takes no answer for a refusal.
class Hasty final : public Flawed {
    using Flawed::Flawed;
    void spoil(AdapterOutputs& out) override {
        for (Report& report : out.reports) {
            auto* answer = std::get_if<report::Answer>(&report);
            if (answer != nullptr && answer->outcome == report::Answer::Outcome::unknown)
                answer->outcome = report::Answer::Outcome::refused;
        }
    }
};
// Does not tell of escrows that were given back.
class Reticent final : public Flawed {
    using Flawed::Flawed;
    void spoil(AdapterOutputs& out) override {
        std::erase_if(out.reports, [](const Report& report) {
            const auto* escrow = std::get_if<report::Escrow>(&report);
            return escrow != nullptr && escrow->state == EscrowState::refunded_expired;
        });
    }
};

template <class F>
Result<std::unique_ptr<LedgerAdapter>, Failure> make_flawed(const AdapterSetup& setup) {
    return std::make_unique<F>(setup);
}

}  // namespace

TEST_CASE("an adapter with a flaw does not conform") {
    struct Row {
        const char* rule;
        MakeAdapter make;
    };
    const Row rows[] = {
        {"restart", make_flawed<Forgetful>},
        {"loss", make_flawed<Hasty>},
        {"refund", make_flawed<Reticent>},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.rule));
        CashInProcess ledger(row.make);
        const Outcomes outcomes = run(ledger, row.rule);
        CHECK(outcomes.count(Outcome::failed) > 0);
    }
}

TEST_CASE("the cash adapter and ledger conform") {
    CashInProcess ledger(cash::make_adapter);
    check_conformance(ledger);
}
