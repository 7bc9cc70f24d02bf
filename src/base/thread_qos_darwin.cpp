#include <pthread/qos.h>

#include "base/thread_setup.h"

namespace tv {

void set_thread_qos(ThreadQos qos) {
    qos_class_t chosen = QOS_CLASS_UNSPECIFIED;
    switch (qos) {
    case ThreadQos::Inherit:
        return;
    case ThreadQos::Background:
        chosen = QOS_CLASS_BACKGROUND;
        break;
    case ThreadQos::Utility:
        chosen = QOS_CLASS_UTILITY;
        break;
    case ThreadQos::Default:
        chosen = QOS_CLASS_DEFAULT;
        break;
    case ThreadQos::UserInitiated:
        chosen = QOS_CLASS_USER_INITIATED;
        break;
    case ThreadQos::UserInteractive:
        chosen = QOS_CLASS_USER_INTERACTIVE;
        break;
    }
    (void)pthread_set_qos_class_self_np(chosen, 0);
}

} // namespace tv
