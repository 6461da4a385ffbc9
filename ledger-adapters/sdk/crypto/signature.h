// Signatures as a port. Everything that signs or verifies is given a SignatureScheme; the programs
// use Ed25519 (RFC 8032, libsodium), a simulator may use a keyed hash of the same sizes.
#pragma once

#include <array>
#include <filesystem>
#include <memory>

#include "sdk/base/ids.h"
#include "sdk/base/result.h"

namespace lockstep {

// 32 secret bytes from which a key pair follows; wiped when it goes.
class KeySeed {
public:
    static constexpr std::size_t size = 32;
    KeySeed() = default;
    explicit KeySeed(const std::array<std::uint8_t, size>& bytes) : bytes_(bytes) {}
    ~KeySeed();
    KeySeed(KeySeed&& other) noexcept;
    KeySeed& operator=(KeySeed&& other) noexcept;
    KeySeed(const KeySeed&) = delete;
    KeySeed& operator=(const KeySeed&) = delete;

    ByteView view() const { return bytes_; }

private:
    std::array<std::uint8_t, size> bytes_{};
};

// Signs with one private key.
class Signer {
public:
    virtual ~Signer() = default;
    virtual const PublicKey& public_key() const = 0;
    virtual Signature sign(ByteView message) const = 0;
};

class SignatureScheme {
public:
    virtual ~SignatureScheme() = default;
    virtual bool verify(const PublicKey& key, ByteView message,
                        const Signature& signature) const = 0;
    virtual std::unique_ptr<Signer> signer(const KeySeed& seed) const = 0;
};

// Thread-safe. verifications() counts calls of verify since the start of the process.
class Ed25519 final : public SignatureScheme {
public:
    Ed25519();
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override;
    static std::uint64_t verifications();
};

// Key files hold 64 hexadecimal digits and a line feed. Reading refuses a file that others than its
// owner can read; creating never overwrites and gives it mode 0600.
Result<KeySeed, Failure> read_key_file(const std::filesystem::path& path);
Result<KeySeed, Failure> create_key_file(const std::filesystem::path& path);
Result<KeySeed, Failure> read_or_create_key_file(const std::filesystem::path& path);

// Bytes from the operating system's generator; only hosts call it.
void fill_random(std::span<std::uint8_t> bytes);

}  // namespace lockstep
