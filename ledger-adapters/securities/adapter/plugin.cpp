#include "sdk/machine/plugin.h"

#include "securities/adapter/securities_adapter.h"

LOCKSTEP_PLUGIN("securities", lockstep::securities::make_adapter,
                lockstep::securities::check_settings);
