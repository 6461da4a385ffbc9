#include "deploy/demo/probe.h"

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/service/clock.h"
#include "sdk/service/ledger_client.h"

namespace lockstep::demo {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds pause{100};
constexpr std::chrono::milliseconds look_step{2};
constexpr Duration hold = Duration::seconds(300);  // longer than patience
constexpr std::chrono::seconds patience{60};

double seconds_between(Steady::time_point from, Steady::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

// Of one ledger. Tries again until the ledger answers or patience is lost.
class Pair {
public:
    Pair(World& world, const std::string& name)
        : client_(world.ledger_client(name, "probe")),
          payer_(*Address::parse("test." + name + "." + std::string(probe_payer))),
          payee_(*Address::parse("test." + name + "." + std::string(probe_payee))),
          holding_(probe_holding(world.cast(), name)) {}

    Result<void, Failure> prepare(std::uint64_t number) {
        EscrowTerms terms;
        terms.id = EscrowId{sha256(as_bytes(payer_.text() + " " + std::to_string(number))).array()};
        terms.payer = payer_;
        terms.payee = payee_;
        terms.asset = holding_.first;
        terms.amount = holding_.second;
        terms.condition = Condition{sha256(terms.id.view()).array()};
        const service::LedgerClock clock;
        terms.expiry = clock.now() + hold;
        escrow_ = {payer_, terms.id};
        return submit(op::Prepare{terms, terms.expiry});
    }
    Result<void, Failure> reject() { return submit(op::Reject{escrow_, payee_}); }

    // Until the payee's view of the ledger shows it.
    Result<void, Failure> see(bool prepared) {
        const auto until = Steady::now() + patience;
        while (Steady::now() < until) {
            const auto answer = client_.query(ask::Escrow{escrow_});
            if (answer && !answer->escrows.empty() &&
                (answer->escrows.front().state == EscrowState::prepared) == prepared)
                return {};
            std::this_thread::sleep_for(look_step);
        }
        return fail("unavailable", "what was done is not seen");
    }

private:
    // With one id however often, so that it is done once.
    Result<void, Failure> submit(const OpBody& body) {
        std::array<std::uint8_t, 32> id{};
        fill_random(id);
        const auto until = Steady::now() + patience;
        while (true) {
            const auto answers = client_.submit({{CommandId{id}, body}});
            if (answers) {
                const OpAnswer& answer = answers->front();
                if (answer.done) return {};
                return fail(std::string(to_string(answer.reason)),
                            std::string(describe(answer.reason)));
            }
            const auto reason = reason_from_string(answers.error().code);
            const bool again = reason && is_worth_another_try(*reason);
            if (!again || Steady::now() > until) return unexpected<Failure>(answers.error());
            std::this_thread::sleep_for(look_step);
        }
    }

    service::LedgerClient client_;
    Address payer_, payee_;
    std::pair<AssetId, Amount> holding_;
    EscrowKey escrow_;
};

}  // namespace

Probe::Probe(World& world, Steady::time_point began) : world_(world), began_(began) {
    ASSERT(world.settings().probe);
    for (const Role& role : world.cast().roles) {
        if (has_books(role.kind))
            threads_.emplace_back([this, name = std::string(role.name)] { run(name); });
    }
}

Probe::~Probe() {
    stop();
}

void Probe::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

std::vector<Inclusion> Probe::inclusions() const {
    const std::lock_guard lock(mutex_);
    return inclusions_;
}

std::vector<std::string> Probe::trouble() const {
    const std::lock_guard lock(mutex_);
    return trouble_;
}

void Probe::run(const std::string& ledger) {
    Pair pair(world_, ledger);
    for (std::uint64_t number = 1; !stopping_; ++number) {
        for (const bool prepares : {true, false}) {
            const auto begun = Steady::now();
            auto done = prepares ? pair.prepare(number) : pair.reject();
            if (done) done = pair.see(prepares);
            const std::lock_guard lock(mutex_);
            if (!done) {
                trouble_.push_back("probe of " + ledger + ": " + done.error().detail);
                return;
            }
            inclusions_.push_back(
                {ledger, seconds_between(began_, begun), seconds_between(begun, Steady::now())});
        }
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace lockstep::demo
