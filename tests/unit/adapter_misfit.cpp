// Plugins that a node must refuse; MISFIT says in what each differs.
#include "sdk/machine/plugin.h"

#define MISFIT_ABI 1
#define MISFIT_HEADERS 2
#define MISFIT_COMPILER 3

#if MISFIT != 0
extern "C" __attribute__((visibility("default"))) const lockstep::LockstepPlugin*
lockstep_plugin_v1() {
    static const lockstep::LockstepPlugin plugin{
        MISFIT == MISFIT_ABI ? 99 : lockstep::plugin_abi,
        MISFIT == MISFIT_HEADERS ? "0000" : lockstep::sdk_headers_digest(),
        MISFIT == MISFIT_COMPILER ? "tcc 0.9" : lockstep::sdk_compiler(),
        "misfit",
        nullptr,
        nullptr,
        nullptr,
        nullptr};
    return &plugin;
}
#endif
