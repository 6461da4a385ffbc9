// A proposal as one word that a person can copy: "lockstepswap1", then hexadecimal of the
// proposer's key, the canonical octets of the terms, the proposer's signature of them, and the
// first four octets of their SHA-256, which catch a slip of the copier before the signature is
// looked at.
//
//   octets    = key 32, terms, signature 64 over "lockstep/swap/proposal/v1\0" and the terms
#pragma once

#include <string>

#include "connector/swap/terms.h"
#include "sdk/crypto/signature.h"

namespace lockstep::swap {

constexpr std::size_t max_proposal_code = 16'384;

struct Proposal {
    PublicKey proposer;
    Terms terms;
};

std::string write_proposal(const Terms& terms, const Signer& proposer);
// The failure says what is wrong with the text. Codes: malformed, bad_signature.
Result<Proposal, Failure> read_proposal(std::string_view code, const SignatureScheme& scheme);

}  // namespace lockstep::swap
