// What the in-process ledgers of the conformance tests have in common: names, keys, a clock that
// moves when the kit says so.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>

#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_bench.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {

constexpr Timestamp in_process_start{1'700'000'000'000'000};

struct Keys {
    std::shared_ptr<const SignatureScheme> scheme = std::make_shared<Ed25519>();

    std::shared_ptr<const Signer> signer(std::string_view name) const {
        return scheme->signer(KeySeed(sha256(as_bytes(name)).array()));
    }
};

inline std::string name_of(Role role) {
    return role == Role::payer ? "alice" : role == Role::payee ? "bob" : "carol";
}

// Accounts, the asset and what the parties hold of it, as the ledger's operator and issuer sign.
inline World make_world(std::string_view ledger, AssetId asset, std::uint64_t lot) {
    World world;
    world.ledger = *Address::parse(ledger);
    for (const Role role : {Role::payer, Role::payee, Role::other})
        world.accounts[static_cast<std::size_t>(role)] = *world.ledger.child(name_of(role));
    world.asset = std::move(asset);
    world.lot = Amount{lot};
    world.run = sha256(as_bytes(ledger));
    return world;
}
inline std::vector<Op> opening_ops(const World& world, const Keys& keys) {
    std::vector<Op> ops;
    const auto add = [&](OpBody body) {
        const Hash id = sha256(as_bytes("opening " + std::to_string(ops.size())));
        ops.push_back({CommandId{id.array()}, std::move(body)});
    };
    for (const Role role : {Role::payer, Role::payee, Role::other}) {
        add(op::OpenAccount{world.account(role), keys.signer(name_of(role))->public_key()});
    }
    add(op::RegisterAsset{world.asset, keys.signer("issuer")->public_key(), world.lot});
    return ops;
}
inline std::vector<Op> issue_ops(const World& world) {
    std::vector<Op> ops;
    for (const Role role : {Role::payer, Role::other}) {
        const Hash id = sha256(as_bytes("issue " + name_of(role)));
        ops.push_back({CommandId{id.array()}, op::Issue{world.account(role), world.asset,
                                                        Amount{plenty_lots * world.lot.units()}}});
    }
    return ops;
}
inline Bytes sign_ops(const World& world, std::vector<Op> ops, const Signer& signer,
                      Timestamp now) {
    const Instruction instruction{world.ledger, signer.public_key(), now + Duration::seconds(60),
                                  std::move(ops)};
    return sign_instruction(instruction, signer);
}

// The signed octets of a request that a ledger's service would let through.
inline Result<SignedInstruction> admit_instruction(ByteView octets, const SignatureScheme& scheme) {
    auto decoded = decode_instruction(octets);
    if (!decoded) return refuse(decoded.error());
    if (!verify_instruction(octets, decoded->instruction.signer, scheme))
        return refuse(Reason::bad_signature);
    return decoded;
}
inline Result<SignedQuery> admit_query(ByteView octets, const SignatureScheme& scheme) {
    auto decoded = decode_query(octets);
    if (!decoded) return refuse(decoded.error());
    if (!verify_query(octets, decoded->query.signer, scheme)) return refuse(Reason::bad_signature);
    return decoded;
}
inline std::uint64_t cursor_in(const std::string& path) {
    return std::stoull(path.substr(path.find('=') + 1));
}

// How many cases there are by rule: none goes away in silence. A case that is added is added here.
inline void check_rules() {
    const std::map<std::string, int> wanted{
        {"amount", 8},   {"clock", 1},     {"expiry", 5},   {"finality", 2},
        {"hold", 3},     {"inclusion", 2}, {"life", 9},     {"loss", 7},
        {"preimage", 6}, {"proofs", 6},    {"refund", 5},   {"reject", 4},
        {"repeat", 7},   {"restart", 7},   {"rollback", 2}, {"stream", 3}};
    std::map<std::string, int> found;
    for (const Case& one : all_cases())
        ++found[one.rule];
    CHECK(found == wanted);
}

// A case that is left out, and why.
using LeftOut = std::pair<std::string, std::string>;
// Those of a ledger that is strict, refunds by itself, and takes back nothing.
inline std::vector<LeftOut> left_out_of_strict() {
    const std::string no_roll_back = "the ledger declares that nothing is rolled back";
    return {{"where late claims are taken, they are until the refund is included",
             "the ledger is strict: a late claim is refused"},
            {"where the payer refunds, nobody else does",
             "the ledger declares that a refund needs no payer"},
            {"where a reject takes both, neither does it alone",
             "the ledger declares no reject that takes both"},
            {"what is told as final was told as seen before",
             "the ledger declares that what is told is final"},
            {"less than a claim is worth is refused", "the ledger takes a single lot"},
            {"what is rolled back is told, and never as final", no_roll_back},
            {"what is rolled back and comes again is final in the end", no_roll_back}};
}
// Those of a ledger that is open, has no proofs, and tells by no stream.
inline std::vector<LeftOut> left_out_of_open() {
    const std::string late = "the ledger is open: a late claim may succeed";
    std::vector<LeftOut> left_out{
        {"a claim at the expiry is refused", late},
        {"a claim just after the expiry is refused", late},
        {"a reject keeps an escrow from being prepared later",
         "the ledger declares no plain reject"},
        {"a part of a lot is refused", "the asset moves in single units"}};
    for (const Case& one : all_cases())
        if (std::string_view(one.rule) == "proofs")
            left_out.emplace_back(one.title, "the ledger declares no proofs");
    return left_out;
}
inline std::vector<LeftOut> operator+(std::vector<LeftOut> these,
                                      const std::vector<LeftOut>& those) {
    these.insert(these.end(), those.begin(), those.end());
    return these;
}

// Every case passes but these, which are left out.
inline void check_conformance(ConformanceLedger& ledger, std::vector<LeftOut> left_out) {
    const Outcomes outcomes = run(ledger);
    check_rules();
    CHECK(outcomes.cases.size() == all_cases().size());
    std::vector<LeftOut> found;
    for (const CaseResult& result : outcomes.cases) {
        CAPTURE(result.title);
        CAPTURE(result.detail);
        CHECK(result.outcome != Outcome::failed);
        if (result.outcome == Outcome::left_out) found.emplace_back(result.title, result.detail);
    }
    std::sort(found.begin(), found.end());
    std::sort(left_out.begin(), left_out.end());
    CHECK(found == left_out);
    MESSAGE(to_table(outcomes));
    MESSAGE(to_rules(outcomes));
}

}  // namespace lockstep::conformance
