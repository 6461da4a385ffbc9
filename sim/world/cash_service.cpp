// The cash ledger: one machine, a feed for each reader, a heartbeat.
#include <algorithm>
#include <map>
#include <set>

#include "cash/adapter/cash_adapter.h"
#include "cash/machine/feed.h"
#include "sdk/machine/machine_program.h"
#include "sim/world/ledger_service.h"

namespace lockstep::sim {
namespace {

using Program = MachineProgram<cash::CashMachine>;
using Effect = Program::Effect;

class CashService final : public LedgerService {
public:
    explicit CashService(LedgerParts parts)
        : parts_(std::move(parts)),
          address_(*Address::parse(parts_.spec.name)),
          actor_(parts_.trace.add_actor({parts_.spec.name, ActorKind::ledger, true})),
          disk_(parts_.make_disk()),
          process_({parts_.scheduler, parts_.trace, actor_, *disk_, [this] { return make(); },
                    snapshot_rows, [this](std::vector<Effect> effects) { release(effects); },
                    [this] { ended(); }}) {}

    ActorId actor() const override { return actor_; }
    const Address& address() const override { return address_; }
    LedgerKind kind() const override { return LedgerKind::cash; }
    bool up() const override { return process_.up() && parts_.scheduler.now() >= halted_until_; }

    void request(ActorId, const std::string& path, ByteView body, Answer answer) override {
        if (path == "/v1/instructions") return submit(body, std::move(answer));
        if (path == "/v1/query") return answer(query(body));
        OerWriter info;
        write_ledger_info(info, machine().info());
        answer(info.take());
    }

    void subscribe(std::uint64_t cursor, StreamEnd reader) override {
        const ActorId node = reader.node;
        readers_.erase(node);
        auto feed = cash::Feed::begin(machine(), reader.key, cursor, ledger_now());
        if (!feed) return reader.ended(feed.error());
        auto& entry =
            readers_.emplace(node, Reader{std::move(reader), std::move(*feed)}).first->second;
        while (auto frame = entry.feed.past(process_.store()))
            entry.end.frame(encode_frame(*frame));
        if (!beating_) beat_later();
    }
    void unsubscribe(ActorId node) override { readers_.erase(node); }
    void go_silent(ActorId node) override {
        const auto found = readers_.find(node);
        if (found != readers_.end()) found->second.silent = true;
    }

    std::vector<std::pair<std::string, std::string>> adapter_settings() const override {
        return {{"stale_after_ms", in_ms(stale_after(parts_.spec))},
                {"info_interval_ms", in_ms(info_interval(parts_.spec))}};
    }
    Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
        const AdapterSetup& setup) const override {
        return declared(cash::make_adapter(setup), parts_.spec);
    }

    std::size_t processes() const override { return 1; }
    bool process_up(std::size_t) const override { return process_.up(); }
    void kill(std::size_t) override {
        process_.kill();
        ended_streams();
    }
    void kill_at_point(std::size_t, std::uint64_t point) override { process_.kill_at_point(point); }
    Result<void, Failure> start(std::size_t) override {
        auto started = process_.start();
        if (started) catch_up_watch();
        return started;
    }
    SimDisk& disk(std::size_t) override { return *disk_; }
    ProcessClock& clock(std::size_t) override { return process_.clock(); }
    void clock_changed(std::size_t) override { process_.clock_changed(); }
    void halt(Timestamp until) override {
        halted_until_ = std::max(halted_until_, until);
        process_.pause(until);
    }
    void censor_claims(Timestamp until) override {
        censored_until_ = std::max(censored_until_, until);
    }

    void twin(std::size_t, Timestamp) override {}

    Timestamp time() const override { return process_.up() ? machine().time() : Timestamp{}; }
    std::vector<AssetTotals> totals() const override {
        return process_.up() ? machine().totals() : std::vector<AssetTotals>{};
    }
    std::vector<Balance> balances(const Address& account) const override {
        if (!process_.up()) return {};
        const auto found = machine().book().find(account);
        return found ? machine().balances_of(*found) : std::vector<Balance>{};
    }
    std::vector<std::string> replay_all() const override {
        if (!process_.up()) return {};
        const auto differs = replay_differs(make(), *disk_, process_.digest(), parts_.spec.name);
        return differs ? std::vector<std::string>{*differs} : std::vector<std::string>{};
    }
    void mix_into(Trace& trace) const override {
        if (process_.up()) trace.mix(process_.digest().digest.view());
    }

private:
    struct Reader {
        StreamEnd end;
        cash::Feed feed;
        bool silent = false;  // half open: it hears nothing more and is not told
    };

    std::unique_ptr<Program> make() const {
        cash::Settings settings;
        settings.ledger = address_;
        settings.ledger_operator = parts_.operator_key;
        settings.profile = parts_.spec.profile;
        return std::make_unique<Program>(
            cash::CashMachine{}, std::vector<cash::Input>{cash::input::Configure{settings}});
    }
    const cash::CashMachine& machine() const { return process_.program().machine(); }
    Timestamp ledger_now() {
        return std::max(process_.clock().show(parts_.scheduler.now()), machine().time());
    }

    void submit(ByteView octets, Answer answer) {
        auto admitted = admit_instruction(octets, *parts_.scheme);
        if (!admitted) return answer(refuse(admitted.error()));
        if (parts_.scheduler.now() < censored_until_ && has_claim(admitted->instruction)) {
            parts_.tally.fault("claim_censored");
            return;  // nothing is ever said
        }
        const Ticket ticket = ++last_ticket_;
        waiting_.emplace(ticket, std::move(answer));
        cash::input::Submit input{std::move(admitted->instruction),
                                  Bytes(octets.begin(), octets.end())};
        process_.give({std::move(input), ticket});
    }

    Result<Bytes> query(ByteView octets) {
        const auto admitted = admit_query(octets, *parts_.scheme);
        if (!admitted) return refuse(admitted.error());
        const auto& body = admitted->query.body;
        auto found = machine().ask(ledger_now(), admitted->query.signer,
                                   cash::CashMachine::Reader::owner, body);
        if (!found) return refuse(found.error());
        const auto* escrow = std::get_if<ask::Escrow>(&body);
        if (escrow != nullptr && found->escrows.empty()) {
            if (auto closed = cash::read_closed(process_.store(), escrow->escrow))
                found->escrows.push_back(std::move(*closed));
        }
        return encode_query_answer(*found);
    }

    void release(std::vector<Effect>& effects) {
        std::vector<OpAnswer> answers;
        bool changed = false;
        for (Effect& effect : effects) {
            if (auto* output = std::get_if<TicketedOutput<cash::CashMachine>>(&effect)) {
                if (auto* given = std::get_if<cash::output::Answers>(&output->output)) {
                    answers = std::move(given->answers);
                    continue;
                }
                const auto& what = std::get<cash::output::Changed>(output->output);
                for (const cash::output::OpenedAccount& account : what.accounts)
                    owners_.insert(account.owner);
                for (const cash::output::Event& event : what.events)
                    watch(event.event);
                for (auto& [node, reader] : readers_)
                    ASSERT(reader.feed.add(what));
                changed = true;
                continue;
            }
            const auto& last = std::get<TicketAnswer>(effect);
            const auto found = waiting_.find(last.ticket);
            if (found == waiting_.end()) continue;
            const Answer answer = std::move(found->second);
            waiting_.erase(found);
            std::vector<OpAnswer> given = std::exchange(answers, {});
            answer(last.result ? Result<Bytes>(encode_answers(given))
                               : refuse(last.result.error()));
        }
        if (changed) flush();
    }

    void watch(const LedgerEvent& event) {
        if (event.sequence <= watched_) return;
        watched_ = event.sequence;
        parts_.watch(event);
    }
    // What became durable while the process died over it, nobody was told of.
    void catch_up_watch() {
        if (!process_.up()) return;
        std::map<std::uint64_t, LedgerEvent> missed;
        for (const PublicKey& owner : owners_)
            for (LedgerEvent& event : cash::read_events(disk_->records(), owner, watched_,
                                                        machine().sequence(), 100'000))
                missed.emplace(event.sequence, std::move(event));
        for (const auto& [sequence, event] : missed)
            watch(event);
    }

    void flush() {
        for (auto& [node, reader] : readers_) {
            for (const LedgerFrame& frame : reader.feed.take())
                if (!reader.silent) reader.end.frame(encode_frame(frame));
        }
    }

    void beat_later() {
        beating_ = true;
        parts_.scheduler.after(parts_.spec.beat, [this] { beat(); });
    }
    void beat() {
        if (readers_.empty()) {
            beating_ = false;
            return;
        }
        beat_later();
        if (!up()) return;
        const Timestamp at = ledger_now();
        for (auto& [node, reader] : readers_)
            ASSERT(reader.feed.beat(at, machine().sequence()));
        flush();
    }

    void ended_streams() {
        waiting_.clear();
        auto readers = std::move(readers_);
        readers_.clear();
        for (auto& [node, reader] : readers)
            if (!reader.silent) reader.end.ended(std::nullopt);
    }
    void ended() {
        ended_streams();
        parts_.died(0);
    }

    LedgerParts parts_;
    Address address_;
    ActorId actor_;
    std::unique_ptr<SimDisk> disk_;
    Process<Program> process_;
    std::map<ActorId, Reader> readers_;
    std::map<Ticket, Answer> waiting_;
    Ticket last_ticket_ = 0;
    std::set<PublicKey> owners_;
    std::uint64_t watched_ = 0;  // sequence up to which the oracle was told
    bool beating_ = false;
    Timestamp halted_until_;
    Timestamp censored_until_;
};

}  // namespace

std::unique_ptr<LedgerService> make_cash_service(LedgerParts parts) {
    return std::make_unique<CashService>(std::move(parts));
}

}  // namespace lockstep::sim
