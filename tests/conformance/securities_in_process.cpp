#include "tests/conformance/securities_in_process.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::conformance {
namespace {

using namespace securities;

constexpr std::size_t validator_count = 4;
constexpr Duration network_delay = Duration::milliseconds(1);
constexpr std::uint64_t snapshot_rows = 500;
constexpr Role roles[] = {Role::payer, Role::payee, Role::other};

TimingProfile profile() {
    const Duration second = Duration::seconds(1);
    return {second, Duration{}, Duration{}, second, second, ValidatorTiming{}.max_interval};
}

}  // namespace

SecuritiesInProcess::SecuritiesInProcess(MakeAdapter make)
    : make_(make),
      world_(make_world("test.csd", *AssetId::make("SE0000108656", 0), 10)),
      nodes_(validator_count) {
    genesis_.ledger = world_.ledger;
    genesis_.operator_key = keys_.signer("operator")->public_key();
    genesis_.validators.quorum = ValidatorSet::default_quorum(validator_count);
    for (std::size_t i = 0; i < validator_count; ++i) {
        signers_.push_back(keys_.signer("validator " + std::to_string(i)));
        genesis_.validators.keys.push_back(signers_.back()->public_key());
    }
    start_validators();
    const auto ledger_operator = keys_.signer("operator");
    const auto issuer = keys_.signer("issuer");
    for (const Bytes& octets :
         {sign_ops(world_, opening_ops(world_, keys_), *ledger_operator, now_),
          sign_ops(world_, issue_ops(world_), *issuer, now_)}) {
        for (const OpAnswer& answer : submit_and_wait(octets))
            ASSERT(answer.done);
    }
    start_adapters();
}

std::optional<Bytes> SecuritiesInProcess::block(std::size_t validator, std::uint64_t height) const {
    const auto& records = nodes_[validator].disk.records();
    const auto found =
        records.find({static_cast<std::uint16_t>(RecordKind::block), block_key(height)});
    return found == records.end() ? std::nullopt : std::optional(found->second);
}

void SecuritiesInProcess::start_validators() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const auto make = [this, i] {
            return std::make_unique<ValidatorProgram>(
                genesis_, ValidatorTiming{}, Validator::Setup{signers_[i], keys_.scheme, i == 0},
                [this, i](std::uint64_t height) { return block(i, height); });
        };
        nodes_[i].host = std::make_unique<Host>(nodes_[i].disk, make, snapshot_rows);
        auto started = nodes_[i].host->start(now_);
        ASSERT(started);
        let_out(i, std::move(*started));
    }
}

bool SecuritiesInProcess::restart_ledger() {
    messages_.clear();
    for (auto& [transaction, waiting] : waiting_)
        for (const Answered& done : waiting.callbacks)
            done(refuse(Reason::outcome_unknown));
    waiting_.clear();
    for (const Role role : roles) {
        cut_stream(role);
        stream_ended(role, std::nullopt);
    }
    for (Node& node : nodes_)
        node.host->crash();
    start_validators();
    work();
    return true;
}

std::unique_ptr<LedgerAdapter> SecuritiesInProcess::make_adapter(Role role) {
    std::string validators;
    for (const PublicKey& key : genesis_.validators.keys)
        validators += (validators.empty() ? "" : ",") + key.hex();
    const AdapterSetup setup{world_.ledger,
                             {world_.account(role)},
                             keys_.signer(name_of(role)),
                             keys_.scheme,
                             profile(),
                             {{"reply_timeout_ms", "2000"},
                              {"chain", genesis_.chain_id().hex()},
                              {"validators", validators}}};
    return std::move(make_(setup).value());
}

const Ledger& SecuritiesInProcess::ledger() const {
    return nodes_[0].host->program().validator().ledger();
}

// --- what the ledger's service does ---

void SecuritiesInProcess::carry(Role role, const Request& request) {
    const auto reply = [this, role, id = request.id](Result<Bytes> body) {
        replied(role, id, std::move(body));
    };
    if (request.subscribe) {
        subscribe(role, cursor_in(request.path));
    } else if (request.path == "/v1/instructions") {
        submit(request.body, [reply](const Result<std::vector<OpAnswer>>& answers) {
            reply(answers ? Result<Bytes>(encode_answers(*answers)) : refuse(answers.error()));
        });
    } else if (request.path == "/v1/query") {
        reply(answer_query(request.body));
    } else {
        LedgerInfo info;
        info.ledger = world_.ledger;
        info.assets = {{world_.asset, world_.lot, world_.asset.code()}};
        info.profile = profile();
        info.max_hold = max_hold;
        info.max_amount = Amount{UINT64_MAX};
        OerWriter to;
        write_ledger_info(to, info);
        reply(to.take());
    }
}

void SecuritiesInProcess::submit(ByteView octets, Answered done) {
    const auto admitted = admit_instruction(octets, *keys_.scheme);
    if (!admitted) return done(refuse(admitted.error()));
    auto transaction = Transaction::decode(Bytes(octets.begin(), octets.end()));
    ASSERT(transaction);
    waiting_[transaction->id].callbacks.push_back(std::move(done));
    for (std::size_t i = 0; i < nodes_.size(); ++i)
        messages_.emplace(std::pair(now_, ++order_), Message{i, pool_input::Submit{*transaction}});
}

std::vector<OpAnswer> SecuritiesInProcess::submit_and_wait(ByteView octets) {
    std::optional<Result<std::vector<OpAnswer>>> answers;
    submit(octets, [&](const Result<std::vector<OpAnswer>>& given) { answers = given; });
    const Timestamp limit = now_ + Duration::seconds(10);
    while (!answers)
        ASSERT(happen(limit));
    ASSERT(answers->has_value());
    return **answers;
}

void SecuritiesInProcess::settle(const Hash& transaction,
                                 const Result<std::vector<OpAnswer>>& answers) {
    const auto entry = waiting_.find(transaction);
    if (entry == waiting_.end()) return;
    const Waiting waiting = std::move(entry->second);
    waiting_.erase(entry);
    for (const Answered& done : waiting.callbacks)
        done(answers);
}

Result<Bytes> SecuritiesInProcess::answer_query(ByteView octets) const {
    const auto admitted = admit_query(octets, *keys_.scheme);
    if (!admitted) return refuse(admitted.error());
    const auto answer = ledger().answer(admitted->query);
    if (!answer) return refuse(answer.error());
    return encode_query_answer(*answer);
}

void SecuritiesInProcess::subscribe(Role role, std::uint64_t cursor) {
    heights_[static_cast<std::size_t>(role)] = cursor;
    serve(role);
}

void SecuritiesInProcess::serve(Role role) {
    auto& height = heights_[static_cast<std::size_t>(role)];
    const std::uint64_t tip = nodes_[0].host->program().validator().tip().height;
    while (height && *height < tip) {
        BlockFrame frame;
        frame.tip = tip;
        while (*height < tip && frame.blocks.size() < 100) {
            const auto decided = decode_decided(*block(0, ++*height));
            ASSERT(decided);
            frame.blocks.push_back(ProvableBlock(*decided).view_for({world_.account(role)}));
        }
        if (*height == tip) frame.balances = ledger().balances(world_.account(role));
        streamed(role, encode_frame(frame));
    }
}

void SecuritiesInProcess::cut_stream(Role role) {
    heights_[static_cast<std::size_t>(role)].reset();
}

// --- what was never signed ---

std::optional<ProvenLeaf> SecuritiesInProcess::leaf_before(std::uint64_t height) const {
    while (--height > 0) {
        const auto decided = decode_decided(*block(0, height));
        ASSERT(decided);
        auto leaves = ProvableBlock(*decided).view_for({world_.account(Role::payee)}).leaves;
        if (!leaves.empty()) return std::move(leaves.back());
    }
    return std::nullopt;
}

std::vector<Forgery> SecuritiesInProcess::forgeries() const {
    std::vector<Forgery> all;
    // Each alters the blocks of a frame that have something to prove.
    const auto add = [&](Forged part, const char* what, std::function<bool(BlockView&)> alter) {
        all.push_back({part, what, [alter = std::move(alter)](Bytes& octets) {
                           auto frame = decode_frame(octets);
                           ASSERT(frame);
                           bool altered = false;
                           for (BlockView& view : frame->blocks)
                               if (!view.leaves.empty()) altered = alter(view) || altered;
                           octets = encode_frame(*frame);
                           return altered;
                       }});
    };
    const auto header = [&](const char* what, void (*alter)(BlockHeader&)) {
        const Forged part =
            std::string_view(what) == "another state root" ? Forged::state : Forged::header;
        add(part, what, [alter](BlockView& view) { return alter(view.header), true; });
    };
    header("another time", [](BlockHeader& one) { one.time = one.time + Duration{1}; });
    header("another round", [](BlockHeader& one) { ++one.round; });
    header("another chain", [](BlockHeader& one) { one.chain = Hash{}; });
    header("another parent", [](BlockHeader& one) { one.parent = one.tx_root; });
    header("another root of transactions", [](BlockHeader& one) { one.tx_root = Hash{}; });
    header("other validators", [](BlockHeader& one) { one.validators = Hash{}; });
    header("another state root", [](BlockHeader& one) { one.state_root = one.tx_root; });

    // The first `own` signers are validators, the others are not.
    const auto signed_by = [this](BlockView& view, VoteKind kind, std::size_t own) {
        const Ballot ballot{kind, view.header.height, view.certificate.round, view.header.hash()};
        const Bytes message = ballot_message(view.header.chain, ballot);
        view.certificate.signatures.clear();
        for (std::uint32_t i = 0; i < genesis_.validators.quorum; ++i) {
            const auto signer = i < own ? signers_[i] : keys_.signer("stranger");
            view.certificate.signatures.push_back({i, signer->sign(message)});
        }
        return true;
    };
    const auto certificate = [&](const char* what, std::function<bool(BlockView&)> alter) {
        add(Forged::certificate, what, std::move(alter));
    };
    certificate("one signature too few", [quorum = genesis_.validators.quorum](BlockView& view) {
        view.certificate.signatures.resize(quorum - 1);
        return true;
    });
    certificate("another round", [](BlockView& view) { return ++view.certificate.round, true; });
    certificate("signatures of others", [](BlockView& view) {
        std::swap(view.certificate.signatures.front().signature,
                  view.certificate.signatures.back().signature);
        return true;
    });
    certificate("votes of the round before the last", [signed_by](BlockView& view) {
        return signed_by(view, VoteKind::prevote, validator_count);
    });
    certificate("another time, signed by one validator less than a quorum",
                [signed_by, quorum = genesis_.validators.quorum](BlockView& view) {
                    view.header.time = view.header.time + Duration{1};
                    return signed_by(view, VoteKind::precommit, quorum - 1);
                });

    const auto leaf = [&](Forged part, const char* what, std::function<void(ProvenLeaf&)> alter) {
        add(part, what, [alter = std::move(alter)](BlockView& view) {
            alter(view.leaves.back());
            return true;
        });
    };
    leaf(Forged::inclusion, "a step too many", [](ProvenLeaf& one) { one.path.push_back(Hash{}); });
    leaf(Forged::inclusion, "another place", [](ProvenLeaf& one) { one.index ^= 1; });
    add(Forged::inclusion, "a step missing", [](BlockView& view) {
        if (view.leaves.back().path.empty()) return false;
        return view.leaves.back().path.pop_back(), true;
    });
    add(Forged::inclusion, "another step", [](BlockView& view) {
        if (view.leaves.back().path.empty()) return false;
        return view.leaves.back().path.front() = Hash{}, true;
    });
    leaf(Forged::transaction, "its last octet altered",
         [](ProvenLeaf& one) { one.octets.back() ^= 1; });
    leaf(Forged::transaction, "twice the amount", [](ProvenLeaf& one) {
        auto event = event_of_leaf(one.octets);
        ASSERT(event && *event);
        (*event)->terms.amount = Amount{2 * (*event)->terms.amount.units()};
        OperationLeaf forged;
        forged.answer.done = true;
        forged.event = **event;
        one.octets = operation_leaf(forged);
    });
    add(Forged::transaction, "one that is proved under an earlier header", [this](BlockView& view) {
        auto earlier = leaf_before(view.header.height);
        if (!earlier) return false;
        return view.leaves.back() = std::move(*earlier), true;
    });
    return all;
}

// --- validators and what passes between them ---

void SecuritiesInProcess::run_validator(std::size_t index, std::vector<ValidatorInput> inputs) {
    let_out(index, nodes_[index].host->run(now_, std::move(inputs)));
}

void SecuritiesInProcess::send(std::size_t to, Bytes octets, std::size_t from) {
    messages_.emplace(
        std::pair(now_ + network_delay, ++order_),
        Message{to, pool_input::FromPeer{static_cast<std::uint32_t>(from), std::move(octets)}});
}

void SecuritiesInProcess::let_out(std::size_t from, std::vector<ValidatorEffect> effects) {
    for (ValidatorEffect& effect : effects) {
        if (const auto* all = std::get_if<pool_effect::ToAll>(&effect)) {
            for (std::size_t to = 0; to < nodes_.size(); ++to)
                if (to != from) send(to, all->octets, from);
        } else if (auto* one = std::get_if<pool_effect::To>(&effect)) {
            send(one->validator, std::move(one->octets), from);
        } else if (const auto* refused = std::get_if<pool_effect::Refused>(&effect)) {
            const auto entry = waiting_.find(refused->transaction);
            if (entry != waiting_.end() && ++entry->second.refusals == nodes_.size())
                settle(refused->transaction, refuse(refused->reason));
        } else if (const auto* before = std::get_if<pool_effect::Remembered>(&effect)) {
            if (from == 0) settle(before->transaction, before->answers);
        } else if (const auto* committed = std::get_if<pool_effect::Committed>(&effect)) {
            if (from != 0) continue;
            for (std::size_t i = 0; i < committed->transactions.size(); ++i)
                settle(committed->transactions[i], committed->answers[i]);
        } else {
            UNREACHABLE();  // a validator of this test signed two different things
        }
    }
    if (from != 0 || !nodes_[0].host) return;
    for (const Role role : roles)
        serve(role);
}

// --- time ---

bool SecuritiesInProcess::happen(Timestamp limit) {
    std::optional<std::size_t> awake;
    Timestamp next = limit + Duration{1};
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        const auto due = nodes_[i].host->next_wake();
        if (due && *due < next) {
            next = *due;
            awake = i;
        }
    }
    const bool is_message = !messages_.empty() && messages_.begin()->first.first <= next;
    if (is_message) next = messages_.begin()->first.first;
    if (next > limit) return false;
    now_ = std::max(now_, next);
    if (is_message) {
        Message message = std::move(messages_.begin()->second);
        messages_.erase(messages_.begin());
        std::vector<ValidatorInput> inputs;
        inputs.push_back(std::move(message.input));
        run_validator(message.to, std::move(inputs));
    } else {
        run_validator(*awake, {});
    }
    return true;
}

void SecuritiesInProcess::pass(Duration time) {
    const Timestamp end = now_ + time;
    work();
    while (now_ < end) {
        const Timestamp limit = std::min(end, std::max(now_, next_wake().value_or(end)));
        if (!happen(limit)) now_ = std::max(limit, now_ + Duration{1});
        work();
    }
}

bool SecuritiesInProcess::claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                                     Result<void>& answer) {
    OerWriter use;
    use.fixed(escrow.id).octets(preimage);
    const Op op{CommandId{sha256(use.bytes()).array()}, op::Fulfil{escrow, preimage}};
    const auto answers =
        submit_and_wait(sign_ops(world_, {op}, *keys_.signer(name_of(role)), now_));
    ASSERT(answers.size() == 1);
    answer = answers.front().done ? Result<void>() : refuse(answers.front().reason);
    return true;
}

}  // namespace lockstep::conformance
