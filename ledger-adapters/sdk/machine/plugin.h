// The boundary between a node and the adapters that it loads. An adapter is a shared library that
// was built with the same compiler from the same headers of the sdk, and says so: what crosses the
// boundary are C++ objects, so anything else is refused with both values.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sdk/machine/adapter_settings.h"

namespace lockstep {

constexpr std::uint32_t plugin_abi = 3;

struct LockstepPlugin {
    std::uint32_t abi;
    const char* headers_digest;  // SHA-256 over the sdk's headers, hexadecimal
    const char* compiler;
    const char* name;  // "cash"
    Result<std::unique_ptr<LedgerAdapter>, Failure> (*make)(const AdapterSetup& setup);
    void (*destroy)(LedgerAdapter* adapter);
    SettingMistakes (*check)(const AdapterSetup& setup);
    // Null where the timing profile is the operator's to say.
    Result<TimingProfile, SettingMistakes> (*profile)(const AdapterSetup& setup);
};
using LockstepPluginV1 = const LockstepPlugin* (*)();
constexpr const char* plugin_symbol = "lockstep_plugin_v1";

// What this program was built from and with.
const char* sdk_headers_digest();
const char* sdk_compiler();

// A library that was opened and fits. It stays open until the process ends, since objects of its
// classes may outlive any one owner.
class Plugin {
public:
    std::string name() const { return plugin_->name; }
    const std::filesystem::path& path() const { return path_; }
    // The adapter is ended by the plugin that made it. Failure: bad_setup, bad_setting, as the
    // adapter says.
    Result<std::unique_ptr<LedgerAdapter>, Failure> make(const AdapterSetup& setup) const;
    // Every mistake in its settings; asks nothing of the rest of the setup, which may be half read.
    SettingMistakes check(const AdapterSetup& setup) const { return plugin_->check(setup); }
    // The timing profile that follows from the settings, of the rest of the setup as check();
    // nullopt where this adapter computes none.
    std::optional<Result<TimingProfile, SettingMistakes>> profile(const AdapterSetup& setup) const;

private:
    friend Result<Plugin, Failure> open_plugin(const std::filesystem::path&);
    const LockstepPlugin* plugin_ = nullptr;
    std::filesystem::path path_;
};

// Codes: plugin_not_found, plugin_unreadable (not a shared library, or not of ours),
// plugin_mismatch (names what differs, and both values).
Result<Plugin, Failure> open_plugin(const std::filesystem::path& path);
// lockstep-adapter-NAME.so in the first of the folders that has it. Besides codes as above,
// plugin_not_found names the folders.
Result<Plugin, Failure> find_plugin(const std::string& name,
                                    const std::vector<std::filesystem::path>& folders);
// Where a program looks by itself: ../lib and ../lib/lockstep beside the folder it was started
// from.
std::vector<std::filesystem::path> plugin_folders();

// The description that a plugin exports; used with LOCKSTEP_PLUGIN.
LockstepPlugin describe_plugin(
    const char* name, Result<std::unique_ptr<LedgerAdapter>, Failure> (*make)(const AdapterSetup&),
    SettingMistakes (*check)(const AdapterSetup&),
    Result<TimingProfile, SettingMistakes> (*profile)(const AdapterSetup&) = nullptr);

}  // namespace lockstep

// The one export of a plugin: its name, make, check, and profile if it has one.
#define LOCKSTEP_PLUGIN(name, ...)                                                      \
    extern "C" __attribute__((visibility("default"))) const ::lockstep::LockstepPlugin* \
    lockstep_plugin_v1() {                                                              \
        static const ::lockstep::LockstepPlugin plugin =                                \
            ::lockstep::describe_plugin(name, __VA_ARGS__);                             \
        return &plugin;                                                                 \
    }                                                                                   \
    static_assert(true)
