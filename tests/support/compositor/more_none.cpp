#include "more_options.h"

namespace tv::test {

void add_more_options(CLI::App&) {}
void use_more_options(CompositorOptions&) {}

} // namespace tv::test
