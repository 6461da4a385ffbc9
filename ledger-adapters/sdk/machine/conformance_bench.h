// The half of a ConformanceLedger that is the same everywhere: an adapter for each party, its
// memory, and mishaps on the way between adapter and ledger. What is derived from it carries
// requests to a ledger and lets time pass.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "sdk/machine/conformance.h"

namespace lockstep::conformance {

class Bench : public ConformanceLedger {
public:
    void give(Role role, AdapterInput input) override;
    std::vector<Report> take_reports(Role role) override;
    void next_instruction(Role role, Mishap mishap) override;
    void hold_instructions(Role role) override;
    void release(Role role) override;
    void restart_adapter(Role role, bool with_memory) override;
    void break_stream(Role role) override;
    bool tamper(Role role, std::function<void(Bytes&)> alter) override;
    bool keep_releases(bool kept) override;

protected:
    // --- what is derived provides ---
    virtual std::unique_ptr<LedgerAdapter> make_adapter(Role role) = 0;
    // Carries a request to the ledger; replied() with its id follows, unless it subscribes.
    virtual void carry(Role role, const Request& request) = 0;
    // Whether it may change something on the ledger.
    virtual bool is_instruction(const Request& request) const {
        return request.path == "/v1/instructions";
    }
    // Ends the party's stream, without a word to anyone.
    virtual void cut_stream(Role role) = 0;

    // --- what is derived calls ---
    void start_adapters();
    void replied(Role role, std::uint64_t request, Result<Bytes> body);
    void streamed(Role role, Bytes frame);
    void stream_ended(Role role, std::optional<Reason> refused);
    // Steps every adapter that has inputs or is due, until none has.
    void work();
    std::optional<Timestamp> next_wake() const;

private:
    struct Party {
        std::unique_ptr<LedgerAdapter> adapter;
        std::map<Bytes, Bytes> memory;
        std::vector<AdapterInput> inputs;
        std::vector<Report> reports;
        std::optional<Mishap> mishap;
        std::vector<Request> held;
        bool holds = false;  // every instruction
        // Numbers on the way to the adapter's own; those of earlier lives are not in it.
        std::map<std::uint64_t, std::uint64_t> requests;
        std::set<std::uint64_t> lost;       // whose answers do not arrive
        bool streams = false;               // frames are for the present life
        std::function<void(Bytes&)> alter;  // what happens to them on the way
    };
    Party& party(Role role) { return parties_[static_cast<std::size_t>(role)]; }
    void step(Role role);
    void leave(Role role, Request request);
    void pass_on(const report::Release& release);

    Party parties_[role_count];
    std::uint64_t last_request_ = 0;
    bool keeps_releases_ = false;
    std::vector<report::Release> kept_releases_;
};

}  // namespace lockstep::conformance
