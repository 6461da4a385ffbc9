// The cash adapter as a plugin that stalls: settings = { stall_on = PATH } makes it sleep for a
// minute before it claims anything, as long as PATH exists.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "cash/adapter/cash_adapter.h"
#include "sdk/machine/plugin.h"

namespace {

using namespace lockstep;

class StallingAdapter final : public LedgerAdapter {
public:
    StallingAdapter(std::unique_ptr<LedgerAdapter> adapter, std::filesystem::path stall_on)
        : adapter_(std::move(adapter)), stall_on_(std::move(stall_on)) {}

    void restore(const std::vector<Put>& puts) override { adapter_->restore(puts); }
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        const bool claims =
            std::any_of(inputs.begin(), inputs.end(), [](const AdapterInput& input) {
                const auto* given = std::get_if<Command>(&input);
                return given != nullptr && std::holds_alternative<command::Fulfil>(given->body);
            });
        std::error_code ignored;
        if (claims && std::filesystem::exists(stall_on_, ignored))
            std::this_thread::sleep_for(std::chrono::minutes(1));
        adapter_->step(at, inputs, out);
    }
    std::optional<Timestamp> next_wake() const override { return adapter_->next_wake(); }

private:
    std::unique_ptr<LedgerAdapter> adapter_;
    std::filesystem::path stall_on_;
};

Result<std::unique_ptr<LedgerAdapter>, Failure> make(const AdapterSetup& setup) {
    AdapterSetup inner = setup;
    std::filesystem::path stall_on;
    std::erase_if(inner.settings, [&](const auto& setting) {
        if (setting.first != "stall_on") return false;
        stall_on = setting.second;
        return true;
    });
    auto adapter = cash::make_adapter(inner);
    if (!adapter) return unexpected<Failure>(adapter.error());
    return std::unique_ptr<LedgerAdapter>(
        std::make_unique<StallingAdapter>(std::move(*adapter), std::move(stall_on)));
}

}  // namespace

LOCKSTEP_PLUGIN("stalling", make);
