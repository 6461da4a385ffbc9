// The cash ledger and its adapter against the conformance kit, in this process; and adapters that
// the kit must catch.
#include <set>

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
        std::vector<AdapterInput> taken;
        for (AdapterInput& input : inputs) {
            auto* command = std::get_if<Command>(&input);
            if (command == nullptr || !answers(*command)) {
                taken.push_back(std::move(input));
            } else {
                out.reports.emplace_back(
                    report::Answer{command->id, report::Answer::Outcome::done});
            }
        }
        inner_->step(at, taken, out);
        spoil(out);
    }
    std::optional<Timestamp> next_wake() const override { return inner_->next_wake(); }

private:
    virtual void spoil(AdapterOutputs&) {}
    // Whether it says "done" to a command and does no more about it.
    virtual bool answers(const Command&) { return false; }
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

// Once started again with a memory, tells of no claim.
class Withdrawn final : public Flawed {
    using Flawed::Flawed;
    void restore(const std::vector<Put>& puts) override {
        is_restored_ = !puts.empty();
        Flawed::restore(puts);
    }
    void spoil(AdapterOutputs& out) override {
        std::erase_if(out.reports, [this](const Report& report) {
            const auto* escrow = std::get_if<report::Escrow>(&report);
            return is_restored_ && escrow != nullptr && escrow->state == EscrowState::fulfilled;
        });
    }
    bool is_restored_ = false;
};
// Sends everything once.
class Discouraged final : public Flawed {
    using Flawed::Flawed;
    void spoil(AdapterOutputs& out) override {
        std::erase_if(out.requests, [this](const Request& request) {
            return request.path == "/v1/instructions" && !sent_.insert(request.body).second;
        });
    }
    std::set<Bytes> sent_;
};
// Looks at the id of a command and not at what is in it.
class Superficial final : public Flawed {
    using Flawed::Flawed;
    bool answers(const Command& command) override { return !known_.insert(command.id).second; }
    std::set<CommandId> known_;
};
// Thinks that refunds happen by themselves, whenever.
class Unconcerned final : public Flawed {
    using Flawed::Flawed;
    bool answers(const Command& command) override {
        return std::holds_alternative<command::Refund>(command.body);
    }
};
// Thinks that whoever used an id first has it.
class Mistaken final : public Flawed {
    using Flawed::Flawed;
    bool answers(const Command& command) override {
        const auto* prepare = std::get_if<command::Prepare>(&command.body);
        if (prepare == nullptr) return false;
        static std::map<CommandId, Address> users;
        return users.emplace(command.id, prepare->terms.payer).first->second !=
               prepare->terms.payer;
    }
};
// Takes every expiry for one that is far enough ahead.
class Patient final : public Flawed {
    using Flawed::Flawed;
    bool answers(const Command& command) override {
        const auto* prepare = std::get_if<command::Prepare>(&command.body);
        return prepare != nullptr && prepare->terms.expiry < prepare->not_after;
    }
};

// The cash ledger as one that can take back, for a second, what it showed. It takes back a prepare
// by a reject that nobody hears of.
class Revoking final : public ConformanceLedger {
public:
    enum class Vice : std::uint8_t { none, says_nothing, too_sure, says_final, keeps_it };
    Revoking(Vice vice, bool can_revoke) : vice_(vice), can_revoke_(can_revoke) {}

    std::vector<Report> take_reports(Role role) override {
        std::vector<Report> told;
        for (Report& report : inner_.take_reports(role)) {
            if (auto* info = std::get_if<report::Info>(&report)) {
                info->info.profile.rollback = info->info.profile.finality = window;
            } else if (auto* result = std::get_if<report::QueryResult>(&report)) {
                if (result->answer && vice_ != Vice::keeps_it)
                    std::erase_if(result->answer->escrows,
                                  [&](const auto& one) { return is_revoked(one.terms); });
            } else if (auto* event = std::get_if<report::Escrow>(&report)) {
                if (!tell(role, *event)) continue;
            }
            told.push_back(std::move(report));
        }
        auto& due = later_[static_cast<std::size_t>(role)];
        while (!due.empty() && due.front().first <= now()) {
            if (!is_revoked(due.front().second.terms) || vice_ == Vice::says_final)
                told.emplace_back(std::move(due.front().second));
            due.erase(due.begin());
        }
        return told;
    }
    bool roll_back(const EscrowKey& escrow) override {
        if (!can_revoke_) return false;
        revoked_.insert(escrow.id);
        inner_.give(Role::payee, Command{CommandId{escrow.id.array()},
                                         command::Reject{escrow, world().account(Role::payee)}});
        return true;
    }

    const World& world() const override { return inner_.world(); }
    void give(Role role, AdapterInput input) override { inner_.give(role, std::move(input)); }
    void pass(Duration time) override { inner_.pass(time); }
    Timestamp now() const override { return inner_.now(); }
    void next_instruction(Role role, Mishap mishap) override {
        inner_.next_instruction(role, mishap);
    }
    void hold_instructions(Role role) override { inner_.hold_instructions(role); }
    void release(Role role) override { inner_.release(role); }
    void break_stream(Role role) override { inner_.break_stream(role); }
    void restart_adapter(Role role, bool with_memory) override {
        inner_.restart_adapter(role, with_memory);
    }
    bool restart_ledger() override { return inner_.restart_ledger(); }
    bool claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                    Result<void>& answer) override {
        return inner_.claim_with(role, escrow, preimage, answer);
    }
    bool tamper(Role role, std::function<void(Bytes&)> alter) override {
        return inner_.tamper(role, std::move(alter));
    }
    std::vector<Forgery> forgeries() const override { return {}; }

private:
    static constexpr Duration window = Duration::seconds(1);

    bool is_revoked(const EscrowTerms& terms) const { return revoked_.contains(terms.id); }
    bool tell(Role role, report::Escrow& event) {
        event.certainty = vice_ == Vice::too_sure ? Certainty::final_ : Certainty::seen;
        if (is_revoked(event.terms)) {
            event.state = EscrowState::prepared;
            event.certainty = Certainty::rolled_back;
            return vice_ != Vice::says_nothing;
        }
        report::Escrow last = event;
        last.certainty = Certainty::final_;
        later_[static_cast<std::size_t>(role)].emplace_back(now() + window, std::move(last));
        return true;
    }

    CashInProcess inner_{cash::make_adapter};
    const Vice vice_;
    const bool can_revoke_;
    std::set<EscrowId> revoked_;
    std::vector<std::pair<Timestamp, report::Escrow>> later_[role_count];
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
        {"a reject whose request is lost", make_flawed<Discouraged>},
        {"a reject whose answer is lost", make_flawed<Discouraged>},
        {"dies with a reject under way", make_flawed<Forgetful>},
        {"die between the steps", make_flawed<Withdrawn>},
        {"a command id with other fields", make_flawed<Superficial>},
        {"a claim's id with another escrow", make_flawed<Superficial>},
        {"that somebody else used", make_flawed<Mistaken>},
        {"from the expiry on", make_flawed<Unconcerned>},
        {"an expiry at the present", make_flawed<Patient>},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.rule));
        CashInProcess ledger(row.make);
        const Outcomes outcomes = run(ledger, row.rule);
        INFO(to_table(outcomes));
        CHECK(outcomes.count(Outcome::failed) > 0);
    }
}

TEST_CASE("the cash adapter and ledger conform") {
    CashInProcess ledger(cash::make_adapter);
    std::vector<LeftOut> left_out =
        left_out_of_strict() +
        std::vector<LeftOut>{{"a part of a lot is refused", "the asset moves in single units"}};
    for (const Case& one : all_cases())
        if (std::string_view(one.rule) == "proofs")
            left_out.emplace_back(one.title, "the ledger declares no proofs");
    check_conformance(ledger, left_out);
}

TEST_CASE("what a ledger takes back must be told") {
    using Vice = Revoking::Vice;
    struct Row {
        Vice vice;
        bool can_revoke;
        Outcome outcome;
        const char* detail;
    };
    const Row rows[] = {
        {Vice::none, true, Outcome::passed, ""},
        {Vice::none, false, Outcome::left_out, "no roll-back can be provoked from here"},
        {Vice::says_nothing, true, Outcome::failed, "the roll-back was not told"},
        {Vice::too_sure, true, Outcome::failed,
         "it was told as final, though it could be rolled back"},
        {Vice::says_final, true, Outcome::failed, "what was rolled back was told as final"},
        {Vice::keeps_it, true, Outcome::failed, "the query found refunded_rejected, not nothing"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.detail));
        Revoking ledger(row.vice, row.can_revoke);
        const Outcomes outcomes = run(ledger, "never as final");
        REQUIRE(outcomes.cases.size() == 1);
        CHECK(outcomes.cases[0].outcome == row.outcome);
        CHECK(outcomes.cases[0].detail == row.detail);
    }
    // what is final only after a while is told as final in the end
    Revoking ledger(Vice::none, true);
    const Outcomes outcomes = run(ledger, "finality");
    REQUIRE(outcomes.count(Outcome::passed) == 2);
    CHECK_MESSAGE(outcomes.passed(), to_table(outcomes));
}
