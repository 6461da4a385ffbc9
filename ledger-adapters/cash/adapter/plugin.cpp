#include "sdk/machine/plugin.h"

#include "cash/adapter/cash_adapter.h"

LOCKSTEP_PLUGIN("cash", lockstep::cash::make_adapter, lockstep::cash::check_settings);
