#include "base/thread_setup.h"

namespace tv {

void set_thread_qos(ThreadQos /*qos*/) {}

} // namespace tv
