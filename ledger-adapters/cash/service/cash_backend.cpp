#include "cash/service/cash_backend.h"

#include <algorithm>
#include <future>

#include "sdk/base/assert.h"
#include "sdk/service/log.h"

namespace lockstep::cash {

using service::AccountInfo;
using service::BackendStats;
using service::Callback;
using service::LedgerDigest;

CashBackend::CashBackend(BackendSettings settings, net::IoLoop& workers, const Clock& clock)
    : settings_(std::move(settings)),
      workers_(workers),
      clock_(clock),
      store_({settings_.directory, "", settings_.disk}),
      hub_(workers),
      program_(CashMachine{}, {input::Configure{settings_.ledger}}),
      host_(
          program_, store_, clock,
          [this](std::vector<Effect> effects) { release(std::move(effects)); }, settings_.host) {}

CashBackend::~CashBackend() {
    stop();
}

Result<std::unique_ptr<CashBackend>, Failure> CashBackend::open(BackendSettings settings,
                                                                net::IoLoop& workers,
                                                                const Clock& clock) {
    std::unique_ptr<CashBackend> backend(new CashBackend(std::move(settings), workers, clock));
    if (const auto started = backend->start(); !started)
        return unexpected<Failure>(started.error());
    return backend;
}

Result<void, Failure> CashBackend::start() {
    if (auto started = host_.start(); !started) return started;
    auto records = SqliteReader::open({settings_.directory, "", 4, settings_.host.fatal});
    if (!records) return unexpected<Failure>(records.error());
    records_ = std::move(*records);
    hub_.read_from(*records_);
    if (auto adopted = adopt_settings(); !adopted) return adopted;
    verifier_.emplace(std::vector<const SqliteStore*>{&store_}, settings_.host.fatal);
    ready_ = true;
    beat_forever();
    return {};
}

// The journal's configuration is what counts; where the file says something else, that becomes the
// next input.
Result<void, Failure> CashBackend::adopt_settings() {
    auto known = std::make_shared<std::promise<Settings>>();
    auto future = known->get_future();
    const auto asked = host_.view([this, known](const Program& program) {
        directory_.load(program.machine());
        known->set_value(program.machine().settings());
    });
    ASSERT(asked);
    const Settings journalled = future.get();
    if (journalled == settings_.ledger) return {};
    if (journalled.ledger != settings_.ledger.ledger) {
        return fail("wrong_ledger", settings_.directory + " holds the journal of " +
                                        journalled.ledger.text() + ", not of " +
                                        settings_.ledger.ledger.text());
    }
    const auto changed = host_.submit({input::Configure{settings_.ledger}, 0});
    ASSERT(changed);
    const auto loaded =
        host_.view([this](const Program& program) { directory_.load(program.machine()); });
    ASSERT(loaded);
    service::log(service::LogLevel::info, "configuration_changed");
    return {};
}

void CashBackend::beat_forever() {
    workers_.after(service::heartbeat_interval, [this, beating = beating_] {
        if (!*beating) return;
        if (hub_.readers() > 0) {
            const auto asked = host_.view([this](const Program& program) {
                hub_.beat(time_of(program.machine()), program.machine().sequence());
            });
            if (!asked && asked.error() == Reason::draining) return;
        }
        beat_forever();
    });
}

Timestamp CashBackend::time_of(const CashMachine& machine) const {
    return std::max(clock_.now(), machine.time());
}

void CashBackend::release(std::vector<Effect> effects) {
    bool changed = false;
    for (Effect& effect : effects) {
        if (auto* output = std::get_if<TicketedOutput<CashMachine>>(&effect)) {
            if (auto* answers = std::get_if<output::Answers>(&output->output)) {
                answers_ = std::move(answers->answers);
                continue;
            }
            const auto& what = std::get<output::Changed>(output->output);
            directory_.add(what);
            hub_.add(what);
            changed = true;
            continue;
        }
        finish(std::get<TicketAnswer>(effect));
    }
    if (changed) hub_.flush();
}

void CashBackend::finish(const TicketAnswer& answer) {
    Callback<std::vector<OpAnswer>> done;
    {
        const std::lock_guard lock(mutex_);
        const auto found = waiting_.find(answer.ticket);
        if (found == waiting_.end()) return;
        done = std::move(found->second);
        waiting_.erase(found);
    }
    std::vector<OpAnswer> answers = std::exchange(answers_, {});
    if (!answer.result) return done(refuse(answer.result.error()));
    done(std::move(answers));
}

bool CashBackend::is_auditor(const PublicKey& key) const {
    return std::find(settings_.auditors.begin(), settings_.auditors.end(), key) !=
           settings_.auditors.end();
}

bool CashBackend::is_known_key(const PublicKey& key) const {
    return directory_.is_known(key);
}

bool CashBackend::may_read(const PublicKey& key, const Address& account) const {
    return directory_.owns(key, account) || (is_auditor(key) && directory_.exists(account));
}

std::vector<Address> CashBackend::accounts_of(const PublicKey& key) const {
    return is_auditor(key) ? directory_.accounts() : directory_.accounts_of(key);
}

void CashBackend::submit(service::Submission submission, Callback<std::vector<OpAnswer>> done) {
    Ticket ticket = 0;
    {
        const std::lock_guard lock(mutex_);
        ticket = ++last_ticket_;
        waiting_.emplace(ticket, std::move(done));
    }
    const auto taken = host_.submit(
        {input::Submit{std::move(submission.instruction), std::move(submission.octets)}, ticket});
    if (taken) return;
    Callback<std::vector<OpAnswer>> refused;
    {
        const std::lock_guard lock(mutex_);
        refused = std::move(waiting_.extract(ticket).mapped());
    }
    refused(refuse(taken.error()));
}

template <class T, class F>
void CashBackend::ask(Callback<T> done, F read) {
    auto shared = std::make_shared<Callback<T>>(std::move(done));
    const auto asked = host_.view([shared, read = std::move(read)](const Program& program) {
        (*shared)(read(program.machine()));
    });
    if (!asked) (*shared)(refuse(asked.error()));
}

void CashBackend::query(const PublicKey& reader, const QueryBody& body,
                        Callback<QueryAnswer> done) {
    const bool auditor = is_auditor(reader);
    const auto role = auditor ? CashMachine::Reader::auditor : CashMachine::Reader::owner;
    const auto look_further = [this, reader, auditor, body,
                               done = std::move(done)](Result<QueryAnswer> answer) {
        const auto* asked = std::get_if<ask::Escrow>(&body);
        if (!answer || asked == nullptr || !answer->escrows.empty()) return done(std::move(answer));
        // closed so long ago that the state has forgotten it, or never there
        workers_.post([this, reader, auditor, escrow = asked->escrow, done,
                       found = std::move(*answer)]() mutable {
            if (auto closed = read_closed(*records_, escrow)) {
                if (!auditor && !directory_.owns(reader, closed->terms.payer) &&
                    !directory_.owns(reader, closed->terms.payee)) {
                    return done(refuse(Reason::not_permitted));
                }
                found.escrows.push_back(std::move(*closed));
            }
            done(std::move(found));
        });
    };
    ask<QueryAnswer>(look_further, [this, reader, role, body](const CashMachine& machine) {
        return machine.ask(time_of(machine), reader, role, body);
    });
}

void CashBackend::info(Callback<LedgerInfo> done) {
    ask<LedgerInfo>(std::move(done),
                    [](const CashMachine& machine) { return Result<LedgerInfo>(machine.info()); });
}

void CashBackend::account(const Address& account, Callback<AccountInfo> done) {
    ask<AccountInfo>(std::move(done), [account](const CashMachine& machine) -> Result<AccountInfo> {
        const auto found = machine.book().find(account);
        if (!found) return refuse(Reason::unknown_account);
        return AccountInfo{account, machine.book()[*found].owner, machine.balances_of(*found)};
    });
}

// Totals and digests go through the whole state on the host's thread: one at a time.
void CashBackend::totals(Callback<std::vector<AssetTotals>> done) {
    if (totals_asked_.exchange(true)) return done(refuse(Reason::overloaded));
    const auto answered = [this, done = std::move(done)](Result<std::vector<AssetTotals>> totals) {
        totals_asked_ = false;
        done(std::move(totals));
    };
    ask<std::vector<AssetTotals>>(answered, [](const CashMachine& machine) {
        return Result<std::vector<AssetTotals>>(machine.totals());
    });
}

void CashBackend::digest(Callback<LedgerDigest> done) {
    if (digest_asked_.exchange(true)) return done(refuse(Reason::overloaded));
    workers_.post([this, done = std::move(done)] {
        const auto digest = host_.digest();
        digest_asked_ = false;
        if (!digest) return done(refuse(digest.error()));
        done(LedgerDigest{digest->seq, digest->digest});
    });
}

Result<std::vector<StatementRow>> CashBackend::statement(const Address& account, std::uint64_t from,
                                                         std::size_t limit) const {
    if (!directory_.exists(account)) return refuse(Reason::unknown_account);
    return read_statement(*records_, account, from, limit);
}

Result<void> CashBackend::subscribe(const PublicKey& reader, std::uint64_t cursor,
                                    service::FrameSink sink, service::FrameEnd end) {
    return host_.view([this, reader, cursor, sink = std::move(sink),
                       end = std::move(end)](const Program& program) {
        const auto begun =
            hub_.begin(program.machine(), reader, cursor, time_of(program.machine()), sink, end);
        if (!begun) end(begun.error());
    });
}

BackendStats CashBackend::stats() const {
    const HostStats host = host_.stats();
    return {host.commits,   host.rows,  host.inputs,    host.refusals,
            host.snapshots, host.queue, hub_.readers(), host.disk_low};
}

void CashBackend::stop() {
    if (stopped_.exchange(true)) return;
    ready_ = false;
    *beating_ = false;
    host_.stop();
    verifier_.reset();
}

}  // namespace lockstep::cash
