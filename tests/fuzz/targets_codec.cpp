// Canonical OER, and the messages of sdk/machine that are made of it.
#include "cash/adapter/cash_adapter.h"
#include "sdk/machine/adapter.h"
#include "sdk/machine/statement.h"
#include "sdk/machine/stream.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

// A piece that says which types to read, then what to read them from: what is read in full is
// written again octet for octet.
bool fuzz_oer(ByteView octets) {
    Pieces pieces(octets);
    const ByteView script = pieces.next();
    const ByteView input = pieces.rest();
    OerReader from(input);
    OerWriter to;
    for (const std::uint8_t step : script) {
        if (from.failed()) break;
        switch (step % 16) {
            case 0:
                to.u8(from.u8());
                break;
            case 1:
                to.u16(from.u16());
                break;
            case 2:
                to.u32(from.u32());
                break;
            case 3:
                to.u64(from.u64());
                break;
            case 4:
                to.boolean(from.boolean());
                break;
            case 5:
                to.octets(from.octets(100));
                break;
            case 6:
                to.text(from.text(1000));
                break;
            case 7:
                to.raw(from.raw(5));
                break;
            case 8:
                to.fixed(from.fixed<Hash>());
                break;
            case 9:
                to.quantity(from.quantity());
                break;
            case 10: {
                const std::size_t count = from.count(1000);
                ASSERT(count <= 1000);
                to.quantity(count);
                break;
            }
            case 11:
                to.time(from.time());
                break;
            case 12:
                to.address(from.address());
                break;
            case 13:
                to.address(from.address_or_empty());
                break;
            case 14:
                to.asset(from.asset());
                break;
            default:
                to.reason(from.reason());
                break;
        }
    }
    const auto end = from.finish();
    if (!end) {
        ASSERT(is_form(end.error()));
        if (from.failed()) {
            // the first failure sticks, and what is read after it is nothing
            ASSERT(from.u64() == 0 && from.octets(9).empty() && from.address().empty());
            ASSERT(!from.status() && from.status().error() == end.error());
        }
        return false;
    }
    ASSERT(from.status() && from.remaining() == 0);
    ASSERT(equal(to.bytes(), input));
    return true;
}

namespace {

enum class Colour : std::uint8_t { red = 1, green = 2 };
constexpr bool is_valid(Colour colour) {
    return colour == Colour::red || colour == Colour::green;
}

// Every kind of field that an archive knows.
struct Everything {
    std::uint8_t a = 0;
    std::uint16_t b = 0;
    std::uint32_t c = 0;
    std::uint64_t d = 0;
    bool e = false;
    std::string text;
    Bytes bytes;
    Amount amount;
    Timestamp time;
    Duration duration;
    Address address;
    AssetId asset;
    Reason reason = Reason::malformed;
    Hash hash;
    Colour colour = Colour::red;
    std::optional<Colour> maybe;
    std::pair<std::uint8_t, Address> pair;
    std::vector<std::optional<std::uint16_t>> list;
    std::map<std::uint16_t, std::string> map;
    std::set<std::string> set;
    std::variant<std::uint8_t, Colour, EscrowKey> choice;
    std::vector<EscrowTerms> terms;

    template <class S, class A>
    static void fields(S& self, A& to) {
        to(self.a, self.b, self.c, self.d, self.e, self.text, self.bytes, self.amount, self.time);
        to(self.duration, self.address, self.asset, self.reason, self.hash, self.colour);
        to(self.maybe, self.pair, self.list, self.map, self.set, self.choice, self.terms);
    }
};

}  // namespace

bool fuzz_archive(ByteView octets) {
    return is_canonical_archive<Everything>(octets);
}

bool fuzz_instruction(ByteView octets) {
    const bool accepted = is_canonical(
        octets, [](ByteView from) { return decode_instruction(from); },
        [](const SignedInstruction& decoded) {
            Bytes again = encode_instruction(decoded.instruction);
            append(again, decoded.signature.view());
            return again;
        });
    const LenientScheme scheme;
    const bool is_signed = verify_instruction(octets, PublicKey{}, scheme);
    ASSERT(!is_signed || octets.size() >= Signature::size);
    if (!accepted) return false;
    const auto decoded = decode_instruction(octets);
    ASSERT(!decoded->instruction.ops.empty() && decoded->instruction.ops.size() <= max_ops);
    ASSERT(is_signed == LenientScheme::is_good(decoded->signature));
    for (const Op& op : decoded->instruction.ops) {
        OerWriter to;
        write_op(to, op);
        ASSERT(is_canonical_pair(to.bytes(), read_op, write_op));
    }
    return true;
}

bool fuzz_answers(ByteView octets) {
    return is_canonical(octets, decode_answers, encode_answers);
}

bool fuzz_query(ByteView octets) {
    const auto decoded = decode_query(octets);
    if (!decoded) {
        ASSERT(is_form(decoded.error()));
        return false;
    }
    // Signing it again gives the same octets but for the signature.
    const LenientSigner signer(decoded->query.signer);
    const Bytes again = sign_query(decoded->query, signer);
    const std::size_t size = octets.size() - Signature::size;
    ASSERT(again.size() == octets.size() && equal(ByteView(again).first(size), octets.first(size)));
    ASSERT(verify_query(again, decoded->query.signer, LenientScheme{}));
    return true;
}

bool fuzz_query_answer(ByteView octets) {
    return is_canonical(octets, decode_query_answer, encode_query_answer);
}

bool fuzz_ledger_frame(ByteView octets) {
    const bool accepted = is_canonical(octets, decode_frame, encode_frame);
    // As an adapter reads it: all of the frame or nothing of it, and never back.
    cash::FrameReader reader;
    ASSERT(reader.restore(OerWriter().u64(3).take()));
    const auto news = reader.read(octets);
    if (!news) {
        ASSERT(reader.cursor() == 3 && news.error().kind == StreamFault::Kind::lie);
        return accepted;
    }
    ASSERT(accepted && reader.cursor() >= 3);
    std::uint64_t last = 3;
    for (const LedgerEvent& event : news->events) {
        ASSERT(event.sequence > last);
        last = event.sequence;
        const char* lie = find_lie(event, ledger_address());
        ASSERT(lie == nullptr || *lie != '\0');
    }
    cash::FrameReader restored;
    ASSERT(restored.restore(reader.place()) && restored.cursor() == reader.cursor());
    return true;
}

bool fuzz_ledger_info(ByteView octets) {
    return is_canonical_pair(octets, read_ledger_info, write_ledger_info);
}

bool fuzz_statement_row(ByteView octets) {
    if (!is_canonical_archive<StatementRow>(octets)) return false;
    ASSERT(!to_string(decode_fields<StatementRow>(octets)->kind).empty());
    return true;
}

}  // namespace lockstep::fuzz
