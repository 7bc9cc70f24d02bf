#include "base/thread_setup.h"

#include <csignal>
#include <initializer_list>

namespace tv {

void block_host_signals() {
    sigset_t signals;
    sigfillset(&signals);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) sigdelset(&signals, fault);
    (void)pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

} // namespace tv
