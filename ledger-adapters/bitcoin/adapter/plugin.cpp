#include "sdk/machine/plugin.h"

#include "bitcoin/adapter/bitcoin_adapter.h"

LOCKSTEP_PLUGIN("bitcoin", lockstep::bitcoin::make_adapter, lockstep::bitcoin::check_settings,
                lockstep::bitcoin::computed_profile);
