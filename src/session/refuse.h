// Telling a remote application that it cannot be served, before there is a session.
#pragma once

#include <string>

#include "session/session.h"

namespace tv {

// Reads the connection header, sends `reason` as wl_display.error and closes. Takes at most a few seconds.
// endpoints.compositor is not used.
void refuse_connection(SessionEndpoints endpoints, const std::string& reason);

} // namespace tv
