#include "connector/swap/code.h"

#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::swap {
namespace {

constexpr std::string_view prefix = "lockstepswap1";
constexpr std::size_t check_size = 4;

struct Signed {
    PublicKey proposer;
    Terms terms;
    Signature signature;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.proposer, s.terms, s.signature);
    }
};

Bytes signed_message(const Terms& terms) {
    Bytes message;
    append(message, as_bytes("lockstep/swap/proposal/v1"));
    message.push_back(0);
    append(message, encode_fields(terms));
    return message;
}

}  // namespace

std::string write_proposal(const Terms& terms, const Signer& proposer) {
    const Signed whole{proposer.public_key(), terms, proposer.sign(signed_message(terms))};
    Bytes octets = encode_fields(whole);
    const Hash hash = sha256(octets);
    append(octets, hash.view().first(check_size));
    return std::string(prefix) + to_hex(octets);
}

Result<Proposal, Failure> read_proposal(std::string_view code, const SignatureScheme& scheme) {
    if (!code.starts_with(prefix) || code.size() > max_proposal_code)
        return fail("malformed", "a proposal begins with \"lockstepswap1\"");
    const auto octets = from_hex(code.substr(prefix.size()));
    if (!octets || octets->size() <= check_size)
        return fail("malformed", "the proposal is cut off or holds a wrong character");
    const ByteView body = ByteView(*octets).first(octets->size() - check_size);
    const ByteView check = ByteView(*octets).last(check_size);
    if (!equal(sha256(body).view().first(check_size), check))
        return fail("malformed", "the proposal was not copied correctly: its check does not match");
    const auto whole = decode_fields<Signed>(body);
    if (!whole) return fail("malformed", "the proposal cannot be decoded; is it of this version?");
    if (!scheme.verify(whole->proposer, signed_message(whole->terms), whole->signature))
        return fail("bad_signature", "the proposal is not signed by the key that it names");
    return Proposal{whole->proposer, whole->terms};
}

}  // namespace lockstep::swap
