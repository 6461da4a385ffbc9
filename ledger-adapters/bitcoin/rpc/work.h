// What a target says: its work, its difficulty, as numbers of 256 bits.
// Source: Bitcoin Core 29, chain.cpp (GetBlockProof), rpc/blockchain.cpp (GetDifficulty).
#pragma once

#include <cstdint>
#include <string>

namespace lockstep::bitcoin {

// 64 hexadecimal digits, the highest first.
std::string target_text(std::uint32_t bits);
// Of so many blocks with this target.
std::string work_text(std::uint32_t bits, std::uint64_t blocks);
double difficulty_of(std::uint32_t bits);

}  // namespace lockstep::bitcoin
