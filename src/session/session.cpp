#include "session/session.h"

#include "session/loop.h"

namespace tv {

Result<std::unique_ptr<Session>> Session::create(SessionEndpoints endpoints, SessionConfig config) {
    TV_ASSIGN(WakePipe wake, WakePipe::create());
    return std::make_unique<SessionLoop>(std::move(endpoints), std::move(config), std::move(wake));
}

} // namespace tv
