// The securities ledger: its validators, each a process of its own with a journal and a clock, and
// what passes between them. Clients and readers are served by the first one.
#include <algorithm>
#include <map>

#include "securities/adapter/securities_adapter.h"
#include "securities/machine/validator_program.h"
#include "sim/world/ledger_service.h"

namespace lockstep::sim {
namespace {

using namespace securities;
using Program = ValidatorProgram;
using Effects = std::vector<ValidatorEffect>;

// Blocks that a frame holds, and that are kept ready for readers.
constexpr std::size_t blocks_a_frame = 64;
constexpr std::size_t blocks_kept = 128;

class SecuritiesService final : public LedgerService {
public:
    explicit SecuritiesService(LedgerParts parts)
        : parts_(std::move(parts)),
          address_(*Address::parse(parts_.spec.name)),
          actor_(parts_.trace.add_actor({parts_.spec.name, ActorKind::ledger, true})) {
        genesis_.ledger = address_;
        genesis_.operator_key = parts_.operator_key;
        genesis_.validators.quorum = ValidatorSet::default_quorum(parts_.spec.validators);
        for (std::size_t i = 0; i < parts_.spec.validators; ++i) {
            const std::string name = parts_.spec.name + " validator " + std::to_string(i + 1);
            signers_.push_back(parts_.signer_of(name));
            genesis_.validators.keys.push_back(signers_.back()->public_key());
            actors_.push_back(parts_.trace.add_actor({name, ActorKind::validator, true}));
        }
        timing_.max_interval = parts_.spec.beat;
        // Ledgers that have time repeat themselves less.
        timing_.resend_interval = std::clamp(Duration{parts_.spec.profile.inclusion.us() / 10},
                                             timing_.resend_interval, Duration::seconds(10));
        for (std::size_t i = 0; i < signers_.size(); ++i) {
            disks_.push_back(parts_.make_disk());
            processes_.push_back(std::make_unique<Process<Program>>(
                Process<Program>::Parts{parts_.scheduler, parts_.trace, actors_[i], *disks_[i],
                                        [this, i] { return make(i); }, snapshot_rows,
                                        [this, i](Effects effects) { let_out(i, effects); },
                                        [this, i] {
                                            lost(i);
                                            parts_.died(i);
                                        }}));
        }
    }

    ActorId actor() const override { return actor_; }
    const Address& address() const override { return address_; }
    LedgerKind kind() const override { return LedgerKind::securities; }
    bool up() const override {
        return processes_[0]->up() && parts_.scheduler.now() >= halted_until_;
    }

    void request(ActorId, const std::string& path, ByteView body, Answer answer) override {
        if (path == "/v1/instructions") return submit(body, std::move(answer));
        if (path == "/v1/query") return answer(query(body));
        LedgerInfo info;
        info.ledger = address_;
        for (const AssetId& asset : parts_.spec.assets)
            info.assets.push_back({asset, Amount{1}, asset.code()});
        info.profile = parts_.spec.profile;
        info.max_hold = max_hold;
        info.max_amount = Amount{UINT64_MAX};
        info.proofs = true;
        OerWriter to;
        write_ledger_info(to, info);
        answer(to.take());
    }

    void subscribe(std::uint64_t cursor, StreamEnd reader) override {
        const ActorId node = reader.node;
        readers_.erase(node);
        if (cursor > tip()) return reader.ended(Reason::too_far_ahead);
        serve(readers_.emplace(node, Reader{std::move(reader), cursor}).first->second);
    }
    void unsubscribe(ActorId node) override { readers_.erase(node); }
    void go_silent(ActorId node) override {
        const auto found = readers_.find(node);
        if (found != readers_.end()) found->second.silent = true;
    }

    std::vector<std::pair<std::string, std::string>> adapter_settings() const override {
        std::string validators;
        for (const PublicKey& key : genesis_.validators.keys)
            validators += (validators.empty() ? "" : ",") + key.hex();
        return {{"chain", genesis_.chain_id().hex()},
                {"validators", validators},
                {"stale_after_ms", in_ms(stale_after(parts_.spec))},
                {"info_interval_ms", in_ms(info_interval(parts_.spec))}};
    }
    Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
        const AdapterSetup& setup) const override {
        return declared(securities::make_adapter(setup), parts_.spec);
    }

    std::size_t processes() const override { return processes_.size(); }
    bool process_up(std::size_t index) const override { return processes_[index]->up(); }
    void kill(std::size_t index) override {
        processes_[index]->kill();
        lost(index);
    }
    void kill_at_point(std::size_t index, std::uint64_t point) override {
        processes_[index]->kill_at_point(point);
    }
    Result<void, Failure> start(std::size_t index) override {
        auto started = processes_[index]->start();
        if (started && index == 0) watch_up_to_tip();
        return started;
    }
    SimDisk& disk(std::size_t index) override { return *disks_[index]; }
    ProcessClock& clock(std::size_t index) override { return processes_[index]->clock(); }
    void clock_changed(std::size_t index) override { processes_[index]->clock_changed(); }
    void halt(Timestamp until) override {
        halted_until_ = std::max(halted_until_, until);
        for (const auto& process : processes_)
            process->pause(until);
    }
    void censor_claims(Timestamp until) override {
        censored_until_ = std::max(censored_until_, until);
    }

    void twin(std::size_t index, Timestamp until) override {
        if (twin_ || !processes_[index]->up()) return;
        twin_index_ = index;
        twin_disk_ = disks_[index]->copy();
        twin_ = std::make_unique<Process<Program>>(Process<Program>::Parts{
            parts_.scheduler, parts_.trace, actors_[index], *twin_disk_,
            [this, index] {
                return std::make_unique<Program>(
                    genesis_, timing_, Validator::Setup{signers_[index], parts_.scheme, false},
                    [this](std::uint64_t height) {
                        return twin_disk_->records().get(
                            static_cast<std::uint16_t>(RecordKind::block), block_key(height));
                    });
            },
            snapshot_rows, [this, index](Effects effects) { let_out_of_twin(index, effects); },
            [] {}});
        // Another clock, so that it has another mind.
        twin_->clock().set_offset(Duration::milliseconds(150));
        ASSERT(twin_->start());
        parts_.scheduler.at(until, [this] {
            twin_->kill();
            parts_.scheduler.after(Duration::seconds(1), [this] { twin_.reset(); });
        });
    }

    Timestamp time() const override {
        return processes_[0]->up() ? ledger().state().time : Timestamp{};
    }
    std::vector<AssetTotals> totals() const override {
        return processes_[0]->up() ? ledger().totals() : std::vector<AssetTotals>{};
    }
    std::vector<Balance> balances(const Address& account) const override {
        return processes_[0]->up() ? ledger().balances(account) : std::vector<Balance>{};
    }
    std::vector<std::string> replay_all() const override {
        std::vector<std::string> differ;
        for (std::size_t i = 0; i < processes_.size(); ++i) {
            if (!processes_[i]->up()) continue;
            if (auto differs = replay_differs(make(i), *disks_[i], processes_[i]->digest(),
                                              parts_.trace.actors()[actors_[i]].name))
                differ.push_back(std::move(*differs));
        }
        return differ;
    }
    void mix_into(Trace& trace) const override {
        for (const auto& process : processes_)
            if (process->up()) trace.mix(process->digest().digest.view());
    }

private:
    struct Reader {
        StreamEnd end;
        std::uint64_t height = 0;  // that it has
        bool silent = false;
    };
    struct Waiting {
        std::vector<Answer> answers;
        std::size_t refusals = 0;  // validators that will not have it
    };

    std::unique_ptr<Program> make(std::size_t index) const {
        return std::make_unique<Program>(
            genesis_, timing_, Validator::Setup{signers_[index], parts_.scheme, index == 0},
            [this, index](std::uint64_t height) { return block(index, height); });
    }
    std::optional<Bytes> block(std::size_t index, std::uint64_t height) const {
        return disks_[index]->records().get(static_cast<std::uint16_t>(RecordKind::block),
                                            block_key(height));
    }
    const Ledger& ledger() const { return processes_[0]->program().validator().ledger(); }
    std::uint64_t tip() const { return processes_[0]->program().validator().tip().height; }

    void submit(ByteView octets, Answer answer) {
        const auto admitted = admit_instruction(octets, *parts_.scheme);
        if (!admitted) return answer(refuse(admitted.error()));
        if (parts_.scheduler.now() < censored_until_ && has_claim(admitted->instruction)) {
            parts_.tally.fault("claim_censored");
            return;
        }
        auto transaction = Transaction::decode(Bytes(octets.begin(), octets.end()));
        ASSERT(transaction);
        Waiting& waiting = waiting_[transaction->id];
        waiting.answers.push_back(std::move(answer));
        waiting.refusals = 0;
        for (const auto& process : processes_)
            if (!process->give(pool_input::Submit{*transaction}))
                refused(transaction->id, Reason::unavailable);
    }
    Result<Bytes> query(ByteView octets) {
        const auto admitted = admit_query(octets, *parts_.scheme);
        if (!admitted) return refuse(admitted.error());
        auto found = ledger().answer(admitted->query);
        if (!found) return refuse(found.error());
        const auto* asked = std::get_if<ask::Escrow>(&admitted->query.body);
        if (asked != nullptr && found->escrows.empty()) {
            // forgotten by the state, or never there
            const auto kept = disks_[0]->records().get(
                static_cast<std::uint16_t>(RecordKind::escrow), escrow_key(ref_of(asked->escrow)));
            const auto escrow = kept ? decode_fields<Escrow>(*kept) : refuse(Reason::not_found);
            if (escrow && escrow->state != EscrowState::prepared)
                found->escrows.push_back(standing_of(*escrow));
        }
        return encode_query_answer(*found);
    }

    void answer_all(const Hash& transaction, const Result<std::vector<OpAnswer>>& answers) {
        const auto entry = waiting_.find(transaction);
        if (entry == waiting_.end()) return;
        const Waiting waiting = std::move(entry->second);
        waiting_.erase(entry);
        for (const Answer& answer : waiting.answers)
            answer(answers ? Result<Bytes>(encode_answers(*answers)) : refuse(answers.error()));
    }
    void refused(const Hash& transaction, Reason reason) {
        const auto entry = waiting_.find(transaction);
        if (entry != waiting_.end() && ++entry->second.refusals == processes_.size())
            answer_all(transaction, refuse(reason));
    }

    void pass(std::size_t from, std::size_t to, Bytes octets) {
        parts_.network.send(
            actors_[from], actors_[to], "vote", std::move(octets), [this, from, to](Bytes arrived) {
                processes_[to]->give(
                    pool_input::FromPeer{static_cast<std::uint32_t>(from), std::move(arrived)});
            });
    }

    void let_out(std::size_t from, Effects& effects) {
        bool committed_here = false;
        for (ValidatorEffect& effect : effects) {
            if (const auto* all = std::get_if<pool_effect::ToAll>(&effect)) {
                for (std::size_t to = 0; to < processes_.size(); ++to)
                    if (to != from) pass(from, to, all->octets);
            } else if (auto* one = std::get_if<pool_effect::To>(&effect)) {
                pass(from, one->validator, std::move(one->octets));
            } else if (const auto* no = std::get_if<pool_effect::Refused>(&effect)) {
                refused(no->transaction, no->reason);
            } else if (const auto* before = std::get_if<pool_effect::Remembered>(&effect)) {
                if (from == 0) answer_all(before->transaction, before->answers);
            } else if (auto* committed = std::get_if<pool_effect::Committed>(&effect)) {
                check_agreement(*committed);
                if (from != 0) continue;
                keep(std::move(committed->block));
                for (std::size_t i = 0; i < committed->transactions.size(); ++i)
                    answer_all(committed->transactions[i], committed->answers[i]);
                committed_here = true;
            } else {
                parts_.tally.branch("equivocation_noticed");
            }
        }
        if (from == 0) watch_up_to_tip();
        if (committed_here && processes_[0]->up())
            for (auto& [node, reader] : readers_)
                serve(reader);
    }

    // What a twin says to others is said in its validator's name; it serves nobody.
    void let_out_of_twin(std::size_t from, Effects& effects) {
        for (ValidatorEffect& effect : effects) {
            if (const auto* all = std::get_if<pool_effect::ToAll>(&effect)) {
                for (std::size_t to = 0; to < processes_.size(); ++to)
                    if (to != from) pass(from, to, all->octets);
            } else if (auto* one = std::get_if<pool_effect::To>(&effect)) {
                pass(from, one->validator, std::move(one->octets));
            } else if (const auto* committed = std::get_if<pool_effect::Committed>(&effect)) {
                check_agreement(*committed);
            }
        }
    }

    // Two validators never commit different blocks at one height.
    void check_agreement(const pool_effect::Committed& committed) {
        const auto [at, is_new] = agreed_.emplace(committed.block.header.height, committed.hash);
        if (!is_new) ASSERT(at->second == committed.hash);
        if (agreed_.size() > 2 * blocks_kept) agreed_.erase(agreed_.begin());
    }

    // The first validator's blocks, each once, also those that it committed and died over.
    void watch_up_to_tip() {
        if (!processes_[0]->up()) return;
        for (const std::uint64_t top = tip(); watched_ < top;) {
            for (const Bytes& leaf : provable(++watched_).block().leaves) {
                const auto event = event_of_leaf(leaf);
                ASSERT(event);
                if (*event) parts_.watch(**event);
            }
        }
    }

    void keep(DecidedBlock block) {
        const std::uint64_t height = block.header.height;
        ready_.insert_or_assign(height, ProvableBlock(std::move(block)));
        if (ready_.size() > blocks_kept) ready_.erase(ready_.begin());
    }
    const ProvableBlock& provable(std::uint64_t height) {
        const auto found = ready_.find(height);
        if (found != ready_.end()) return found->second;
        const auto octets = block(0, height);
        ASSERT(octets);
        auto decided = decode_decided(*octets);
        ASSERT(decided);
        return ready_.insert_or_assign(height, ProvableBlock(std::move(*decided))).first->second;
    }
    // A frame without blocks is how a quiet ledger says that it is alive; here blocks do it.
    void serve(Reader& reader) {
        const std::uint64_t top = tip();
        while (reader.height < top) {
            BlockFrame frame;
            frame.tip = top;
            while (reader.height < top && frame.blocks.size() < blocks_a_frame)
                frame.blocks.push_back(provable(++reader.height).view_for(reader.end.accounts));
            if (reader.height == top)
                for (const Address& account : reader.end.accounts)
                    for (Balance& balance : ledger().balances(account))
                        frame.balances.push_back(std::move(balance));
            if (!reader.silent) reader.end.frame(encode_frame(frame));
        }
    }

    // What a validator that died leaves behind.
    void lost(std::size_t index) {
        if (index != 0) return;
        waiting_.clear();
        auto readers = std::move(readers_);
        readers_.clear();
        for (auto& [node, reader] : readers)
            if (!reader.silent) reader.end.ended(std::nullopt);
    }

    LedgerParts parts_;
    Address address_;
    ActorId actor_;
    Genesis genesis_;
    ValidatorTiming timing_;
    std::vector<std::shared_ptr<const Signer>> signers_;
    std::vector<ActorId> actors_;
    std::vector<std::unique_ptr<SimDisk>> disks_;
    std::vector<std::unique_ptr<Process<Program>>> processes_;
    std::map<ActorId, Reader> readers_;
    std::map<Hash, Waiting> waiting_;
    std::map<std::uint64_t, ProvableBlock> ready_;
    std::map<std::uint64_t, Hash> agreed_;
    std::uint64_t watched_ = 0;  // height up to which the oracle was told
    Timestamp halted_until_;
    Timestamp censored_until_;
    std::size_t twin_index_ = 0;
    std::unique_ptr<SimDisk> twin_disk_;
    std::unique_ptr<Process<Program>> twin_;
};

}  // namespace

std::unique_ptr<LedgerService> make_securities_service(LedgerParts parts) {
    return std::make_unique<SecuritiesService>(std::move(parts));
}

}  // namespace lockstep::sim
