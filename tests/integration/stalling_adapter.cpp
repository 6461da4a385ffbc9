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

// What the cash adapter is told; `stall_on` is for us.
AdapterSetup inner_setup(const AdapterSetup& setup) {
    AdapterSetup inner = setup;
    std::erase_if(inner.settings, [](const auto& setting) { return setting.first == "stall_on"; });
    return inner;
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make(const AdapterSetup& setup) {
    const AdapterSetup inner = inner_setup(setup);
    const std::string* named = find_setting(setup, "stall_on");
    std::filesystem::path stall_on = named == nullptr ? "" : *named;
    auto adapter = cash::make_adapter(inner);
    if (!adapter) return unexpected<Failure>(adapter.error());
    return std::unique_ptr<LedgerAdapter>(
        std::make_unique<StallingAdapter>(std::move(*adapter), std::move(stall_on)));
}

SettingMistakes check(const AdapterSetup& setup) {
    return cash::check_settings(inner_setup(setup));
}

}  // namespace

LOCKSTEP_PLUGIN("stalling", make, check);
