#include "sdk/machine/plugin.h"

#include <dlfcn.h>

#include <cstring>

namespace lockstep {
namespace {

void destroy_adapter(LedgerAdapter* adapter) {
    delete adapter;
}

// An adapter that lives in a library.
class LoadedAdapter final : public LedgerAdapter {
public:
    LoadedAdapter(LedgerAdapter* adapter, void (*destroy)(LedgerAdapter*))
        : adapter_(adapter, destroy) {}

    void restore(const std::vector<Put>& puts) override { adapter_->restore(puts); }
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        adapter_->step(at, inputs, out);
    }
    std::optional<Timestamp> next_wake() const override { return adapter_->next_wake(); }

private:
    std::unique_ptr<LedgerAdapter, void (*)(LedgerAdapter*)> adapter_;
};

Result<void, Failure> check_fit(const LockstepPlugin& plugin, const std::string& path) {
    const auto differs = [&](const std::string& what, const std::string& theirs,
                             const std::string& ours) {
        return fail("plugin_mismatch", path + ": " + what + " " + theirs + ", this program " +
                                           ours + "; build both from the same source");
    };
    if (plugin.abi != plugin_abi) {
        return differs("has interface", std::to_string(plugin.abi), std::to_string(plugin_abi));
    }
    if (std::strcmp(plugin.headers_digest, sdk_headers_digest()) != 0) {
        return differs("was built from headers", plugin.headers_digest, sdk_headers_digest());
    }
    if (std::strcmp(plugin.compiler, sdk_compiler()) != 0) {
        return differs("was built with", plugin.compiler, sdk_compiler());
    }
    if (plugin.make == nullptr || plugin.check == nullptr || plugin.destroy == nullptr) {
        return fail("plugin_mismatch", path + ": lacks a function; LOCKSTEP_PLUGIN makes them all");
    }
    return {};
}

}  // namespace

const char* sdk_compiler() {
#if defined(__clang__)
    return "clang " __VERSION__;
#else
    return "gcc " __VERSION__;
#endif
}

LockstepPlugin describe_plugin(
    const char* name, Result<std::unique_ptr<LedgerAdapter>, Failure> (*make)(const AdapterSetup&),
    SettingMistakes (*check)(const AdapterSetup&),
    Result<TimingProfile, SettingMistakes> (*profile)(const AdapterSetup&)) {
    return {plugin_abi, sdk_headers_digest(), sdk_compiler(), name,
            make,       destroy_adapter,      check,          profile};
}

std::optional<Result<TimingProfile, SettingMistakes>> Plugin::profile(
    const AdapterSetup& setup) const {
    if (plugin_->profile == nullptr) return std::nullopt;
    return plugin_->profile(setup);
}

Result<std::unique_ptr<LedgerAdapter>, Failure> Plugin::make(const AdapterSetup& setup) const {
    auto adapter = plugin_->make(setup);
    if (!adapter) return unexpected<Failure>(adapter.error());
    return std::make_unique<LoadedAdapter>(adapter->release(), plugin_->destroy);
}

Result<Plugin, Failure> open_plugin(const std::filesystem::path& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
        return fail("plugin_not_found", path.string() + ": there is no such file");
    }
    void* library = dlopen(std::filesystem::absolute(path).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) return fail("plugin_unreadable", dlerror());
    void* symbol = dlsym(library, plugin_symbol);
    if (symbol == nullptr) {
        return fail("plugin_unreadable", path.string() + ": it does not export " + plugin_symbol +
                                             ", so it is no adapter");
    }
    LockstepPluginV1 entry = nullptr;
    static_assert(sizeof entry == sizeof symbol);
    std::memcpy(&entry, &symbol, sizeof entry);
    Plugin plugin;
    plugin.plugin_ = entry();
    plugin.path_ = path;
    if (auto fits = check_fit(*plugin.plugin_, path.string()); !fits)
        return unexpected<Failure>(fits.error());
    return plugin;
}

Result<Plugin, Failure> find_plugin(const std::string& name,
                                    const std::vector<std::filesystem::path>& folders) {
    const std::string file = "lockstep-adapter-" + name + ".so";
    std::string searched;
    for (const auto& folder : folders) {
        std::error_code error;
        if (std::filesystem::is_regular_file(folder / file, error))
            return open_plugin(folder / file);
        searched += (searched.empty() ? "" : ", ") + folder.string();
    }
    return fail("plugin_not_found", file + " is in none of: " + searched);
}

std::vector<std::filesystem::path> plugin_folders() {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const auto root = program.parent_path().parent_path();
    return {root / "lib", root / "lib" / "lockstep"};
}

}  // namespace lockstep
