#include "bitcoin/adapter/announcement.h"

#include "bitcoin/adapter/fees.h"
#include "bitcoin/script/script.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::string_view tag = "LSE1";
constexpr std::size_t announcement_size = 80;
constexpr std::size_t expiry_size = 7;

void put_expiry(Bytes& to, Timestamp expiry) {
    const auto us = static_cast<std::uint64_t>(expiry.us());
    for (std::size_t i = expiry_size; i-- > 0;)
        to.push_back(static_cast<std::uint8_t>(us >> (8 * i)));
}

}  // namespace

PayeeHint hint_of(const ecdsa::CompressedKey& payee) {
    return *PayeeHint::from(sha256(payee.view()).view().first(PayeeHint::size));
}

Bytes announcement_script(const Announcement& announcement) {
    Bytes data;
    append(data, as_bytes(tag));
    append(data, announcement.condition.view());
    append(data, announcement.id.view());
    put_expiry(data, announcement.expiry);
    append(data, announcement.payee.view());
    ASSERT(data.size() == announcement_size);
    Bytes script = ScriptWriter().op(Opcode::return_).push(data).take();
    ASSERT(script.size() <= max_data_output);
    return script;
}

std::optional<Announcement> parse_announcement(ByteView script) {
    if (script.size() != max_data_output || !is_data_output(script)) return std::nullopt;
    const ByteView data = script.last(announcement_size);
    if (!equal(data.first(tag.size()), as_bytes(tag))) return std::nullopt;
    Announcement announcement;
    announcement.condition = *Condition::from(data.subspan(4, 32));
    announcement.id = *EscrowId::from(data.subspan(36, 32));
    std::int64_t expiry_us = 0;
    for (const std::uint8_t byte : data.subspan(68, expiry_size))
        expiry_us = expiry_us << 8 | byte;
    announcement.expiry = Timestamp{expiry_us};
    announcement.payee = *PayeeHint::from(data.subspan(68 + expiry_size, PayeeHint::size));
    if (announcement_script(announcement) != Bytes(script.begin(), script.end()))
        return std::nullopt;
    return announcement;
}

Address account_address(const Address& ledger, const ecdsa::CompressedKey& key) {
    const auto account = ledger.child(key.hex());
    ASSERT(account.has_value());
    return *account;
}

std::optional<ecdsa::CompressedKey> key_of_account(const Address& ledger, const Address& account) {
    if (!ledger.is_prefix_of(account)) return std::nullopt;
    const std::string_view text = std::string_view(account.text()).substr(ledger.text().size() + 1);
    const auto key = ecdsa::CompressedKey::from_hex(text);
    if (!key || key->hex() != text || !ecdsa::is_public_key(key->view())) return std::nullopt;
    return key;
}

std::optional<EscrowLock> lock_of(const Address& ledger, const EscrowTerms& terms) {
    const auto payer = key_of_account(ledger, terms.payer);
    const auto payee = key_of_account(ledger, terms.payee);
    const auto locktime = locktime_of(terms.expiry);
    if (!payer || !payee || !locktime) return std::nullopt;
    EscrowKeyName name{ledger, terms.payer, terms.id, EscrowRole::payer};
    const auto payer_key = escrow_key_of(*payer, name);
    name.role = EscrowRole::payee;
    const auto payee_key = escrow_key_of(*payee, name);
    if (!payer_key || !payee_key) return std::nullopt;
    return EscrowLock{terms.condition, *payer_key, *payee_key, *locktime};
}

std::optional<ecdsa::CompressedKey> first_key_of(const Transaction& transaction) {
    if (transaction.inputs.empty() || transaction.inputs[0].witness.size() != 2)
        return std::nullopt;
    const auto key = ecdsa::CompressedKey::from(transaction.inputs[0].witness[1]);
    return key && ecdsa::is_public_key(key->view()) ? key : std::nullopt;
}

std::optional<AnnouncedFunding> announced_in(const Transaction& transaction) {
    if (transaction.outputs.size() < 2) return std::nullopt;
    const auto announcement = parse_announcement(transaction.outputs[1].script);
    if (!announcement) return std::nullopt;
    const auto payer = first_key_of(transaction);
    if (!payer) return std::nullopt;
    return AnnouncedFunding{*announcement, *payer, transaction.outputs[0]};
}

std::optional<EscrowTerms> terms_for(const LedgerName& name, const AnnouncedFunding& funding,
                                     const ecdsa::CompressedKey& payee) {
    if (funding.escrow.value <= 0 || hint_of(payee) != funding.announcement.payee)
        return std::nullopt;
    EscrowTerms terms;
    terms.id = funding.announcement.id;
    terms.payer = account_address(name.ledger, funding.payer);
    terms.payee = account_address(name.ledger, payee);
    terms.asset = name.asset;
    terms.amount = Amount{static_cast<std::uint64_t>(funding.escrow.value)};
    terms.condition = funding.announcement.condition;
    terms.expiry = funding.announcement.expiry;
    const auto lock = lock_of(name.ledger, terms);
    const auto script = lock ? escrow_script(*lock) : std::nullopt;
    if (!script || script_pubkey_of(*script) != funding.escrow.script) return std::nullopt;
    return terms;
}

}  // namespace lockstep::bitcoin
