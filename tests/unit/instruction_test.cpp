// The octets of instructions, queries, answers and stream frames.
#include <doctest/doctest.h>

#include <functional>

#include "sdk/machine/adapter.h"
#include "sdk/machine/stream.h"

using namespace lockstep;

namespace {

Address address(std::string_view text) {
    return *Address::parse(text);
}
template <class F>
F filled(std::uint8_t byte) {
    std::array<std::uint8_t, F::size> bytes;
    bytes.fill(byte);
    return F{bytes};
}
const AssetId sek = *AssetId::make("SEK", 2);

EscrowTerms some_terms() {
    return {filled<EscrowId>(1), address("test.sek.a"),   address("test.sek.b"), sek,
            Amount{100},         filled<Condition>(0x7f), Timestamp{1'000'000}};
}

// An operation of each kind.
std::vector<Op> some_ops() {
    const Address a = address("test.sek.a");
    const Address b = address("test.sek.b");
    const EscrowKey key{a, filled<EscrowId>(1)};
    std::vector<OpBody> bodies;
    bodies.emplace_back(op::OpenAccount{a, filled<PublicKey>(2)});
    bodies.emplace_back(op::RegisterAsset{sek, filled<PublicKey>(3), Amount{1}});
    bodies.emplace_back(op::Issue{a, sek, Amount{5}});
    bodies.emplace_back(op::Redeem{a, sek, Amount{6}});
    bodies.emplace_back(op::Transfer{a, b, sek, Amount{7}, Timestamp{9}});
    bodies.emplace_back(op::Prepare{some_terms(), Timestamp{8}});
    bodies.emplace_back(op::Fulfil{key, Bytes(32, 4)});
    bodies.emplace_back(op::Fulfil{key, Bytes(200, 4)});
    bodies.emplace_back(op::Reject{key, b});
    bodies.emplace_back(op::Refund{key});
    std::vector<Op> ops;
    for (OpBody& body : bodies)
        ops.push_back({filled<CommandId>(static_cast<std::uint8_t>(ops.size())), std::move(body)});
    return ops;
}

struct Keys {
    Ed25519 scheme;
    std::unique_ptr<Signer> signer = scheme.signer(KeySeed{{1, 2, 3}});
};

Instruction some_instruction(const Keys& keys) {
    return {address("test.sek"), keys.signer->public_key(), Timestamp{77}, some_ops()};
}

// What holds for every format: decoding gives back the octets, and neither a prefix nor a longer
// string decodes. `again` decodes and encodes; it is empty where the octets are refused.
using Again = std::function<Result<Bytes>(ByteView)>;
void check_format(const Bytes& octets, const Again& again) {
    const auto same = again(octets);
    REQUIRE(same.has_value());
    CHECK(*same == octets);
    for (std::size_t size = 0; size < octets.size(); ++size)
        CHECK_FALSE(again(ByteView(octets).first(size)).has_value());
    Bytes longer = octets;
    longer.push_back(0);
    CHECK_FALSE(again(longer).has_value());
}
// Equal values have equal octets: whatever still decodes after one octet was changed or put in
// encodes to exactly what it was decoded from.
void check_canonical(const Bytes& octets, const Again& again) {
    const auto check = [&](const Bytes& changed) {
        if (const auto encoded = again(changed)) {
            if (*encoded != changed) FAIL_CHECK("accepted another form: ", to_hex(changed));
        }
    };
    for (std::size_t i = 0; i < octets.size(); ++i) {
        for (const int value : {0, 1, 2, 3, 0x20, 0x7f, 0x80, 0x81, 0x82, 0xff}) {
            Bytes changed = octets;
            changed[i] = static_cast<std::uint8_t>(value);
            check(changed);
            changed = octets;
            changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(i),
                           static_cast<std::uint8_t>(value));
            check(changed);
        }
    }
}

Result<Bytes> instruction_again(ByteView octets) {
    const auto decoded = decode_instruction(octets);
    if (!decoded) return refuse(decoded.error());
    Bytes encoded = encode_instruction(decoded->instruction);
    append(encoded, decoded->signature.view());
    return encoded;
}

LedgerEvent some_event(std::uint64_t sequence, EscrowState state) {
    LedgerEvent event{sequence, Timestamp{5}, some_terms(), state, std::nullopt};
    if (state == EscrowState::fulfilled) event.preimage = Bytes(32, 9);
    return event;
}
LedgerFrame some_frame() {
    LedgerFrame frame{Timestamp{12}, 40, {}, {}};
    frame.events.push_back(some_event(1, EscrowState::prepared));
    frame.events.push_back(some_event(2, EscrowState::fulfilled));
    frame.events.push_back(some_event(40, EscrowState::refunded_expired));
    frame.balances.push_back({address("test.sek.a"), sek, Amount{1}, Amount{2}});
    return frame;
}
Result<Bytes> frame_again(ByteView octets) {
    const auto decoded = decode_frame(octets);
    if (!decoded) return refuse(decoded.error());
    return encode_frame(*decoded);
}

}  // namespace

TEST_CASE("an instruction of every operation is read back, and no prefix of it") {
    const Keys keys;
    const Bytes octets = sign_instruction(some_instruction(keys), *keys.signer);
    check_format(octets, instruction_again);
    const auto decoded = decode_instruction(octets);
    CHECK(decoded->instruction.ops.size() == some_ops().size());
    CHECK(decoded->instruction.signer == keys.signer->public_key());
    CHECK(std::get<op::Prepare>(decoded->instruction.ops[5].body).terms == some_terms());
}

TEST_CASE("an instruction has one encoding") {
    const Keys keys;
    check_canonical(sign_instruction(some_instruction(keys), *keys.signer), instruction_again);
}

TEST_CASE("a longer form of a count or of a length is refused as not canonical") {
    const Keys keys;
    const Bytes octets = sign_instruction(some_instruction(keys), *keys.signer);
    // version, then the length of "test.sek": 08 as 81 08
    Bytes longer = octets;
    longer.insert(longer.begin() + 1, 0x81);
    CHECK(decode_instruction(longer).error() == Reason::not_canonical);
    // the count 01 0a as 02 00 0a, after version, address, key and time
    const std::ptrdiff_t count = 1 + 9 + 32 + 8;
    longer = octets;
    REQUIRE(longer[static_cast<std::size_t>(count)] == 1);
    longer[static_cast<std::size_t>(count)] = 2;
    longer.insert(longer.begin() + count + 1, 0);
    CHECK(decode_instruction(longer).error() == Reason::not_canonical);
    longer = octets;
    longer.push_back(0);
    CHECK(decode_instruction(longer).error() == Reason::not_canonical);
}

TEST_CASE("an instruction carries 1 to 1024 operations, and at most a mebibyte") {
    const Keys keys;
    Instruction instruction = some_instruction(keys);
    instruction.ops.clear();
    CHECK(decode_instruction(sign_instruction(instruction, *keys.signer)).error() ==
          Reason::too_many_ops);
    instruction.ops.assign(max_ops, some_ops()[9]);
    CHECK(decode_instruction(sign_instruction(instruction, *keys.signer)).has_value());
    instruction.ops.push_back(some_ops()[9]);
    CHECK(decode_instruction(sign_instruction(instruction, *keys.signer)).error() ==
          Reason::too_many_ops);
    CHECK(decode_instruction(Bytes(max_instruction_octets + 1)).error() == Reason::too_large);
}

TEST_CASE("another version, tag or time is refused with its reason") {
    const Keys keys;
    Bytes octets = sign_instruction(some_instruction(keys), *keys.signer);
    octets[0] = 2;
    CHECK(decode_instruction(octets).error() == Reason::unknown_version);
    octets[0] = 1;
    octets[1 + 9 + 32] = 0x80;  // a time above 2^63-1
    CHECK(decode_instruction(octets).error() == Reason::malformed);
    octets[1 + 9 + 32] = 0;
    octets[1 + 9 + 32 + 8 + 2 + 32] = 0x89;  // tag of the first operation
    CHECK(decode_instruction(octets).error() == Reason::malformed);
}

TEST_CASE("a signature holds for its octets, its key and its use") {
    const Keys keys;
    const PublicKey key = keys.signer->public_key();
    const Bytes octets = sign_instruction(some_instruction(keys), *keys.signer);
    CHECK(verify_instruction(octets, key, keys.scheme));
    CHECK_FALSE(verify_query(octets, key, keys.scheme));
    CHECK_FALSE(verify_instruction(octets, filled<PublicKey>(9), keys.scheme));
    CHECK_FALSE(verify_instruction(Bytes(63), key, keys.scheme));
    for (const std::size_t i : {std::size_t{0}, octets.size() / 2, octets.size() - 1}) {
        Bytes changed = octets;
        changed[i] ^= 1;
        CHECK_FALSE(verify_instruction(changed, key, keys.scheme));
    }
}

TEST_CASE("queries of every kind are read back and verified") {
    const Keys keys;
    const std::vector<QueryBody> bodies = {
        ask::Escrow{{address("test.sek.a"), filled<EscrowId>(1)}},
        ask::OpenEscrows{address("test.sek.a"), 10, 3},
        ask::Balances{address("test.sek.a")},
    };
    for (const QueryBody& body : bodies) {
        const LedgerQuery query{address("test.sek"), keys.signer->public_key(), Timestamp{5}, body};
        const Bytes octets = sign_query(query, *keys.signer);
        check_format(octets, [&](ByteView bytes) -> Result<Bytes> {
            const auto decoded = decode_query(bytes);
            if (!decoded) return refuse(decoded.error());
            return sign_query(decoded->query, *keys.signer);
        });
        CHECK(verify_query(octets, keys.signer->public_key(), keys.scheme));
        CHECK_FALSE(verify_instruction(octets, keys.signer->public_key(), keys.scheme));
    }
}

TEST_CASE("answers are read back and have one encoding") {
    const std::vector<OpAnswer> answers = {
        {filled<CommandId>(1), true, Reason::internal_error, 500},
        {filled<CommandId>(2), false, Reason::insufficient_funds, 0}};
    const Bytes octets = encode_answers(answers);
    CHECK(decode_answers(octets) == answers);
    const Again again = [](ByteView bytes) -> Result<Bytes> {
        const auto decoded = decode_answers(bytes);
        if (!decoded) return refuse(decoded.error());
        return encode_answers(*decoded);
    };
    check_format(octets, again);
    check_canonical(octets, again);
}

TEST_CASE("the answer to a query is read back and has one encoding") {
    QueryAnswer answer{Timestamp{3}, 9, {}, {}};
    answer.escrows.push_back({some_terms(), EscrowState::fulfilled, 4, Bytes(32, 7)});
    answer.escrows.push_back({some_terms(), EscrowState::refunded_rejected, 5, std::nullopt});
    answer.balances.push_back({address("test.sek.a"), sek, Amount{1}, Amount{2}});
    const Again again = [](ByteView bytes) -> Result<Bytes> {
        const auto decoded = decode_query_answer(bytes);
        if (!decoded) return refuse(decoded.error());
        return encode_query_answer(*decoded);
    };
    check_format(encode_query_answer(answer), again);
    check_canonical(encode_query_answer(answer), again);
}

TEST_CASE("a stream frame is read back, has one encoding, and may be empty") {
    check_format(encode_frame(some_frame()), frame_again);
    check_canonical(encode_frame(some_frame()), frame_again);
    check_format(encode_frame({Timestamp{1}, 0, {}, {}}), frame_again);
}

TEST_CASE("a stream frame whose events are out of order or past its tip is malformed") {
    LedgerFrame frame = some_frame();
    std::swap(frame.events[0], frame.events[1]);
    CHECK(decode_frame(encode_frame(frame)).error() == Reason::malformed);
    frame = some_frame();
    frame.tip = 39;
    CHECK(decode_frame(encode_frame(frame)).error() == Reason::malformed);
}

TEST_CASE("what a ledger declares is read back and has one encoding") {
    LedgerInfo info;
    info.ledger = address("test.sek");
    info.assets.push_back({sek, Amount{1}, "Swedish krona"});
    info.profile.inclusion = Duration::seconds(1);
    info.max_hold = Duration::seconds(3600);
    info.max_amount = Amount{1'000'000};
    OerWriter to;
    write_ledger_info(to, info);
    const Again again = [](ByteView bytes) -> Result<Bytes> {
        OerReader from(bytes);
        const LedgerInfo read = read_ledger_info(from);
        if (const auto end = from.finish(); !end) return refuse(end.error());
        OerWriter writer;
        write_ledger_info(writer, read);
        return writer.take();
    };
    const Bytes octets = to.take();
    check_format(octets, again);
    check_canonical(octets, again);
    OerReader from(octets);
    CHECK(read_ledger_info(from) == info);
}
